/*
 * db.c
 *	  Calls one function of the extension and returns one row.
 */
#include "db/db.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "db/fitness.h"
#include "db/pg_pool.h"
#include "process/config.h"
#include "process/loop.h"

/* Time between two cancel requests. One may arrive between two statements, so it is repeated. */
#define CANCEL_AGAIN_MS 1000

/* The statements of a call. Without an identity there is CALL only. */
typedef enum DbStep
{
	STEP_BEGIN,
	STEP_ENTER,
	STEP_CALL,
	STEP_COMMIT,
	STEP_END
} DbStep;

struct DbCall
{
	PgStatement statement;
	Identity   *who;			/* NULL: the sidecar's own */
	bool		writes;
	bool		late;			/* its time is over: a cancel was sent */
	int64_t		limit;			/* when the wait for its end is over, in loop_now()'s time */
	int64_t		own_limit;		/* DbRequest's limit */
	bool		tidy;
	PgLane		lane;
	int			again;			/* how often it may still be repeated */
	Buf			bytes;			/* the last argument, if that is binary */
	DbStep		step;			/* the statement whose results arrive now */
	Buf			first;			/* the row, until it is committed */
	Buf			second;
	DbDone		done;			/* NULL: the caller has cancelled */
	void	   *arg;
	PgTicket   *ticket;
	PgConn	   *conn;			/* the connection; NULL: it waits for one */
	bool		answered;
	Timer		deadline;		/* or, if it could not wait, the timer for the error */
};

/* How many connections one call may lose before it fails. */
#define TIMES_AGAIN 3

static const DbError lost = {.code = "08006",.message = "database is not available"};
static const DbError crowded = {.code = "53300",.message = "too many requests wait for the database"};
static const DbError late = {.code = "57014",.message = "database did not answer in time"};
static const DbError cancelled = {
	.code = "57014",.message = "database did not answer in time",
	.detail = "The statement was cancelled, and what it had changed was rolled back.",.outcome = DB_CANCELLED
};

static const DbError missing = {
	.code = "57P03",.message = "extension \"pg_xlsx\" is not installed in the database",.hint = "Run CREATE EXTENSION pg_xlsx there."
};

#define UNKNOWN_DETAIL "What was asked for may have been done or not, or may still be done."
#define UNKNOWN_HINT "Look at the task, or wait for its events, before asking again."

static const DbError silent = {
	.code = "57014",.message = "database did not answer in time",
	.detail = UNKNOWN_DETAIL,.hint = UNKNOWN_HINT,.outcome = DB_UNKNOWN
};
static const DbError vanished = {
	.code = "08006",.message = "database is not available",
	.detail = UNKNOWN_DETAIL,.hint = UNKNOWN_HINT,.outcome = DB_UNKNOWN
};

/*
 * Errors
 */

typedef struct StatusOfClass
{
	const char *prefix;			/* of SQLSTATE */
	int			status;
} StatusOfClass;

/*
 * The first entry that fits counts. A fault of the file or the request is 400. What the state of a table or the SQL of
 * a target forbids is 409. A condition that passes is 503. Only a programmer can correct a 500.
 */
static const StatusOfClass statuses[] = {
	{"P0002", 404}, {"58P01", 410}, {"XX001", 400}, {"22", 400}, {"0A000", 400}, {"42704", 400}, {"54000", 413}, {"54", 400},
	{"55P03", 503}, {"55", 409}, {"23", 409}, {"27", 409}, {"44", 409}, {"P0", 409}, {"2F", 409}, {"38", 409}, {"39", 409},
	{"42501", 403}, {"28", 401}, {"42P01", 409}, {"42703", 409},
	{"53400", 429}, {"25006", 503}, {"40", 503}, {"53", 503}, {"57", 503}, {"08", 503},
};

int
db_error_status(const DbError *error)
{
	for (size_t i = 0; i < lengthof(statuses); i++)
	{
		if (strncmp(error->code, statuses[i].prefix, strlen(statuses[i].prefix)) == 0)
			return statuses[i].status;
	}
	return 500;
}

bool
db_ends_session(const DbError *error)
{
	return strncmp(error->code, "57P", 3) == 0 && strcmp(error->code, "57P03") != 0;
}

/* The extension was dropped just now: the schema of the functions that are called here is not there. */
static bool
is_missing_extension(const PGresult *result, const char *code)
{
	return strcmp(code, "3F000") == 0 &&
		strstr(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY), "xlsx_rest") != NULL;
}

DbError
db_error(const PGresult *result)
{
	DbError		error = lost;
	const char *code = result == NULL ? NULL : PQresultErrorField(result, PG_DIAG_SQLSTATE);

	if (code == NULL)
		return error;
	strncpy(error.code, code, sizeof(error.code) - 1);
	if (is_missing_extension(result, code))
		return missing;
	error.message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	error.detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
	error.hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
	return error;
}

/*
 * Calls
 */

static void
release(DbCall *call)
{
	loop_timer_stop(&call->deadline);
	for (int i = 0; i < call->statement.count; i++)
	{
		if (!call->statement.binary[i])
			free((char *) call->statement.values[i]);
	}
	buf_free(&call->bytes);
	identity_free(call->who);
	buf_free(&call->first);
	buf_free(&call->second);
	free(call);
}

static void
finish(DbCall *call, const DbError *error, const DbRow *row)
{
	DbDone		done = call->done;

	call->answered = true;
	call->done = NULL;
	if (done != NULL)
		done(call->arg, error, row);
}

/* An operator may end a session while it commits, so the outcome is unknown. */
static bool
is_ended_session(const DbError *error)
{
	return db_ends_session(error) || strncmp(error->code, "08", 2) == 0;
}

static void
fail(DbCall *call, const PGresult *result)
{
	DbError		error = db_error(result);

	if (call->again > 0 && db_ends_session(&error))
		return;					/* the connection ends, and ticket_failed() repeats the call */
	if (call->writes && call->step == STEP_COMMIT && is_ended_session(&error))
		finish(call, &vanished, NULL);
	else if (call->late && strcmp(error.code, cancelled.code) == 0)
		finish(call, &cancelled, NULL);
	else
		finish(call, &error, NULL);
}

static void
succeed(DbCall *call)
{
	DbRow		row = {call->first.data, call->second.data, call->second.len};

	finish(call, NULL, &row);
}

static void
take_row(DbCall *call, const PGresult *result)
{
	buf_puts(&call->first, PQgetvalue(result, 0, 0));
	buf_append(&call->second, PQgetvalue(result, 0, 1), (size_t) PQgetlength(result, 0, 1));
}

static void
take_result(DbCall *call, const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
		fail(call, result);
	else if (call->step == STEP_CALL)
	{
		if (status == PGRES_TUPLES_OK && PQntuples(result) == 1 && PQnfields(result) >= 2)
			take_row(call, result);
		else
			fail(call, result);
	}
	else if (call->step == STEP_COMMIT)
		succeed(call);
}

static void
on_result(void *arg, PGresult *result)
{
	DbCall	   *call = arg;

	if (result != NULL)
	{
		if (!call->answered)
			take_result(call, result);
		return;
	}
	if (pg_conn_lost(call->conn))
		return;					/* ticket_failed() comes next */
	call->step++;
	/* without a role the statement commits by itself, after its row */
	if (call->who == NULL && call->step > STEP_CALL && !call->answered)
		succeed(call);
	if (call->answered && (call->step == STEP_END || (call->who == NULL && call->step > STEP_CALL)))
	{
		if (call->tidy && !call->late)
			pg_pool_return_clean(call->ticket);
		else
			pg_pool_return(call->ticket, !call->late);	/* a cancel may still be on its way to this session */
		release(call);
	}
	/* otherwise more results follow */
}

void
db_enter(PgConn *conn, const Identity *who, PgResult result, void *arg)
{
	const PgStatement statement = {
		.sql = "SELECT xlsx_rest.act_as($1, $2, $3, $4, $5)",
		.count = 5,
		.values = {who->role, config.jwt_allow_superuser ? "true" : "false", who->subject[0] == '\0' ? NULL : who->subject,
		identity_claims(who), config.jwt_single_claims ? "true" : "false"},
	};

	pg_conn_send(conn, &statement, result, arg);
}

static void deadline_passed(Timer *timer);

static void
ticket_granted(void *arg, PgConn *conn)
{
	static const PgStatement begin = {.sql = "BEGIN"};
	static const PgStatement commit = {.sql = "COMMIT"};
	DbCall	   *call = arg;

	call->conn = conn;
	if (call->who != NULL)
	{
		pg_conn_send(conn, &begin, on_result, call);
		db_enter(conn, call->who, on_result, call);
	}
	call->step = call->who == NULL ? STEP_CALL : STEP_BEGIN;
	pg_conn_send(conn, &call->statement, on_result, call);
	buf_free(&call->bytes);		/* libpq has a copy */
	if (call->own_limit > 0)
		loop_timer_start(&call->deadline, call->own_limit, deadline_passed);
	if (call->who != NULL)
		pg_conn_send(conn, &commit, on_result, call);
}

static const PgTicketHandler ticket_handler;

/* Repeats the call on another connection. False: it may not be repeated. */
static bool
make_again(DbCall *call)
{
	PgTicket   *ticket;

	if (call->again == 0 || call->conn == NULL || call->answered || call->done == NULL)
		return false;
	ticket = pg_pool_borrow(call->lane, &ticket_handler, call);
	if (ticket == NULL)
		return false;
	call->ticket = ticket;
	call->conn = NULL;
	call->again--;
	buf_clear(&call->first);
	buf_clear(&call->second);
	if (call->own_limit > 0)
		loop_timer_stop(&call->deadline);
	return true;
}

static void
ticket_failed(void *arg)
{
	DbCall	   *call = arg;

	if (make_again(call))
		return;
	if (!call->answered)
		finish(call, call->writes && call->conn != NULL ? &vanished : &lost, NULL);
	release(call);
}

static void
ticket_suspected(void *arg)
{
	DbCall	   *call = arg;
	PgTicket   *ticket = call->ticket;

	if (make_again(call))
		pg_pool_return(ticket, false);
}

static const PgTicketHandler ticket_handler = {ticket_granted, ticket_failed, ticket_suspected};

/*
 * If a BEGIN were cancelled, the call would run outside of a transaction, as
 * the sidecar's own role. So nothing is cancelled before the server has
 * answered BEGIN.
 */
static bool
may_cancel(const DbCall *call)
{
	return call->step > STEP_BEGIN && call->step < STEP_COMMIT;
}

/* Why there is no ticket. */
static const DbError *
refusal(void)
{
	return fitness_problem() != NULL ? fitness_problem() : &crowded;
}

/* Gives up the connection too, because nobody knows when the statement ends. */
static void
give_up(DbCall *call, const DbError *error)
{
	if (call->ticket != NULL)
		pg_pool_return(call->ticket, false);
	finish(call, error, NULL);
	release(call);
}

static void
deadline_passed(Timer *timer)
{
	DbCall	   *call = container_of(timer, DbCall, deadline);

	if (call->conn != NULL && may_cancel(call))
		pg_conn_cancel(call->conn);
	if (call->conn == NULL || !call->writes || (call->late && loop_now() >= call->limit))
	{
		give_up(call, call->ticket == NULL ? refusal() : call->conn == NULL || !call->writes ? &late : &silent);
		return;
	}
	if (!call->late)
		call->limit = loop_now() + DB_GRACE_MS * 1000;
	call->late = true;
	loop_timer_start(&call->deadline, CANCEL_AGAIN_MS, deadline_passed);
}

static void
add_bytes(DbCall *call, Buf *bytes)
{
	int			last = call->statement.count++;

	call->bytes = *bytes;
	*bytes = (Buf) {0};
	call->statement.values[last] = call->bytes.len > 0 ? call->bytes.data : "";
	call->statement.lengths[last] = (int) call->bytes.len;
	call->statement.binary[last] = true;
}

DbCall *
db_run(const DbRequest *request, DbDone done, void *arg)
{
	DbCall	   *call = mem_alloc(sizeof(*call));

	call->who = identity_dup(request->who);
	call->writes = request->writes;
	call->statement.sql = request->sql;
	call->statement.count = request->count;
	for (int i = 0; i < request->count; i++)
		call->statement.values[i] = request->arguments[i] == NULL ? NULL : mem_strdup(request->arguments[i]);
	if (request->bytes != NULL)
		add_bytes(call, request->bytes);
	call->done = done;
	call->arg = arg;
	call->lane = request->lane;
	call->again = request->writes ? 0 : TIMES_AGAIN;
	call->own_limit = request->limit;
	call->tidy = request->tidy;
	call->ticket = fitness_problem() != NULL ? NULL : pg_pool_borrow(request->lane, &ticket_handler, call);
	if (call->ticket == NULL || call->own_limit == 0)
		loop_timer_start(&call->deadline, call->ticket == NULL ? 0 : config.request_timeout, deadline_passed);
	return call;
}

DbCall *
db_call(const Identity *who, const char *sql, int count, const char *const *arguments, DbDone done, void *arg)
{
	const DbRequest request = {.who = who,.lane = PG_LANE_REQUEST,.sql = sql,.count = count,.arguments = arguments};

	return db_run(&request, done, arg);
}

/* A call that runs continues to its end, which frees the connection. */
void
db_cancel(DbCall *call)
{
	call->done = NULL;
	if (call->conn != NULL)
		return;
	if (call->ticket != NULL)
		pg_pool_return(call->ticket, true);
	release(call);
}
