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

/* What went wrong, in the words of the database; texts live during the callback. */
typedef struct DbError
{
	char		code[6];		/* SQLSTATE */
	const char *message;
	const char *detail;			/* NULL: none */
	const char *hint;			/* NULL: none */
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
 */
typedef struct DbRequest
{
	const char *role;			/* NULL: the sidecar's own */
	PgLane		lane;
	const char *sql;
	int			count;
	const char *const *arguments;
	Buf		   *bytes;			/* one more argument, a bytea, which is taken over; NULL: none */
} DbRequest;

extern DbCall *db_run(const DbRequest *request, DbDone done, void *arg);

/* The same for most: text only, in the lane of requests. */
extern DbCall *db_call(const char *role, const char *sql, int count, const char *const *arguments, DbDone done, void *arg);
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
