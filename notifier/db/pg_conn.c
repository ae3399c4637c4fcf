/*
 * pg_conn.c
 *	  One database connection that never blocks.
 *
 * One exception: libpq looks up host names when an attempt to connect begins,
 * and that blocks. Use addresses or a local resolver.
 */
#include "db/pg_conn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/pg_cancel.h"
#include "process/config.h"
#include "process/log.h"
#include "process/loop.h"

typedef struct Open
{
	struct Open *next;
	PgResult	result;			/* NULL: the results are discarded */
	void	   *arg;
} Open;

struct PgConn
{
	PGconn	   *pg;
	const PgConnHandler *handler;
	void	   *arg;
	LoopWatch  *watch;
	int			watched_socket;
	Timer		limit;			/* limit of the time until it is ready */
	Timer		turn;			/* continues the work without a callback of libpq */
	bool		connected;
	bool		ready;			/* the login was accepted */
	bool		refused;		/* the login was refused */
	bool		paused;
	bool		lost;			/* the open statements get their last call */
	bool		working;		/* a callback is running */
	bool		closed;			/* release it when no callback is running */
	bool		broken;			/* a statement could not even be queued */
	Open	   *first;			/* statements, oldest first */
	Open	  **last;
};

static void conn_work(void *arg);
static void turn_due(Timer *timer);
static void limit_passed(Timer *timer);

static const LoopWatchHandler watch_handler = {.readable = conn_work,.writable = conn_work};

/*
 * Life
 */

static void
forget_all(PgConn *conn)
{
	while (conn->first != NULL)
	{
		Open	   *open = conn->first;

		conn->first = open->next;
		free(open);
	}
	conn->last = &conn->first;
}

static void
release(PgConn *conn)
{
	loop_timer_stop(&conn->limit);
	loop_timer_stop(&conn->turn);
	loop_forget(conn->watch);
	PQfinish(conn->pg);
	forget_all(conn);
	free(conn);
}

void
pg_conn_close(PgConn *conn)
{
	if (conn == NULL)
		return;
	conn->closed = true;
	if (!conn->working)
		release(conn);
}

static void
statement_done(PgConn *conn)
{
	Open	   *open = conn->first;

	conn->first = open->next;
	if (conn->first == NULL)
		conn->last = &conn->first;
	if (open->result != NULL)
		open->result(open->arg, NULL);
	free(open);
}

/* Calls all callbacks; conn_work() releases the connection. */
static void
lose(PgConn *conn, const char *message)
{
	char	   *text = mem_strdup(message);

	conn->lost = true;
	while (conn->first != NULL && !conn->closed)
		statement_done(conn);
	if (!conn->closed)
	{
		conn->closed = true;
		conn->handler->closed(conn->arg, text);
	}
	free(text);
}

/* libpq may try several addresses, each with a socket of its own. */
static bool
watch_socket(PgConn *conn)
{
	if (conn->watch != NULL && conn->watched_socket == PQsocket(conn->pg))
		return true;
	loop_forget(conn->watch);
	conn->watched_socket = PQsocket(conn->pg);
	conn->watch = loop_watch(conn->watched_socket, &watch_handler, conn);
	return conn->watch != NULL;
}

static void
log_notice(void *arg, const char *message)
{
	(void) arg;
	log_debug("database: %s", message);
}

PgConn *
pg_conn_open(const char *url, int64_t limit, const PgConnHandler *handler, void *arg)
{
	/* Parameters before dbname are defaults: the address overrides them. */
	const char *const keys[] = {
		"keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout",
		"dbname", "fallback_application_name", "client_encoding", NULL
	};
	const char *const values[] = {"30", "10", "3", "30000", url, "pg_xlsx_notifier", "UTF8", NULL};
	PgConn	   *conn = mem_alloc(sizeof(*conn));

	conn->handler = handler;
	conn->arg = arg;
	conn->last = &conn->first;
	conn->pg = PQconnectStartParams(keys, values, 1);
	if (conn->pg == NULL)
	{
		free(conn);
		return NULL;
	}
	PQsetNoticeProcessor(conn->pg, log_notice, NULL);
	loop_timer_start(&conn->limit, limit, limit_passed);
	if (PQstatus(conn->pg) == CONNECTION_BAD)
		loop_timer_start(&conn->turn, 0, turn_due);
	else if (watch_socket(conn))
		loop_watch_write(conn->watch);
	return conn;
}

void
pg_conn_own(PgConn *conn, const PgConnHandler *handler, void *arg)
{
	conn->handler = handler;
	conn->arg = arg;
}

/*
 * The login: the session must not have a role that a tenant's request may not
 * take on
 */

static void
refuse_login(PgConn *conn, const char *name)
{
	char		message[200];

	conn->refused = true;
	snprintf(message, sizeof(message), "role \"%.64s\" is a superuser: give the sidecar a role of its own, "
			 "or set allow-superuser where it is meant to be one", name);
	lose(conn, message);
}

static void
become_ready(PgConn *conn)
{
	loop_timer_stop(&conn->limit);
	conn->handler->ready(conn->arg);
}

static void
on_login(void *arg, PGresult *result)
{
	PgConn	   *conn = arg;

	if (result == NULL)
	{
		if (conn->ready)
			become_ready(conn);
	}
	else if (PQresultStatus(result) != PGRES_TUPLES_OK)
		lose(conn, PQresultErrorMessage(result));
	else if (PQntuples(result) == 1 && *PQgetvalue(result, 0, 1) == 't')
		refuse_login(conn, PQgetvalue(result, 0, 0));
	else
		conn->ready = true;
}

/* Checks the session's login, because is_superuser changes with SET ROLE. */
static void
check_login(PgConn *conn)
{
	static const PgStatement statement = {
		.sql = "SELECT r.rolname, r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) session_user"
	};

	if (!config.allow_superuser)
	{
		pg_conn_send(conn, &statement, on_login, conn);
		return;
	}
	conn->ready = true;
	become_ready(conn);
}

bool
pg_conn_refused(const PgConn *conn)
{
	return conn->refused;
}

/*
 * Work: does everything that can be done, from any caller
 */

static void
connect_on(PgConn *conn)
{
	switch (PQconnectPoll(conn->pg))
	{
		case PGRES_POLLING_OK:
			if (!watch_socket(conn) || PQsetnonblocking(conn->pg, 1) != 0 || !PQenterPipelineMode(conn->pg))
			{
				lose(conn, "could not set up the connection");
				return;
			}
			conn->connected = true;
			check_login(conn);
			break;
		case PGRES_POLLING_WRITING:
			if (watch_socket(conn))
				loop_watch_write(conn->watch);
			break;
		case PGRES_POLLING_READING:
			watch_socket(conn);
			break;
		default:
			lose(conn, PQerrorMessage(conn->pg));
	}
}

static void
read_notifications(PgConn *conn)
{
	PGnotify   *notify;

	while (!conn->closed && (notify = PQnotifies(conn->pg)) != NULL)
	{
		if (conn->handler->notified != NULL)
			conn->handler->notified(conn->arg, notify->extra);
		PQfreemem(notify);
	}
}

/* Did libpq make this error, because the connection broke? Then the server has said nothing, and lose() follows. */
static bool
is_loss(const PgConn *conn, const PGresult *result)
{
	return PQresultStatus(result) == PGRES_FATAL_ERROR && PQresultErrorField(result, PG_DIAG_SQLSTATE) == NULL &&
		PQstatus(conn->pg) == CONNECTION_BAD;
}

/* One NULL stands between a statement's results and its synchronisation. A second one means that there are no more results. */
static void
read_results(PgConn *conn)
{
	int			nothing = 0;

	while (!conn->closed && conn->first != NULL && !conn->paused && nothing < 2 && !PQisBusy(conn->pg))
	{
		PGresult   *result = PQgetResult(conn->pg);

		nothing = result == NULL ? nothing + 1 : 0;
		if (result == NULL)
			continue;
		if (PQresultStatus(result) == PGRES_PIPELINE_SYNC)
			statement_done(conn);
		else if (conn->first->result != NULL && !is_loss(conn, result))
			conn->first->result(conn->first->arg, result);
		PQclear(result);
	}
}

static void
exchange_data(PgConn *conn)
{
	bool		alive = conn->paused || PQconsumeInput(conn->pg) != 0;
	int			pending = PQflush(conn->pg);

	if (pending > 0)
		loop_watch_write(conn->watch);
	read_results(conn);
	read_notifications(conn);
	if (!conn->closed && (!alive || pending < 0 || conn->broken || PQstatus(conn->pg) == CONNECTION_BAD))
		lose(conn, PQerrorMessage(conn->pg));
}

static void
conn_work(void *arg)
{
	PgConn	   *conn = arg;

	if (conn->working)
		return;
	conn->working = true;
	if (conn->connected)
		exchange_data(conn);
	else
		connect_on(conn);
	conn->working = false;
	if (conn->closed)
		release(conn);
}

static void
turn_due(Timer *timer)
{
	conn_work(container_of(timer, PgConn, turn));
}

static void
limit_passed(Timer *timer)
{
	PgConn	   *conn = container_of(timer, PgConn, limit);

	conn->working = true;
	lose(conn, conn->connected ? "timed out while logging in" : "timed out while connecting");
	release(conn);
}

/*
 * Statements
 */

void
pg_conn_send(PgConn *conn, const PgStatement *statement, PgResult result, void *arg)
{
	static const Oid bytea = 17;
	Oid			types[PG_MAX_PARAMETERS] = {0};
	int			formats[PG_MAX_PARAMETERS] = {0};
	Open	   *open = mem_alloc(sizeof(*open));

	for (int i = 0; i < statement->count; i++)
	{
		types[i] = statement->binary[i] ? bytea : 0;
		formats[i] = statement->binary[i];
	}
	open->result = result;
	open->arg = arg;
	*conn->last = open;
	conn->last = &open->next;

	if (!PQsendQueryParams(conn->pg, statement->sql, statement->count, types, statement->values, statement->lengths, formats,
						   statement->binary_result) ||
		(statement->row_by_row && !PQsetSingleRowMode(conn->pg)) || !PQpipelineSync(conn->pg))
		conn->broken = true;
	loop_timer_start(&conn->turn, 0, turn_due);
}

void
pg_conn_forget(PgConn *conn, const void *arg)
{
	for (Open *open = conn->first; open != NULL; open = open->next)
	{
		if (open->arg == arg)
			open->result = NULL;
	}
}

void
pg_conn_cancel(PgConn *conn)
{
	if (!pg_cancel(conn->pg))
		log_warning("could not ask the database to cancel a statement");
}

bool
pg_conn_lost(const PgConn *conn)
{
	return conn->lost;
}

bool
pg_conn_idle(const PgConn *conn)
{
	return conn->ready && conn->first == NULL;
}

void
pg_conn_pause(PgConn *conn, bool pause)
{
	if (conn->paused == pause)
		return;
	conn->paused = pause;
	loop_watch_read(conn->watch, !pause);
	if (!pause)
		loop_timer_start(&conn->turn, 0, turn_due);
}
