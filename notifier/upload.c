/*
 * upload.c
 *	  A workbook on its way from a body into the database.
 *
 *	  BEGIN
 *	  upload_begin -> id			when the file's first byte comes
 *	  upload_chunk ...				as they fill, two on their way at a time
 *	  upload_options				when fields came behind the file
 *	  upload_finish -> status, body
 *	  COMMIT, and only then the answer
 *
 * A preview asks for rest_preview instead of upload_finish, and rolls back.
 * Anything that goes wrong before COMMIT was sent ends in ROLLBACK.
 */
#include "upload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "config.h"
#include "db.h"
#include "log.h"
#include "loop.h"
#include "mem.h"
#include "metrics.h"
#include "pg_pool.h"
#include "reply.h"
#include "upload_form.h"

#define CHUNK 262144
#define CHUNKS_UNDER_WAY 2

/* What a multipart body may hold besides the file. */
#define FORM_OVERHEAD (256 * 1024)

#define MAX_QUERY_VALUE 4096

typedef struct Upload
{
	HttpExchange *exchange;		/* NULL once it was answered, or the client is gone */
	char	   *role;			/* NULL: the sidecar's own */
	bool		preview;
	UploadForm *form;
	PgTicket   *ticket;
	PgConn	   *conn;			/* NULL until the ticket is granted */
	char		id[24];			/* of the upload in the database; "" until it is known */
	Buf			pending;		/* bytes of the file not sent yet */
	int			next_chunk;
	int			under_way;		/* chunks not acknowledged yet */
	int64_t		size;
	bool		complete;		/* the whole body has come */
	bool		finishing;
	bool		committing;
	int			status;			/* of the answer, with body */
	Buf			body;
	Timer		deadline;		/* for the database's next answer */
} Upload;

static int	uploads;

/*
 * End
 */

static void
release(Upload *upload)
{
	loop_timer_stop(&upload->deadline);
	upload_form_close(upload->form);
	buf_free(&upload->pending);
	buf_free(&upload->body);
	free(upload->role);
	free(upload);
	uploads--;
}

static void
on_rolled_back(void *arg, PGresult *result)
{
	Upload	   *upload = arg;

	if (result != NULL)
		return;
	pg_pool_return(upload->ticket, true);
	release(upload);
}

/* ROLLBACK got no answer; or there was nothing to roll back, and the loop is back at its top. */
static void
give_up(Timer *timer)
{
	Upload	   *upload = container_of(timer, Upload, deadline);

	if (upload->ticket != NULL)
		pg_pool_return(upload->ticket, false);
	release(upload);
}

/* The client was answered or is gone; what the database has of the upload goes away. */
static void
roll_back(Upload *upload)
{
	static const PgStatement rollback = {.sql = "ROLLBACK"};

	upload->exchange = NULL;
	upload_form_stop(upload->form);
	metrics_add(METRIC_UPLOADS_ABANDONED, 1);
	if (upload->conn != NULL)
	{
		pg_conn_forget(upload->conn, upload);
		pg_conn_send(upload->conn, &rollback, on_rolled_back, upload);
		loop_timer_start(&upload->deadline, config.request_timeout, give_up);
		return;
	}
	if (upload->ticket != NULL)
		pg_pool_return(upload->ticket, true);
	upload->ticket = NULL;
	loop_timer_start(&upload->deadline, 0, give_up);
}

static void
fail(Upload *upload, int status, const char *message)
{
	if (upload->exchange != NULL)
		reply_error(upload->exchange, status, message);
	roll_back(upload);
}

static void
fail_in_database(Upload *upload, const DbError *error)
{
	if (upload->exchange != NULL)
		reply_db_error(upload->exchange, error);
	roll_back(upload);
}

static void
database_too_slow(Timer *timer)
{
	Upload	   *upload = container_of(timer, Upload, deadline);

	log_warning("upload given up: the database did not answer");
	if (upload->exchange != NULL)
		reply_error(upload->exchange, 503, "Database did not answer in time");
	if (upload->ticket != NULL)
		pg_pool_return(upload->ticket, false);
	metrics_add(METRIC_UPLOADS_ABANDONED, 1);
	release(upload);
}

static void
expect_answer(Upload *upload)
{
	loop_timer_start(&upload->deadline, config.request_timeout, database_too_slow);
}

/*
 * Database
 */

/* False when the statement failed, which has been dealt with. */
static bool
succeeded(Upload *upload, PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);
	DbError		error;

	if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
		return true;
	error = db_error(result);
	fail_in_database(upload, &error);
	return false;
}

static void
on_committed(void *arg, PGresult *result)
{
	Upload	   *upload = arg;

	if (result != NULL)
	{
		if (!succeeded(upload, result))
			return;
		upload->committing = false; /* done, rather */
		metrics_add(upload->preview ? METRIC_PREVIEWS : METRIC_UPLOADS, 1);
		if (upload->exchange != NULL)
			reply_json(upload->exchange, upload->status, upload->body.data, upload->body.len);
		upload->exchange = NULL;
	}
	else if (!upload->committing)
	{
		pg_pool_return(upload->ticket, true);
		release(upload);
	}
	/* else the connection is lost, which ticket_failed() hears */
}

static void
on_finished(void *arg, PGresult *result)
{
	static const PgStatement commit = {.sql = "COMMIT"};
	static const PgStatement rollback = {.sql = "ROLLBACK"};
	Upload	   *upload = arg;

	if (result == NULL || !succeeded(upload, result))
		return;
	upload->status = atoi(PQgetvalue(result, 0, 0));
	buf_append(&upload->body, PQgetvalue(result, 0, 1), (size_t) PQgetlength(result, 0, 1));
	upload->committing = true;
	pg_conn_send(upload->conn, upload->preview ? &rollback : &commit, on_committed, upload);
	expect_answer(upload);
}

static void
on_options_replaced(void *arg, PGresult *result)
{
	if (result != NULL)
		succeeded(arg, result);
}

static void
finish(Upload *upload)
{
	PgStatement statement = {
		.sql = "SELECT xlsx.upload_options($1, $2, $3)",
		.count = 3,
		.values = {upload->id, upload_form_profile(upload->form), upload_form_options(upload->form)},
	};

	if (upload_form_late(upload->form))
		pg_conn_send(upload->conn, &statement, on_options_replaced, upload);
	statement.sql = upload->preview ? "SELECT status, body FROM xlsx.rest_preview($1)" : "SELECT status, body FROM xlsx.upload_finish($1)";
	statement.count = 1;
	pg_conn_send(upload->conn, &statement, on_finished, upload);
	upload->finishing = true;
	expect_answer(upload);
}

static void advance(Upload *upload);

static void
on_chunk_taken(void *arg, PGresult *result)
{
	Upload	   *upload = arg;

	if (result == NULL || !succeeded(upload, result))
		return;
	upload->under_way--;
	if (upload->under_way == 0 && !upload->finishing)
		loop_timer_stop(&upload->deadline);
	else
		expect_answer(upload);
	advance(upload);
}

static void
send_chunk(Upload *upload, size_t len)
{
	char		number[16];
	PgStatement statement = {
		.sql = "SELECT xlsx.upload_chunk($1, $2, $3)",
		.count = 3,
		.values = {upload->id, number, upload->pending.data},
		.lengths = {0, 0, (int) len},
		.binary = {false, false, true},
	};

	snprintf(number, sizeof(number), "%d", upload->next_chunk++);
	pg_conn_send(upload->conn, &statement, on_chunk_taken, upload);
	upload->under_way++;
	buf_drop(&upload->pending, len);
	expect_answer(upload);
}

/* Does what can be done now: after bytes came, after the database answered, at the end of the body. */
static void
advance(Upload *upload)
{
	if (upload->id[0] != '\0')
	{
		while (upload->pending.len >= CHUNK && upload->under_way < CHUNKS_UNDER_WAY)
			send_chunk(upload, CHUNK);
		if (upload->complete && !upload->finishing && upload->pending.len < CHUNK)
		{
			if (upload->pending.len > 0)
				send_chunk(upload, upload->pending.len);
			finish(upload);
		}
	}
	if (upload->exchange == NULL)
		return;
	if (upload->pending.len >= CHUNK)
		http_pause(upload->exchange);
	else
		http_resume(upload->exchange);
}

static void
on_begun(void *arg, PGresult *result)
{
	Upload	   *upload = arg;

	if (result == NULL || !succeeded(upload, result))
		return;
	snprintf(upload->id, sizeof(upload->id), "%s", PQgetvalue(result, 0, 0));
	loop_timer_stop(&upload->deadline);
	advance(upload);
}

static void
on_transaction(void *arg, PGresult *result)
{
	if (result != NULL)
		succeeded(arg, result);
}

static void
begin(Upload *upload)
{
	static const PgStatement transaction = {.sql = "BEGIN"};
	const PgStatement statement = {
		.sql = "SELECT xlsx.upload_begin($1, $2, $3)",
		.count = 3,
		.values = {upload_form_profile(upload->form), upload_form_file_name(upload->form), upload_form_options(upload->form)},
	};

	pg_conn_send(upload->conn, &transaction, on_transaction, upload);
	if (upload->role != NULL)
		db_enter(upload->conn, upload->role, on_transaction, upload);
	pg_conn_send(upload->conn, &statement, on_begun, upload);
	expect_answer(upload);
}

static void
ticket_granted(void *arg, PgConn *conn)
{
	Upload	   *upload = arg;

	upload->conn = conn;
	begin(upload);
}

/* No connection, or none any more. */
static void
ticket_failed(void *arg)
{
	Upload	   *upload = arg;
	DbError		error = db_error(NULL);

	upload->ticket = NULL;
	upload->conn = NULL;
	fail_in_database(upload, &error);
}

static const PgTicketHandler ticket_handler = {ticket_granted, ticket_failed};

/*
 * Form
 */

static void
file_started(void *arg)
{
	Upload	   *upload = arg;

	upload->ticket = pg_pool_borrow(PG_LANE_UPLOAD, &ticket_handler, upload);
	if (upload->ticket == NULL)
		fail(upload, 503, "Too many requests wait for the database");
	else
		expect_answer(upload);
}

static void
file_data(void *arg, const char *data, size_t len)
{
	Upload	   *upload = arg;

	metrics_add(METRIC_UPLOAD_BYTES, len);
	upload->size += (int64_t) len;
	if (upload->size > config.max_upload_size)
	{
		fail(upload, 413, "The file is too large");
		return;
	}
	buf_append(&upload->pending, data, len);
}

static const UploadFormHandler form_handler = {file_started, file_data};

/*
 * Request
 */

static void
on_body(HttpExchange *exchange, const char *data, size_t len)
{
	Upload	   *upload = http_owner(exchange);
	UploadFormStatus status = upload_form_feed(upload->form, data, len);

	if (upload->exchange == NULL)
		return;					/* it failed meanwhile */
	if (status == FORM_WRONG)
		fail(upload, 400, upload_form_problem(upload->form));
	else
		advance(upload);
}

static void
on_body_end(HttpExchange *exchange)
{
	Upload	   *upload = http_owner(exchange);

	if (upload_form_feed(upload->form, "", 0) != FORM_DONE)
		fail(upload, 400, "The multipart body is not complete");
	else if (!upload_form_has_file(upload->form))
		fail(upload, 400, "No file: send one workbook in the field \"file\"");
	else
	{
		upload->complete = true;
		advance(upload);
	}
}

/* Once COMMIT is on its way, its outcome is the database's. */
static void
on_gone(HttpExchange *exchange)
{
	Upload	   *upload = http_owner(exchange);

	log_info("upload abandoned by its client, id=%s bytes=%lld", http_id(exchange), (long long) upload->size);
	upload->exchange = NULL;
	if (!upload->committing)
		roll_back(upload);
}

static const HttpHooks hooks = {.body = on_body,.body_end = on_body_end,.gone = on_gone};

/* Of a body that is the workbook itself, everything else is in the query. */
static UploadForm *
open_plain(HttpExchange *exchange, Upload *upload)
{
	char		value[MAX_QUERY_VALUE];
	UploadForm *form;

	if (!http_query(exchange, "fileName", value, sizeof(value)))
		value[0] = '\0';
	form = upload_form_plain(&form_handler, upload, value);
	for (int i = 0; upload_form_fields[i] != NULL; i++)
	{
		if (http_query(exchange, upload_form_fields[i], value, sizeof(value)))
			upload_form_set(form, upload_form_fields[i], value);
	}
	return form;
}

static bool
is_workbook(const char *type)
{
	static const char *const types[] = {
		"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
		"application/vnd.ms-excel.sheet.macroenabled.12",
		"application/octet-stream",
	};

	for (size_t i = 0; i < lengthof(types); i++)
	{
		size_t		len = strlen(types[i]);

		if (strncasecmp(type, types[i], len) == 0 && (type[len] == '\0' || type[len] == ';' || type[len] == ' '))
			return true;
	}
	return false;
}

static UploadForm *
open_form(HttpExchange *exchange, Upload *upload)
{
	char		type[512] = "";
	char		key[MAX_QUERY_VALUE];
	UploadForm *form;

	http_content_type(exchange, type, sizeof(type));
	if (is_workbook(type))
		form = open_plain(exchange, upload);
	else if (http_method(exchange) == HTTP_POST)
		form = upload_form_open(type, &form_handler, upload);
	else
		form = NULL;
	if (form != NULL && http_header(exchange, "idempotency-key:", key, sizeof(key)))
		upload_form_set(form, "idempotencyKey", key);
	return form;
}

static void
request(HttpExchange *exchange, bool preview)
{
	Upload	   *upload;
	UploadForm *form;

	if (http_content_length(exchange) > config.max_upload_size + FORM_OVERHEAD)
	{
		reply_error(exchange, 413, "The file is too large");
		return;
	}
	if (uploads >= config.max_uploads)
	{
		reply_error(exchange, 503, "Too many uploads at a time");
		return;
	}
	upload = mem_alloc(sizeof(*upload));
	form = open_form(exchange, upload);
	if (form == NULL)
	{
		free(upload);
		reply_error(exchange, 400, "Send the workbook as multipart/form-data, in the field \"file\", or as the body, with its content type");
		return;
	}
	upload->form = form;
	upload->exchange = exchange;
	upload->preview = preview;
	upload->role = http_role(exchange) == NULL ? NULL : mem_strdup(http_role(exchange));
	uploads++;
	http_own(exchange, &hooks, upload);
}

void
upload_request(HttpExchange *exchange)
{
	request(exchange, false);
}

void
upload_preview_request(HttpExchange *exchange)
{
	request(exchange, true);
}

int
upload_count(void)
{
	return uploads;
}
