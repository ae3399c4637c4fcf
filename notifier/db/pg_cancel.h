/*
 * pg_cancel.h
 *	  Asks the server to cancel the statement of a connection.
 *
 * libpq waits for the server during the request, so a separate thread makes
 * it; the thread uses nothing of the loop. The effect is the end of the
 * statement, on its connection. A request that arrives too late, or between
 * two statements, has no effect.
 */
#ifndef NOTIFIER_PG_CANCEL_H
#define NOTIFIER_PG_CANCEL_H

#include <libpq-fe.h>
#include <stdbool.h>

/* False if it could not be sent, because too many requests wait for a server that does not answer. */
extern bool pg_cancel(PGconn *pg);

#endif							/* NOTIFIER_PG_CANCEL_H */
