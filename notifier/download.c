/*
 * download.c
 *	  The errors workbook of a task, streamed as the database makes it.
 *
 * One chunk is in memory at a time: while it is being written to the client,
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

typedef struct Download
{
	HttpExchange *exchange;
	char	   *id;
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
		log_error("errors workbook of task %s broke off: %s, code=%s", download->id, error->message, error->code);
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

static void
on_chunk(void *arg, PGresult *result)
{
	Download   *download = arg;

	if (result == NULL)
	{
		if (!download->answered)
			return;				/* lost: ticket_failed() hears of it */
		pg_pool_return(download->ticket, true);
		release(download);
	}
	else if (PQresultStatus(result) == PGRES_SINGLE_TUPLE)
	{
		if (!download->started)
			start_answer(download);
		http_stream_write(download->exchange, PQgetvalue(result, 0, 0), (size_t) PQgetlength(result, 0, 0));
		pg_conn_pause(download->conn, true);
		loop_timer_stop(&download->deadline);
	}
	else if (PQresultStatus(result) == PGRES_TUPLES_OK)
	{
		if (!download->started)
			start_answer(download);
		download->answered = true;
		http_stream_end(download->exchange);
	}
	else if (!download->answered)
	{
		DbError		error = db_error(result);

		fail(download, &error);
	}
}

static void
on_permitted(void *arg, PGresult *result)
{
	Download   *download = arg;
	const PgStatement chunks = {
		.sql = "SELECT xlsx.errors_workbook_chunks($1)",
		.count = 1,
		.values = {download->id},
		.binary_result = true,
		.row_by_row = true,
	};

	if (result == NULL && download->file_name[0] != '\0')
	{
		pg_conn_send(download->conn, &chunks, on_chunk, download);
		expect_answer(download);
	}
	else if (result == NULL && download->answered)
	{
		pg_pool_return(download->ticket, true);
		release(download);
	}
	else if (result != NULL && PQresultStatus(result) == PGRES_TUPLES_OK)
		snprintf(download->file_name, sizeof(download->file_name), "%s", PQgetvalue(result, 0, 0));
	else if (result != NULL)
	{
		DbError		error = db_error(result);

		fail(download, &error);
	}
}

static void
ticket_granted(void *arg, PgConn *conn)
{
	Download   *download = arg;
	const PgStatement permission = {
		.sql = "SELECT xlsx.rest_errors_workbook($1)",
		.count = 1,
		.values = {download->id},
	};

	download->conn = conn;
	pg_conn_send(conn, &permission, on_permitted, download);
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

void
download_request(HttpExchange *exchange, const char *id)
{
	Download   *download = mem_alloc(sizeof(*download));

	download->exchange = exchange;
	download->id = mem_strdup(id);
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
