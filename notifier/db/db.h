/*
 * db.h
 *	  Calls one function of the extension and returns one row.
 *
 * Requests and rooms reach SQL through this module only.
 */
#ifndef NOTIFIER_DB_H
#define NOTIFIER_DB_H

#include <libpq-fe.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/identity.h"
#include "db/pg_conn.h"
#include "db/pg_pool.h"

/* What is known about a failed call that may have changed something. */
typedef enum DbOutcome
{
	DB_REFUSED,					/* an error: the transaction was rolled back, or never began */
	DB_CANCELLED,				/* the same, because its time was over */
	DB_UNKNOWN					/* the database did not say: it may still commit */
} DbOutcome;

/* The error of the database; its texts live during the callback. */
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
 * sql selects two columns. Arguments may be NULL and are copied. done() is
 * called exactly once, never before db_call() has returned, unless db_cancel()
 * is called. With an identity, which is copied as well, the call is a transaction
 * under its role and claims; the answer comes after the commit.
 *
 * After request-timeout the statement is cancelled.  A call that only reads is
 * then answered at once. If its connection is lost or suspected, it is repeated
 * while it has time. A call that writes waits for the statement's own end,
 * because the cancel races with the commit, and returns the outcome. If the
 * database does not answer for another DB_GRACE_MS, the outcome is unknown.
 */
#define DB_GRACE_MS 5000

typedef struct DbRequest
{
	const Identity *who;		/* NULL: the sidecar's own */
	PgLane		lane;
	bool		writes;
	const char *sql;
	int			count;
	const char *const *arguments;
	Buf		   *bytes;			/* one more argument, a bytea, which the call owns; NULL: none. Only for a call that writes */
	bool		tidy;			/* runs nothing of a tenant's, so it leaves nothing in the session to clean */
	int64_t		limit;			/* milliseconds for the answer, without the wait for a connection; 0: request-timeout for both */
} DbRequest;

extern DbCall *db_run(const DbRequest *request, DbDone done, void *arg);

/* The same for a call that reads: text arguments only, in the lane of requests. */
extern DbCall *db_call(const Identity *who, const char *sql, int count, const char *const *arguments, DbDone done, void *arg);

/* The caller does not want the answer any more. A running statement continues to its end or its deadline. */
extern void db_cancel(DbCall *call);

/*
 * Call it after BEGIN: the session has that role, and its claims as settings,
 * until the transaction ends. If it may not have the role, the result is an
 * error, and the following statements fail too.
 */
extern void db_enter(PgConn *conn, const Identity *who, PgResult result, void *arg);

/* Makes the error from a result of libpq; NULL: the connection was lost. */
extern DbError db_error(const PGresult *result);

/* Does the connection end after this error: by an operator, a crash, or with the database? */
extern bool db_ends_session(const DbError *error);

extern int	db_error_status(const DbError *error);	/* the HTTP status of an error */

#endif							/* NOTIFIER_DB_H */
