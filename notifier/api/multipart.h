/*
 * multipart.h
 *	  multipart/form-data (RFC 7578) as it arrives, in pieces of any size.
 *
 * Feed the body's bytes in order; for each part comes one call of part(), any
 * number of data(), one of end().  Nothing of a part's content is kept, so
 * data() may see runs of any length down to a byte.  A callback that returns
 * false stops the parser: feed returns MULTIPART_STOPPED at once.
 *
 * lws_spa is not used because it wants the names of all fields beforehand,
 * takes a part without a known name for the end of the form, and unescapes
 * file names by the rules of URLs.
 */
#ifndef NOTIFIER_MULTIPART_H
#define NOTIFIER_MULTIPART_H

#include <stdbool.h>
#include <stddef.h>

typedef struct MultipartPart
{
	const char *name;			/* "" when the part has none */
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
	MULTIPART_MORE,				/* the closing delimiter has not come yet */
	MULTIPART_DONE,				/* it has; what follows is ignored */
	MULTIPART_MALFORMED,
	MULTIPART_STOPPED
} MultipartStatus;

typedef struct Multipart Multipart;

/* NULL when the Content-Type is no multipart/form-data with a boundary. */
extern Multipart *multipart_open(const char *content_type, const MultipartHandler *handler, void *arg);
extern MultipartStatus multipart_feed(Multipart *form, const char *data, size_t len);
extern void multipart_close(Multipart *form);	/* NULL is fine */

#endif							/* NOTIFIER_MULTIPART_H */
