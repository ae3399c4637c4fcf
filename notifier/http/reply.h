/*
 * reply.h
 *	  The answers of the REST interface: JSON, errors in one form, a line in the log for each.
 */
#ifndef NOTIFIER_REPLY_H
#define NOTIFIER_REPLY_H

#include "db/db.h"
#include "http/http.h"

extern void reply_json(HttpExchange *exchange, int status, const char *body, size_t len);

/* {"message", "error", "statusCode"}; 503 has Retry-After. */
extern void reply_error(HttpExchange *exchange, int status, const char *message);

/* The same with code, detail and hint; detail and hint may be NULL. */
extern void reply_problem(HttpExchange *exchange, int status, const char *message, const char *detail, const char *hint);

/* The same, as the answer to a request for a WebSocket. */
extern void reply_refuse_upgrade(HttpExchange *exchange, int status, const char *message, const char *detail, const char *hint);

/* The same with the database's code, detail and hint. A fault of the sidecar is logged and not sent. */
extern void reply_db_error(HttpExchange *exchange, const DbError *error);

/* Logs an answer that was given by other means. */
extern void reply_note(const HttpExchange *exchange, int status);

#endif							/* NOTIFIER_REPLY_H */
