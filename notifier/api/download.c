/*
 * download.c
 *	  Files that the database makes, streamed as they come.
 *
 * All statements are one transaction, under the role of the request. The
 * bytes are written to a temporary file as fast as the database makes them,
 * and sent from there as fast as the client reads. One block is in memory,
 * and no connection and no transaction waits for a slow client.
 */
#include "api/download.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "db/db.h"
#include "db/fitness.h"
#include "db/pg_pool.h"
#include "http/reply.h"
#include "process/config.h"
#include "process/log.h"
#include "process/loop.h"

/* Bytes that are read from the temporary file at a time. */
#define BLOCK 65536

/* Clients may read slowly, so there may be this many times max-downloads of them, each with a temporary file. */
#define DOWNLOADS_OPEN 32

/* Connections that one download may lose before its first byte. */
#define TIMES_AGAIN 3

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
	HttpExchange *exchange;		/* NULL after the answer */
	const Kind *kind;
	char	   *id;
	Identity   *who;			/* NULL: the sidecar's own */
	PgTicket   *ticket;			/* NULL: the database has finished */
	PgConn	   *conn;
	char		file_name[256];
	FILE	   *spool;			/* the bytes from the database */
	off_t		spooled;
	off_t		sent;
	int			again;			/* times that it may still be made again */
	bool		started;		/* the answer */
	bool		waiting;		/* the client can take more */
	bool		ended;			/* all bytes have arrived */
	Timer		deadline;		/* for the database's next row */
} Download;

static int	downloads;

static void
release(Download *download)
{
	loop_timer_stop(&download->deadline);
	if (download->spool != NULL)
		fclose(download->spool);
	free(download->id);
	identity_free(download->who);
	free(download);
	downloads--;
}

/* Stops waiting for the database, which may still finish its statement. */
static void
leave_database(Download *download, bool reusable)
{
	loop_timer_stop(&download->deadline);
	if (download->ticket != NULL)
		pg_pool_return(download->ticket, reusable);
	download->ticket = NULL;
}

/* An answer that has begun can only be cut. */
static void
fail(Download *download, const DbError *error)
{
	if (!download->started)
		reply_db_error(download->exchange, error);
	else
	{
		log_error("%s of %s broke off: %s, code=%s", download->kind->what, download->id, error->message, error->code);
		http_abort(download->exchange);
	}
	download->exchange = NULL;
}

static void
database_too_slow(Timer *timer)
{
	static const DbError late = {.code = "57014",.message = "database did not answer in time"};
	Download   *download = container_of(timer, Download, deadline);

	leave_database(download, false);
	if (download->exchange != NULL && !download->ended)
		fail(download, &late);
	if (download->exchange == NULL)
		release(download);
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
send_more(Download *download)
{
	static char block[BLOCK];
	size_t		wanted = download->spooled - download->sent < BLOCK ? (size_t) (download->spooled - download->sent) : BLOCK;
	ssize_t		len;

	download->waiting = wanted == 0 && !download->ended;
	if (download->waiting)
		return;
	len = wanted == 0 ? 0 : pread(fileno(download->spool), block, wanted, download->sent);
	if (wanted > 0 && len <= 0)
		http_abort(download->exchange);
	else if (len > 0)
	{
		download->sent += len;
		http_stream_write(download->exchange, block, (size_t) len);
		return;
	}
	else
		http_stream_end(download->exchange);
	download->exchange = NULL;
	if (download->ticket == NULL)
		release(download);		/* otherwise the COMMIT is still running */
}

static void
on_writable(HttpExchange *exchange)
{
	send_more(http_owner(exchange));
}

static void
on_gone(HttpExchange *exchange)
{
	Download   *download = http_owner(exchange);

	leave_database(download, false);
	release(download);
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

/* Nothing has been sent to the client. */
static bool
may_be_made_again(const Download *download)
{
	return !download->started && download->exchange != NULL && download->again > 0;
}

static bool
failed(Download *download, const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);
	DbError		error;

	if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_SINGLE_TUPLE)
		return false;
	error = db_error(result);
	if (may_be_made_again(download) && db_ends_session(&error))
		return true;			/* the session ends, and ticket_failed() makes it again */
	if (download->exchange != NULL)
		fail(download, &error);
	return true;
}

static void
on_committed(void *arg, PGresult *result)
{
	Download   *download = arg;

	if (result != NULL)
		return;
	leave_database(download, true);
	if (download->exchange == NULL)
		release(download);
}

/* Sent after an error too: it ends the transaction. */
static void
commit(Download *download)
{
	static const PgStatement statement = {.sql = "COMMIT"};

	pg_conn_send(download->conn, &statement, on_committed, download);
	expect_answer(download);
}

static void
keep(Download *download, const char *data, size_t len)
{
	static const DbError full = {.code = "53100",.message = "there is no room for a temporary file"};

	if (pwrite(fileno(download->spool), data, len, download->spooled) != (ssize_t) len)
	{
		fail(download, &full);
		return;
	}
	download->spooled += (off_t) len;
	if (download->waiting)
		send_more(download);
}

static void
on_chunk(void *arg, PGresult *result)
{
	Download   *download = arg;

	expect_answer(download);
	if (result == NULL)
	{
		if (download->ended || download->exchange == NULL)
			commit(download);
		return;
	}
	if (failed(download, result) || download->exchange == NULL)
		return;
	if (!download->started)
		start_answer(download);
	if (http_method(download->exchange) == HTTP_HEAD)
	{
		http_stream_end(download->exchange);
		download->exchange = NULL;
	}
	else if (PQresultStatus(result) == PGRES_SINGLE_TUPLE)
		keep(download, PQgetvalue(result, 0, 0), (size_t) PQgetlength(result, 0, 0));
	else
	{
		download->ended = true;
		if (download->waiting)
			send_more(download);
	}
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
	else if (result == NULL && download->exchange == NULL)
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
	if (download->who != NULL)
		db_enter(conn, download->who, on_entered, download);
	pg_conn_send(conn, &name, on_named, download);
	expect_answer(download);
}

static const PgTicketHandler ticket_handler;

/* On another connection, within the same limit.  False: it is not. */
static bool
make_again(Download *download)
{
	PgTicket   *ticket = may_be_made_again(download) ? pg_pool_borrow(PG_LANE_DOWNLOAD, &ticket_handler, download) : NULL;

	if (ticket == NULL)
		return false;
	download->again--;
	download->ticket = ticket;
	download->file_name[0] = '\0';
	return true;
}

static void
ticket_suspected(void *arg)
{
	Download   *download = arg;
	PgTicket   *ticket = download->ticket;

	if (make_again(download))
		pg_pool_return(ticket, false);
}

static void
ticket_failed(void *arg)
{
	Download   *download = arg;
	DbError		error = db_error(NULL);

	if (make_again(download))
		return;
	download->ticket = NULL;
	loop_timer_stop(&download->deadline);
	if (download->exchange != NULL && !download->ended)
		fail(download, &error);
	if (download->exchange == NULL)
		release(download);
}

static const PgTicketHandler ticket_handler = {ticket_granted, ticket_failed, ticket_suspected};

static void
start(HttpExchange *exchange, const Kind *kind, const char *id)
{
	Download   *download;

	if (downloads >= config.max_downloads * DOWNLOADS_OPEN)
	{
		reply_error(exchange, 503, "Too many downloads at a time");
		return;
	}
	download = mem_alloc(sizeof(*download));
	downloads++;
	download->kind = kind;
	download->again = TIMES_AGAIN;
	download->id = mem_strdup(id);
	download->who = identity_dup(http_who(exchange));
	download->spool = tmpfile();
	if (download->spool != NULL && fitness_problem() == NULL)
		download->ticket = pg_pool_borrow(PG_LANE_DOWNLOAD, &ticket_handler, download);
	if (download->ticket == NULL)
	{
		if (fitness_problem() != NULL)
			reply_db_error(exchange, fitness_problem());
		else
			reply_error(exchange, 503, download->spool == NULL ? "There is no room for a temporary file" : "Too many requests wait for the database");
		release(download);
		return;
	}
	download->exchange = exchange;
	http_own(exchange, &hooks, download);
	expect_answer(download);
}

void
download_errors(HttpExchange *exchange, const char *id)
{
	static const Kind errors = {
		"errors workbook", "SELECT xlsx_rest.rest_errors_workbook($1)", "SELECT xlsx.errors_workbook_chunks($1)"
	};

	start(exchange, &errors, id);
}

void
download_result(HttpExchange *exchange, const char *id)
{
	static const Kind result = {
		"result workbook", "SELECT xlsx_rest.rest_result_workbook($1)", "SELECT xlsx.result_workbook_chunks($1)"
	};

	start(exchange, &result, id);
}

void
download_template(HttpExchange *exchange, const char *name)
{
	static const Kind template = {
		"template", "SELECT xlsx_rest.rest_template($1)", "SELECT xlsx.template($1)"
	};

	start(exchange, &template, name);
}
