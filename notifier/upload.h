/*
 * upload.h
 *	  A workbook on its way from a body into the database.
 *
 * Chunks go out as they fill, in one transaction, and the client is read only
 * as fast as the database takes them: about a megabyte is in memory at any
 * time, whatever the size of the file.  Nothing stays behind unless the
 * answer is a success.
 */
#ifndef NOTIFIER_UPLOAD_H
#define NOTIFIER_UPLOAD_H

#include "http.h"

extern void upload_request(HttpExchange *exchange);

/* The same, but nothing is kept: the answer is what an import would make of it. */
extern void upload_preview_request(HttpExchange *exchange);

extern int	upload_count(void); /* now under way */

#endif							/* NOTIFIER_UPLOAD_H */
