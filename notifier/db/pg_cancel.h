/*
 * pg_cancel.h
 *	  Asks the server to cancel what a connection runs.
 *
 * libpq waits for the server when it asks, so a thread of its own does it;
 * nothing of the loop's is touched there.  The answer is the statement's own
 * end, on the connection.  A request may come too late, or between two
 * statements, and be without effect.
 */
#ifndef NOTIFIER_PG_CANCEL_H
#define NOTIFIER_PG_CANCEL_H

#include <libpq-fe.h>
#include <stdbool.h>

/* False when it could not be sent: too many requests wait for a server that does not answer. */
extern bool pg_cancel(PGconn *pg);

#endif							/* NOTIFIER_PG_CANCEL_H */
