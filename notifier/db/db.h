/*
 * db.h
 *	  One call of a function of the xlsx schema, one row back.
 *
 * This is the only door through which requests and rooms reach SQL.
 */
#ifndef NOTIFIER_DB_H
#define NOTIFIER_DB_H

#include <libpq-fe.h>
#include <stddef.h>

#include "base/buf.h"
#include "db/pg_conn.h"
#include "db/pg_pool.h"

/* What is known of a call that may change something, when it fails. */
typedef enum DbOutcome
{
	DB_REFUSED,					/* an error: the transaction was rolled back, or never began */
	DB_CANCELLED,				/* the same, because its time was over */
	DB_UNKNOWN					/* the database did not say: it may still commit */
} DbOutcome;

/* What went wrong, in the words of the database; texts live during the callback. */
typedef struct DbError
{
	char		code[6];		/* SQLSTATE */
	const char *message;
	const char *detail;			/* NULL: none */
	const char *hint;			/* NULL: none */
	DbOutcome	outcome;
} DbError;

typedef struct DbRow
{
	const char *first;			/* the first two columns as text */
	const char *second;
	size_t		second_len;
} DbRow;

/* Exactly one of error and row is given. */
typedef void (*DbDone) (void *arg, const DbError *error, const DbRow *row);

typedef struct DbCall DbCall;

/*
 * sql selects two columns; arguments may be NULL and are copied.  done() comes
 * exactly once, never before db_call() has returned, unless db_cancel() does.
 * With a role, which is copied as well, the call is a transaction in which the
 * session is that role; the answer comes once it is committed.
 *
 * After request-timeout the statement is cancelled.  A call that only reads is
 * answered at once, and is made again while it has time where its connection
 * is lost or suspected.  One that writes waits for the statement's own end, since
 * the cancel races with the commit, and says what happened; where the database
 * does not answer for DB_GRACE_MS more, the outcome is unknown.
 */
#define DB_GRACE_MS 5000

typedef struct DbRequest
{
	const char *role;			/* NULL: the sidecar's own */
	PgLane		lane;
	bool		writes;
	const char *sql;
	int			count;
	const char *const *arguments;
	Buf		   *bytes;			/* one more argument, a bytea, which is taken over; NULL: none.  Only of one that writes */
	int64_t		limit;			/* milliseconds for the answer alone, however long it waits in line; 0: request-timeout for both */
} DbRequest;

extern DbCall *db_run(const DbRequest *request, DbDone done, void *arg);

/* The same for what reads: text only, in the lane of requests. */
extern DbCall *db_call(const char *role, const char *sql, int count, const char *const *arguments, DbDone done, void *arg);

/* Nobody wants the answer any more; a statement that runs already goes on, to its end or its deadline. */
extern void db_cancel(DbCall *call);

/*
 * Behind a BEGIN: the session is that role until the transaction ends.  The
 * result is an error when it may not be; what is sent next fails as well then.
 */
extern void db_enter(PgConn *conn, const char *role, PgResult result, void *arg);

/* From a result of libpq; NULL: the connection was lost. */
extern DbError db_error(const PGresult *result);

extern int	db_error_status(const DbError *error);	/* of HTTP */

#endif							/* NOTIFIER_DB_H */
