/*
 * upload.c
 *	  Uploads a workbook from a body into the database.
 *
 *	  upload_begin, upload_chunk	when the first chunk is full, or the file has ended
 *	  upload_chunk ...				as they fill
 *	  upload_options				when fields came behind the file
 *	  upload_finish -> status, body, and then the answer
 *
 * Each line is a transaction of its own (chunk_pipe.h).  If an upload fails,
 * upload_remove removes what was committed of it; if that fails too, the
 * upload expires as uploads of tus do. A preview calls rest_preview instead of
 * upload_finish, and is then removed in the same way.
 */
#include "api/known_name.h"
#include "api/upload.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/chunk_pipe.h"
#include "api/upload_form.h"
#include "base/mem.h"
#include "http/reply.h"
#include "process/config.h"
#include "process/log.h"
#include "process/metrics.h"

/* Most bytes of a multipart body besides the file. */
#define FORM_OVERHEAD (256 * 1024)

#define MAX_QUERY_VALUE 4096

typedef struct Upload
{
	ChunkPipe	pipe;
	bool		preview;
	UploadForm *form;
	char		id[24];			/* id of the upload in the database while this module must remove it; "" otherwise */
	int			fields;			/* fields of the form that the database has */
	bool		finishing;		/* the database decides its outcome */
} Upload;

static Upload *
upload_of(ChunkPipe *pipe)
{
	return container_of(pipe, Upload, pipe);
}

/*
 * End
 */

static void
release(ChunkPipe *pipe)
{
	Upload	   *upload = upload_of(pipe);

	upload_form_close(upload->form);
	free(upload);
}

static void
on_removed(ChunkPipe *pipe, const DbError *error, const DbRow *row)
{
	(void) row;
	/* no_data_found: it was removed before */
	if (error != NULL && strcmp(error->code, "P0002") != 0)
		log_warning("upload %s could not be removed and waits until it expires: %s", upload_of(pipe)->id, error->message);
}

static void
clean(ChunkPipe *pipe)
{
	const char *const arguments[] = {upload_of(pipe)->id};
	const DbRequest removal = {.sql = "SELECT 1, xlsx_rest.upload_remove($1)",.count = 1,.arguments = arguments};

	if (upload_of(pipe)->id[0] != '\0')
		chunk_pipe_ask(pipe, &removal, on_removed);
}

static void
failed(ChunkPipe *pipe)
{
	upload_form_stop(upload_of(pipe)->form);
	metrics_add(METRIC_UPLOADS_ABANDONED, 1);
}

static void
fail_form(Upload *upload)
{
	if (upload->pipe.exchange != NULL)
		reply_problem(upload->pipe.exchange, 400, upload_form_problem(upload->form), NULL, upload_form_hint(upload->form));
	chunk_pipe_give_up(&upload->pipe);
}

/*
 * Database
 */

static void
on_begun(ChunkPipe *pipe, const DbError *error, const DbRow *row)
{
	(void) error;
	snprintf(upload_of(pipe)->id, sizeof(upload_of(pipe)->id), "%s", row->first);
}

static void
on_taken(ChunkPipe *pipe, const DbError *error, const DbRow *row)
{
	(void) pipe;
	(void) error;
	(void) row;
}

/* An upload that became a task is not removed; a preview is. */
static void
on_finished(ChunkPipe *pipe, const DbError *error, const DbRow *row)
{
	Upload	   *upload = upload_of(pipe);

	(void) error;
	if (!upload->preview)
		upload->id[0] = '\0';
	if (pipe->ended)
		return;
	metrics_add(upload->preview ? METRIC_PREVIEWS : METRIC_UPLOADS, 1);
	if (pipe->exchange != NULL)
		reply_json(pipe->exchange, atoi(row->first), row->second, row->second_len);
	chunk_pipe_end(pipe);
}

static void
begin(Upload *upload, Buf *chunk)
{
	const char *const arguments[] = {
		upload_form_profile(upload->form), upload_form_file_name(upload->form), upload_form_options(upload->form)
	};
	const DbRequest request = {
		.sql = "SELECT u.id, xlsx_rest.upload_chunk(u.id, 0, $4) FROM xlsx_rest.upload_begin($1, $2, $3) AS u (id)",
		.count = 3,.arguments = arguments,.bytes = chunk
	};

	upload->fields = upload_form_count(upload->form);
	chunk_pipe_ask(&upload->pipe, &request, on_begun);
}

/* Chunks are committed without waiting for the disk. If a crash takes a chunk back, the next chunk or upload_finish misses it. */
static void
send_chunk(ChunkPipe *pipe, int64_t offset, Buf *chunk)
{
	Upload	   *upload = upload_of(pipe);
	char		number[24];
	const char *const arguments[] = {upload->id, number};
	const DbRequest request = {
		.sql = "SELECT pg_catalog.set_config('synchronous_commit', 'off', true), xlsx_rest.upload_chunk($1, $2, $3)",
		.count = 2,.arguments = arguments,.bytes = chunk
	};

	snprintf(number, sizeof(number), "%" PRId64, offset / UPLOAD_CHUNK);
	if (offset == 0)
		begin(upload, chunk);
	else
		chunk_pipe_ask(pipe, &request, on_taken);
}

static void
send_options(Upload *upload)
{
	const char *const arguments[] = {upload->id, upload_form_profile(upload->form), upload_form_options(upload->form)};
	const DbRequest request = {.sql = "SELECT 1, xlsx_rest.upload_options($1, $2, $3)",.count = 3,.arguments = arguments};

	upload->fields = upload_form_count(upload->form);
	chunk_pipe_ask(&upload->pipe, &request, on_taken);
}

static void
finish(Upload *upload)
{
	const char *const arguments[] = {upload->id};
	const DbRequest request = {
		.sql = upload->preview ? "SELECT status, body FROM xlsx_rest.rest_preview($1)" : "SELECT status, body FROM xlsx_rest.upload_finish($1)",
		.count = 1,.arguments = arguments
	};

	upload->finishing = true;
	chunk_pipe_ask(&upload->pipe, &request, on_finished);
}

/* An empty file has no chunk, but it has an upload. */
static void
send_last(ChunkPipe *pipe)
{
	Upload	   *upload = upload_of(pipe);
	Buf			nothing = {0};

	if (upload->id[0] == '\0')
		begin(upload, &nothing);
	else if (upload->fields != upload_form_count(upload->form))
		send_options(upload);
	else
		finish(upload);
}

static const ChunkPipeHooks pipe_hooks = {.chunk = send_chunk,.last = send_last,.failed = failed,.clean = clean,.release = release};

/*
 * Form
 */

static void
file_data(void *arg, const char *data, size_t len)
{
	Upload	   *upload = arg;

	metrics_add(METRIC_UPLOAD_BYTES, len);
	if (chunk_pipe_size(&upload->pipe) + (int64_t) len > config.max_upload_size)
		chunk_pipe_fail(&upload->pipe, 413, "The file is too large");
	else
		chunk_pipe_put(&upload->pipe, data, len);
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

	if (upload->pipe.ended)
		return;					/* it failed meanwhile */
	if (status == FORM_WRONG)
		fail_form(upload);
	else
		chunk_pipe_advance(&upload->pipe);
}

static void
on_body_end(HttpExchange *exchange)
{
	Upload	   *upload = http_owner(exchange);

	if (upload_form_feed(upload->form, "", 0) != FORM_DONE)
		chunk_pipe_fail(&upload->pipe, 400, "The multipart body is not complete");
	else if (!upload_form_has_file(upload->form))
		chunk_pipe_fail(&upload->pipe, 400, "No file: send one workbook in the field \"file\"");
	else
	{
		chunk_pipe_complete(&upload->pipe);
		chunk_pipe_advance(&upload->pipe);
	}
}

static void
on_gone(HttpExchange *exchange)
{
	Upload	   *upload = http_owner(exchange);

	log_info("upload abandoned by its client, id=%s bytes=%lld", http_id(exchange), (long long) chunk_pipe_size(&upload->pipe));
	upload->pipe.exchange = NULL;
	if (!upload->finishing || upload->preview)
		chunk_pipe_give_up(&upload->pipe);
}

static const HttpHooks hooks = {.body = on_body,.body_end = on_body_end,.gone = on_gone};

/* If the body is the workbook itself, all fields are in the query. */
static UploadForm *
open_plain(HttpExchange *exchange, Upload *upload)
{
	const char *file_name = "";
	const char *name;
	const char *value;
	int			names = 0;
	UploadForm *form;

	for (int at = 0; http_query_next(exchange, &at, &name, &value);)
	{
		if (known_field_is("fileName", name))
		{
			file_name = value;		/* good until the next one is asked for */
			break;
		}
	}
	form = upload_form_plain(&form_handler, upload, file_name);
	for (int at = 0; http_query_next(exchange, &at, &name, &value);)
	{
		bool		is_name = known_field_is("fileName", name);

		if (known_name(known_everywhere, name) >= 0)
			continue;
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

/* If the body is a form, all fields are in the form. */
static UploadForm *
open_multipart(HttpExchange *exchange, Upload *upload, const char *type)
{
	UploadForm *form = upload_form_open(type, &form_handler, upload);
	const char *name;
	const char *value;
	int			at = 0;

	while (form != NULL && upload_form_problem(form) == NULL && http_query_next(exchange, &at, &name, &value))
	{
		if (known_name(known_everywhere, name) < 0)
			upload_form_refuse(form, "The parameter \"%s\" belongs into the form, as a field", name);
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
	if (upload_form_problem(form) != NULL || !chunk_pipe_is_free())
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
	upload->preview = preview;
	chunk_pipe_open(&upload->pipe, &pipe_hooks, exchange, 0);
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
