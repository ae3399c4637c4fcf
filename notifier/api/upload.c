/*
 * upload.c
 *	  A workbook on its way from a body into the database.
 *
 *	  upload_begin, upload_chunk	when the first chunk is full, or the file has ended
 *	  upload_chunk ...				as they fill
 *	  upload_options				when fields came behind the file
 *	  upload_finish -> status, body, and then the answer
 *
 * Each line is a transaction of its own, on a connection that is borrowed for
 * it: nobody waits in the database for a client that sends slowly.  What was
 * committed of an upload that comes to nothing is removed by upload_remove; if
 * that fails, too, it expires as uploads of tus do.  A preview asks for
 * rest_preview instead of upload_finish, and is removed like that.
 */
#include "api/upload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/upload_form.h"
#include "api/upload_slot.h"
#include "base/buf.h"
#include "base/mem.h"
#include "db/db.h"
#include "http/reply.h"
#include "process/config.h"
#include "process/log.h"
#include "process/loop.h"
#include "process/metrics.h"

/* What a multipart body may hold besides the file. */
#define FORM_OVERHEAD (256 * 1024)

#define MAX_QUERY_VALUE 4096

typedef struct Upload
{
	HttpExchange *exchange;		/* NULL once it was answered, or the client is gone */
	char	   *role;			/* NULL: the sidecar's own */
	bool		preview;
	UploadForm *form;
	bool		asking;			/* the database */
	char		id[24];			/* of the upload in the database; "" until it is known */
	Buf			pending;		/* bytes of the file not sent yet */
	int			next_chunk;
	int64_t		size;
	bool		complete;		/* the whole body has come */
	int			fields;			/* of the form that the database knows of */
	bool		finishing;		/* its outcome is the database's */
	Timer		end;			/* released when the loop is back at its top */
} Upload;

static void advance(Upload *upload);

/*
 * End
 */

static void
release(Upload *upload)
{
	loop_timer_stop(&upload->end);
	upload_form_close(upload->form);
	buf_free(&upload->pending);
	free(upload->role);
	free(upload);
	upload_slot_give();
}

static void
end_due(Timer *timer)
{
	release(container_of(timer, Upload, end));
}

static void
on_removed(void *arg, const DbError *error, const DbRow *row)
{
	Upload	   *upload = arg;

	(void) row;
	/* no_data_found: it was gone already */
	if (error != NULL && strcmp(error->code, "P0002") != 0)
		log_warning("upload %s could not be removed and waits until it expires: %s", upload->id, error->message);
	release(upload);
}

static void
ask(Upload *upload, const DbRequest *request, DbDone done)
{
	DbRequest	asked = *request;

	asked.role = upload->role;
	asked.lane = PG_LANE_UPLOAD;
	upload->asking = true;
	db_run(&asked, done, upload);
}

/* Whoever is in the middle of it may still look at it. */
static void
discard(Upload *upload)
{
	const char *const arguments[] = {upload->id};
	const DbRequest removal = {.sql = "SELECT 1, xlsx.upload_remove($1)",.count = 1,.arguments = arguments};

	if (upload->asking)
		return;					/* and is called again when the answer comes */
	if (upload->id[0] != '\0')
		ask(upload, &removal, on_removed);
	else
		loop_timer_start(&upload->end, 0, end_due);
}

/* The client was answered or is gone; what the database has of the upload goes away. */
static void
give_up(Upload *upload)
{
	upload->exchange = NULL;
	upload_form_stop(upload->form);
	buf_free(&upload->pending);
	metrics_add(METRIC_UPLOADS_ABANDONED, 1);
	discard(upload);
}

static void
fail(Upload *upload, int status, const char *message)
{
	if (upload->exchange != NULL)
		reply_error(upload->exchange, status, message);
	give_up(upload);
}

static void
fail_form(Upload *upload)
{
	if (upload->exchange != NULL)
		reply_problem(upload->exchange, 400, upload_form_problem(upload->form), NULL, upload_form_hint(upload->form));
	give_up(upload);
}

/*
 * Database
 */

/* False when there is nothing more to do for it: the statement failed, or the client has gone meanwhile. */
static bool
went_well(Upload *upload, const DbError *error)
{
	upload->asking = false;
	if (upload->exchange == NULL && !upload->finishing)
		discard(upload);
	else if (error != NULL)
	{
		upload->finishing = false;
		if (upload->exchange != NULL)
			reply_db_error(upload->exchange, error);
		give_up(upload);
	}
	else
		return true;
	return false;
}

static void
on_begun(void *arg, const DbError *error, const DbRow *row)
{
	Upload	   *upload = arg;

	if (error == NULL)
		snprintf(upload->id, sizeof(upload->id), "%s", row->first);
	if (went_well(upload, error))
		advance(upload);
}

static void
on_taken(void *arg, const DbError *error, const DbRow *row)
{
	(void) row;
	if (went_well(arg, error))
		advance(arg);
}

static void
on_finished(void *arg, const DbError *error, const DbRow *row)
{
	Upload	   *upload = arg;

	if (!went_well(upload, error))
		return;
	metrics_add(upload->preview ? METRIC_PREVIEWS : METRIC_UPLOADS, 1);
	if (upload->exchange != NULL)
		reply_json(upload->exchange, atoi(row->first), row->second, row->second_len);
	upload->exchange = NULL;
	if (upload->preview)
		discard(upload);
	else
		release(upload);
}

/* The first len bytes of what is pending. */
static Buf
take_chunk(Upload *upload, size_t len)
{
	Buf			chunk = upload->pending;

	upload->pending = (Buf) {0};
	buf_append(&upload->pending, len < chunk.len ? chunk.data + len : "", chunk.len - len);
	chunk.len = len;
	return chunk;
}

static void
begin(Upload *upload, size_t len)
{
	const char *const arguments[] = {
		upload_form_profile(upload->form), upload_form_file_name(upload->form), upload_form_options(upload->form)
	};
	Buf			chunk = take_chunk(upload, len);
	const DbRequest request = {
		.sql = "SELECT u.id, xlsx.upload_chunk(u.id, 0, $4) FROM xlsx.upload_begin($1, $2, $3) AS u (id)",
		.count = 3,.arguments = arguments,.bytes = &chunk
	};

	upload->next_chunk = 1;
	upload->fields = upload_form_count(upload->form);
	ask(upload, &request, on_begun);
}

/* A chunk that a crash takes back is missed by the next one, or by upload_finish, so none of them waits for the disk. */
static void
send_chunk(Upload *upload, size_t len)
{
	char		number[16];
	const char *const arguments[] = {upload->id, number};
	Buf			chunk = take_chunk(upload, len);
	const DbRequest request = {
		.sql = "SELECT pg_catalog.set_config('synchronous_commit', 'off', true), xlsx.upload_chunk($1, $2, $3)",
		.count = 2,.arguments = arguments,.bytes = &chunk
	};

	snprintf(number, sizeof(number), "%d", upload->next_chunk++);
	ask(upload, &request, on_taken);
}

static void
send_options(Upload *upload)
{
	const char *const arguments[] = {upload->id, upload_form_profile(upload->form), upload_form_options(upload->form)};
	const DbRequest request = {.sql = "SELECT 1, xlsx.upload_options($1, $2, $3)",.count = 3,.arguments = arguments};

	upload->fields = upload_form_count(upload->form);
	ask(upload, &request, on_taken);
}

static void
finish(Upload *upload)
{
	const char *const arguments[] = {upload->id};
	const DbRequest request = {
		.sql = upload->preview ? "SELECT status, body FROM xlsx.rest_preview($1)" : "SELECT status, body FROM xlsx.upload_finish($1)",
		.count = 1,.arguments = arguments
	};

	upload->finishing = true;
	ask(upload, &request, on_finished);
}

static void
ask_next(Upload *upload)
{
	size_t		len = upload->pending.len < UPLOAD_CHUNK ? upload->pending.len : UPLOAD_CHUNK;

	if (len < UPLOAD_CHUNK && !upload->complete)
		return;
	if (upload->id[0] == '\0')
		begin(upload, len);
	else if (len > 0)
		send_chunk(upload, len);
	else if (upload->fields != upload_form_count(upload->form))
		send_options(upload);
	else if (!upload->finishing)
		finish(upload);
}

/* Does what can be done now: after bytes came, after the database answered, at the end of the body. */
static void
advance(Upload *upload)
{
	if (!upload->asking && upload_form_has_file(upload->form))
		ask_next(upload);
	if (upload->exchange == NULL)
		return;
	if (upload->asking && upload->pending.len >= UPLOAD_CHUNK)
		http_pause(upload->exchange);
	else
		http_resume(upload->exchange);
}

/*
 * Form
 */

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

static const UploadFormHandler form_handler = {file_data};

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
		fail_form(upload);
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

static void
on_gone(HttpExchange *exchange)
{
	Upload	   *upload = http_owner(exchange);

	log_info("upload abandoned by its client, id=%s bytes=%lld", http_id(exchange), (long long) upload->size);
	upload->exchange = NULL;
	if (!upload->finishing || upload->preview)
		give_up(upload);
}

static const HttpHooks hooks = {.body = on_body,.body_end = on_body_end,.gone = on_gone};

/* Of a body that is the workbook itself, everything else is in the query. */
static UploadForm *
open_plain(HttpExchange *exchange, Upload *upload)
{
	char		file_name[MAX_QUERY_VALUE] = "";
	const char *name;
	const char *value;
	int			names = 0;
	UploadForm *form;

	http_query(exchange, "fileName", file_name, sizeof(file_name));
	form = upload_form_plain(&form_handler, upload, file_name);
	for (int at = 0; http_query_next(exchange, &at, &name, &value);)
	{
		bool		is_name = strcmp(name, "fileName") == 0;

		names += is_name;
		if (names > 1)
			upload_form_refuse(form, "The parameter \"%s\" comes twice", "fileName");
		else if (!is_name)
			upload_form_set(form, name, value);
		if (upload_form_problem(form) != NULL)
			break;
	}
	return form;
}

/* What a form says is in the form. */
static UploadForm *
open_multipart(HttpExchange *exchange, Upload *upload, const char *type)
{
	UploadForm *form = upload_form_open(type, &form_handler, upload);
	const char *name;
	const char *value;
	int			at = 0;

	if (form != NULL && http_query_next(exchange, &at, &name, &value))
		upload_form_refuse(form, "The parameter \"%s\" belongs into the form, as a field", name);
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
		form = open_multipart(exchange, upload, type);
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
	upload = mem_alloc(sizeof(*upload));
	form = open_form(exchange, upload);
	if (form == NULL)
	{
		free(upload);
		reply_error(exchange, 400, "Send the workbook as multipart/form-data, in the field \"file\", or as the body, with its content type");
		return;
	}
	if (upload_form_problem(form) != NULL || !upload_slot_take())
	{
		if (upload_form_problem(form) != NULL)
			reply_problem(exchange, 400, upload_form_problem(form), NULL, upload_form_hint(form));
		else
			reply_error(exchange, 503, "Too many uploads at a time");
		upload_form_close(form);
		free(upload);
		return;
	}
	upload->form = form;
	upload->exchange = exchange;
	upload->preview = preview;
	upload->role = http_role(exchange) == NULL ? NULL : mem_strdup(http_role(exchange));
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
