/*
 * download.c
 *	  Files that the database makes, streamed as they come.
 *
 * All statements are one transaction, under the role of whoever asks.  One chunk is in memory at a time: while it is being written to the client,
 * the connection to the database is not read.
 */
#include "download.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "db.h"
#include "log.h"
#include "loop.h"
#include "mem.h"
#include "pg_pool.h"
#include "reply.h"

#define XLSX_TYPE "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

/* Each statement takes the id. */
typedef struct Kind
{
	const char *what;
	const char *name_sql;		/* the file name, or an error */
	const char *bytes_sql;		/* rows of bytes */
} Kind;

typedef struct Download
{
	HttpExchange *exchange;
	const Kind *kind;
	char	   *id;
	char	   *role;			/* NULL: the sidecar's own */
	PgTicket   *ticket;
	PgConn	   *conn;
	char		file_name[256];
	bool		started;		/* the answer */
	bool		answered;		/* all of it, or an error */
	Timer		deadline;		/* for the database's next row */
} Download;

static void
release(Download *download)
{
	loop_timer_stop(&download->deadline);
	free(download->id);
	free(download->role);
	free(download);
}

/* An answer that has begun can only be cut off. */
static void
fail(Download *download, const DbError *error)
{
	download->answered = true;
	if (!download->started)
		reply_db_error(download->exchange, error);
	else
	{
		log_error("%s of %s broke off: %s, code=%s", download->kind->what, download->id, error->message, error->code);
		http_abort(download->exchange);
	}
}

static void
abandon(Download *download)
{
	if (download->ticket != NULL)
		pg_pool_return(download->ticket, false);
	release(download);
}

static void
database_too_slow(Timer *timer)
{
	static const DbError late = {.code = "57014",.message = "database did not answer in time"};
	Download   *download = container_of(timer, Download, deadline);

	if (!download->answered)
		fail(download, &late);
	abandon(download);
}

static void
expect_answer(Download *download)
{
	loop_timer_start(&download->deadline, config.request_timeout, database_too_slow);
}

/*
 * The answer
 */

static void
on_writable(HttpExchange *exchange)
{
	Download   *download = http_owner(exchange);

	pg_conn_pause(download->conn, false);
	expect_answer(download);
}

static void
on_gone(HttpExchange *exchange)
{
	abandon(http_owner(exchange));
}

static const HttpHooks hooks = {.writable = on_writable,.gone = on_gone};

static void
start_answer(Download *download)
{
	char		disposition[320];

	download->started = true;
	snprintf(disposition, sizeof(disposition), "attachment; filename=\"%s\"", download->file_name);
	http_add_header(download->exchange, "Content-Disposition", disposition);
	reply_note(download->exchange, 200);
	http_stream_start(download->exchange, 200, XLSX_TYPE);
}

/*
 * Database
 */

static bool
failed(Download *download, const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);
	DbError		error;

	if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_SINGLE_TUPLE)
		return false;
	if (!download->answered)
	{
		error = db_error(result);
		fail(download, &error);
	}
	return true;
}

static void
on_committed(void *arg, PGresult *result)
{
	Download   *download = arg;

	if (result != NULL || !download->answered)
		return;					/* lost: ticket_failed() hears of it */
	pg_pool_return(download->ticket, true);
	release(download);
}

static void
commit(Download *download)
{
	static const PgStatement statement = {.sql = "COMMIT"};

	pg_conn_send(download->conn, &statement, on_committed, download);
	expect_answer(download);
}

static void
on_chunk(void *arg, PGresult *result)
{
	Download   *download = arg;

	if (result == NULL)
	{
		if (download->answered)
			commit(download);
		return;
	}
	if (failed(download, result))
		return;
	if (!download->started)
		start_answer(download);
	if (PQresultStatus(result) == PGRES_SINGLE_TUPLE)
	{
		http_stream_write(download->exchange, PQgetvalue(result, 0, 0), (size_t) PQgetlength(result, 0, 0));
		pg_conn_pause(download->conn, true);
		loop_timer_stop(&download->deadline);
		return;
	}
	download->answered = true;
	http_stream_end(download->exchange);
}

static void
on_named(void *arg, PGresult *result)
{
	Download   *download = arg;
	const PgStatement bytes = {
		.sql = download->kind->bytes_sql,
		.count = 1,
		.values = {download->id},
		.binary_result = true,
		.row_by_row = true,
	};

	if (result == NULL && download->file_name[0] != '\0')
	{
		pg_conn_send(download->conn, &bytes, on_chunk, download);
		expect_answer(download);
	}
	else if (result == NULL && download->answered)
		commit(download);
	else if (result != NULL && !failed(download, result))
		snprintf(download->file_name, sizeof(download->file_name), "%s", PQgetvalue(result, 0, 0));
}

static void
on_entered(void *arg, PGresult *result)
{
	if (result != NULL)
		failed(arg, result);
}

static void
ticket_granted(void *arg, PgConn *conn)
{
	static const PgStatement begin = {.sql = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"};
	Download   *download = arg;
	const PgStatement name = {
		.sql = download->kind->name_sql,
		.count = 1,
		.values = {download->id},
	};

	download->conn = conn;
	pg_conn_send(conn, &begin, on_entered, download);
	if (download->role != NULL)
		db_enter(conn, download->role, on_entered, download);
	pg_conn_send(conn, &name, on_named, download);
	expect_answer(download);
}

static void
ticket_failed(void *arg)
{
	Download   *download = arg;
	DbError		error = db_error(NULL);

	if (!download->answered)
		fail(download, &error);
	release(download);
}

static const PgTicketHandler ticket_handler = {ticket_granted, ticket_failed};

static void
start(HttpExchange *exchange, const Kind *kind, const char *id)
{
	Download   *download = mem_alloc(sizeof(*download));

	download->exchange = exchange;
	download->kind = kind;
	download->id = mem_strdup(id);
	download->role = http_role(exchange) == NULL ? NULL : mem_strdup(http_role(exchange));
	download->ticket = pg_pool_borrow(PG_LANE_DOWNLOAD, &ticket_handler, download);
	if (download->ticket == NULL)
	{
		release(download);
		reply_error(exchange, 503, "Too many requests wait for the database");
		return;
	}
	http_own(exchange, &hooks, download);
	expect_answer(download);
}

void
download_errors(HttpExchange *exchange, const char *id)
{
	static const Kind errors = {
		"errors workbook", "SELECT xlsx.rest_errors_workbook($1)", "SELECT xlsx.errors_workbook_chunks($1)"
	};

	start(exchange, &errors, id);
}

void
download_template(HttpExchange *exchange, const char *name)
{
	static const Kind template = {
		"template", "SELECT xlsx.rest_template($1)", "SELECT xlsx.template($1)"
	};

	start(exchange, &template, name);
}
