/*
 * multipart.h
 *	  Parses multipart/form-data (RFC 7578) as it arrives, in pieces of any
 *	  size.
 *
 * Feed the body's bytes in order. Each part causes one call of part(), any
 * number of calls of data(), and one of end(). No content is kept, so data()
 * may get runs of any length down to a byte. A callback that returns false
 * stops the parser: feed returns MULTIPART_STOPPED at once.
 *
 * lws_spa is not used because it needs the names of all fields beforehand,
 * treats a part with an unknown name as the end of the form, and unescapes
 * file names by the rules of URLs.
 */
#ifndef NOTIFIER_MULTIPART_H
#define NOTIFIER_MULTIPART_H

#include <stdbool.h>
#include <stddef.h>

typedef struct MultipartPart
{
	const char *name;			/* "" if the part has none */
	const char *file_name;		/* NULL: the part is a field; "": a file input left empty */
} MultipartPart;

typedef struct MultipartHandler
{
	bool		(*part) (void *arg, const MultipartPart *part);
	bool		(*data) (void *arg, const char *data, size_t len);
	bool		(*end) (void *arg);
} MultipartHandler;

typedef enum MultipartStatus
{
	MULTIPART_MORE,				/* the closing delimiter has not arrived yet */
	MULTIPART_DONE,				/* it has; further bytes are ignored */
	MULTIPART_MALFORMED,
	MULTIPART_STOPPED
} MultipartStatus;

typedef struct Multipart Multipart;

/* NULL if the Content-Type is not multipart/form-data with a boundary. */
extern Multipart *multipart_open(const char *content_type, const MultipartHandler *handler, void *arg);
extern MultipartStatus multipart_feed(Multipart *form, const char *data, size_t len);
extern void multipart_close(Multipart *form);	/* NULL is fine */

#endif							/* NOTIFIER_MULTIPART_H */
