/*
 * pg_conn.h
 *	  One database connection that never blocks.
 *
 * Statements may be sent one after the other without waiting (libpq's
 * pipeline mode); each is synchronised by itself, so outside an explicit
 * transaction one that fails does not touch the next.  Results come in order:
 * any number of calls with a result, then a last one with NULL.  A result
 * belongs to the connection and is gone when the call returns.
 *
 * Whoever logged in is looked at before ready(): a superuser is refused, unless
 * allow-superuser says otherwise.
 *
 * A statement without any result was lost with its connection: every one
 * still open gets its last call, then comes closed().  After closed() or pg_conn_close() it must not be used.
 *
 * A peer that is gone without a word is noticed by whoever waits for an answer:
 * to connect and to log in has a limit here, statements have those of their
 * senders.  Where nobody waits, TCP's own means find it in a minute, unless
 * database-url sets keepalives or tcp_user_timeout itself.
 */
#ifndef NOTIFIER_PG_CONN_H
#define NOTIFIER_PG_CONN_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct PgConn PgConn;

#define PG_MAX_PARAMETERS 5

typedef struct PgStatement
{
	const char *sql;
	int			count;
	const char *values[PG_MAX_PARAMETERS];	/* NULL: null */
	int			lengths[PG_MAX_PARAMETERS]; /* of those that are binary */
	bool		binary[PG_MAX_PARAMETERS];	/* a bytea as it is; else text */
	bool		binary_result;
	bool		row_by_row;		/* only while no other statement is open */
} PgStatement;

typedef void (*PgResult) (void *arg, PGresult *result);

typedef struct PgConnHandler
{
	void		(*ready) (void *arg);
	void		(*closed) (void *arg, const char *message); /* could not connect, or was lost */
	void		(*notified) (void *arg, const char *payload);	/* may be NULL */
} PgConnHandler;

/* limit: milliseconds until ready().  NULL when not even an attempt could be made, or libpq has no memory. */
extern PgConn *pg_conn_open(const char *url, int64_t limit, const PgConnHandler *handler, void *arg);
extern void pg_conn_close(PgConn *conn);	/* open statements get no more calls; NULL is fine */

/* Whom ready() and closed() tell; a pool hands connections around. */
extern void pg_conn_own(PgConn *conn, const PgConnHandler *handler, void *arg);

extern void pg_conn_send(PgConn *conn, const PgStatement *statement, PgResult result, void *arg);

/* Statements sent with this arg are forgotten: their results go nowhere. */
extern void pg_conn_forget(PgConn *conn, const void *arg);

/* Asks the server to cancel the statement that runs now; without effect when that ends first. */
extern void pg_conn_cancel(PgConn *conn);

/* In a result's last call: did it come because the connection is lost? */
extern bool pg_conn_lost(const PgConn *conn);

/* In closed(): was it because of who logged in? */
extern bool pg_conn_refused(const PgConn *conn);

extern bool pg_conn_idle(const PgConn *conn);	/* ready, and no statement open */

/* Takes no more rows for now; the server waits. */
extern void pg_conn_pause(PgConn *conn, bool pause);

#endif							/* NOTIFIER_PG_CONN_H */
