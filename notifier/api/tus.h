/*
 * tus.h
 *	  Uploads that can be resumed: tus 1.0 with creation, expiration, checksum and termination.
 *
 * What has come of a workbook is committed chunk by chunk, so that a
 * connection may break at any byte; the last one makes the task, whose id is
 * in the header Task-Id of the answer.
 */
#ifndef NOTIFIER_TUS_H
#define NOTIFIER_TUS_H

#include "http/http.h"

/* POST makes an upload, PATCH goes on with it, HEAD tells how far it is, DELETE gives it up. */
extern void tus_create(HttpExchange *exchange, const char *id);
extern void tus_append(HttpExchange *exchange, const char *id);
extern void tus_state(HttpExchange *exchange, const char *id);
extern void tus_delete(HttpExchange *exchange, const char *id);

/* What the server can do. */
extern void tus_options(HttpExchange *exchange, const char *id);

#endif							/* NOTIFIER_TUS_H */
