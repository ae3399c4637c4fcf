/*
 * pg_conn.h
 *	  One database connection that never blocks.
 *
 * Statements may be sent one after another without waiting (libpq's pipeline
 * mode). Each is synchronised separately, so outside an explicit transaction
 * a failed statement does not affect the next. Results come in order: any
 * number of calls with a result, then a last one with NULL. A result belongs
 * to the connection and is freed when the call returns.
 *
 * The login is checked before ready(): a superuser is refused, unless
 * allow-superuser is on.
 *
 * A statement without any result was lost with its connection: every open statement gets its last call, then
 * closed() is called. After closed() or pg_conn_close() the connection must not be used.
 *
 * A peer that disappears silently is detected by the limits of the waits for an
 * answer: this module limits connecting and logging in, the senders limit their
 * statements. If nobody waits, TCP's keepalive detects it within a minute,
 * unless database-url sets keepalives or tcp_user_timeout itself.
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
	int			lengths[PG_MAX_PARAMETERS]; /* lengths of the binary arguments */
	bool		binary[PG_MAX_PARAMETERS];	/* a bytea in binary form; otherwise text */
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

/* limit: milliseconds until ready(). NULL if no attempt could be made, or libpq has no memory. */
extern PgConn *pg_conn_open(const char *url, int64_t limit, const PgConnHandler *handler, void *arg);
extern void pg_conn_close(PgConn *conn);	/* open statements get no more calls; does nothing for NULL */

/* Sets the argument of ready() and closed(), because a pool passes connections on. */
extern void pg_conn_own(PgConn *conn, const PgConnHandler *handler, void *arg);

extern void pg_conn_send(PgConn *conn, const PgStatement *statement, PgResult result, void *arg);

/* Discards the results of statements that were sent with this arg. */
extern void pg_conn_forget(PgConn *conn, const void *arg);

/* Asks the server to cancel the running statement; no effect if that ends first. */
extern void pg_conn_cancel(PgConn *conn);

/* In the last call of a statement: was the connection lost? */
extern bool pg_conn_lost(const PgConn *conn);

/* In closed(): was the login refused? */
extern bool pg_conn_refused(const PgConn *conn);

extern bool pg_conn_idle(const PgConn *conn);	/* ready, and no statement open */

/* Stops or continues reading rows; meanwhile the server waits. */
extern void pg_conn_pause(PgConn *conn, bool pause);

#endif							/* NOTIFIER_PG_CONN_H */
