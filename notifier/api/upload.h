/*
 * upload.h
 *	  A workbook on its way from a body into the database.
 *
 * Chunks go out as they fill, each in a transaction of its own, and the client
 * is read only as fast as the database takes them: of a file two chunks of
 * 256 kB are in memory at most, and no connection is held while a client sends.
 * Unless the answer is a success what has come is removed at once, or expires
 * (pg_xlsx.upload_ttl) where that was not possible.
 */
#ifndef NOTIFIER_UPLOAD_H
#define NOTIFIER_UPLOAD_H

#include "http/http.h"

extern void upload_request(HttpExchange *exchange);

/* The same, but nothing is kept: the answer is what an import would make of it. */
extern void upload_preview_request(HttpExchange *exchange);

#endif							/* NOTIFIER_UPLOAD_H */
