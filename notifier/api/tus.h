/*
 * tus.h
 *	  Uploads that can be resumed: tus 1.0 with creation, expiration, checksum and termination.
 *
 * Received bytes are committed chunk by chunk, so a connection may break at
 * any byte. The last chunk makes the task, whose id is in the header Task-Id
 * of the answer.
 */
#ifndef NOTIFIER_TUS_H
#define NOTIFIER_TUS_H

#include "http/http.h"

/* POST makes an upload, PATCH continues it, HEAD returns its offset, DELETE removes it. */
extern void tus_create(HttpExchange *exchange, const char *id);
extern void tus_append(HttpExchange *exchange, const char *id);
extern void tus_state(HttpExchange *exchange, const char *id);
extern void tus_delete(HttpExchange *exchange, const char *id);

/* The abilities of the server, as an answer to OPTIONS. */
extern void tus_options(HttpExchange *exchange, const char *id);

#endif							/* NOTIFIER_TUS_H */
