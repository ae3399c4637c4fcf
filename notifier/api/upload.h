/*
 * upload.h
 *	  Uploads a workbook from a body into the database.
 *
 * Each full chunk is sent in a transaction of its own. The client is read only
 * as fast as the database takes the chunks, so at most two chunks of 256 kB of
 * a file are in memory. No connection is held while a client sends. Unless the
 * answer is a success, the received bytes are removed at once; if that fails,
 * they expire (pg_xlsx.upload_ttl).
 */
#ifndef NOTIFIER_UPLOAD_H
#define NOTIFIER_UPLOAD_H

#include "http/http.h"

extern void upload_request(HttpExchange *exchange);

/* The same, but nothing is kept: the answer shows what an import would make of the workbook. */
extern void upload_preview_request(HttpExchange *exchange);

#endif							/* NOTIFIER_UPLOAD_H */
