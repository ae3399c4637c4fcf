/*
 * tus_reply.h
 *	  The answers of tus: the state of an upload, as headers.
 */
#ifndef NOTIFIER_TUS_REPLY_H
#define NOTIFIER_TUS_REPLY_H

#include <stddef.h>

#include "db/db.h"
#include "http/http.h"

/* Headers only; body is the JSON of xlsx_rest.tus_*(). */
extern void tus_reply(HttpExchange *exchange, int status, const char *body, size_t len);

/* Adds the headers that every error has. */
extern void tus_error_head(HttpExchange *exchange);
extern void tus_reply_error(HttpExchange *exchange, int status, const char *message);
extern void tus_reply_problem(HttpExchange *exchange, int status, const char *message, const char *hint);
extern void tus_reply_db_error(HttpExchange *exchange, const DbError *error);

/* Is the client's version supported? If not, it has answered with 412. */
extern bool tus_version_is_ours(HttpExchange *exchange);

#endif							/* NOTIFIER_TUS_REPLY_H */
