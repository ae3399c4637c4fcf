/*
 * tus.c
 *	  Uploads that can be resumed: the requests except PATCH.
 */
#include "api/tus.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/known_name.h"
#include "api/tus_reply.h"
#include "api/upload_form.h"
#include "base/base64.h"
#include "base/mem.h"
#include "http/reply.h"
#include "process/config.h"

#define MAX_METADATA 3072

typedef struct Request
{
	HttpExchange *exchange;
	DbCall	   *call;
} Request;

/*
 * Requests that are one SQL function
 */

static void
on_answer(void *arg, const DbError *error, const DbRow *row)
{
	Request    *request = arg;

	if (error != NULL)
		tus_reply_db_error(request->exchange, error);
	else
		tus_reply(request->exchange, atoi(row->first), row->second, row->second_len);
	free(request);
}

static void
on_gone(HttpExchange *exchange)
{
	Request    *request = http_owner(exchange);

	db_cancel(request->call);
	free(request);
}

static const HttpHooks hooks = {.gone = on_gone};

static void
call(HttpExchange *exchange, bool writes, const char *sql, int count, const char *const *arguments)
{
	Request    *request = mem_alloc(sizeof(*request));
	const DbRequest wanted = {
		.who = http_who(exchange),.lane = PG_LANE_REQUEST,.writes = writes,.sql = sql,.count = count,.arguments = arguments
	};

	request->exchange = exchange;
	request->call = db_run(&wanted, on_answer, request);
	http_own(exchange, &hooks, request);
}

void
tus_state(HttpExchange *exchange, const char *id)
{
	if (tus_version_is_ours(exchange))
		call(exchange, false, "SELECT status, body FROM xlsx_rest.tus_state($1)", 1, &id);
}

void
tus_delete(HttpExchange *exchange, const char *id)
{
	if (tus_version_is_ours(exchange))
		call(exchange, true, "SELECT status, body FROM xlsx_rest.tus_delete($1)", 1, &id);
}

void
tus_options(HttpExchange *exchange, const char *id)
{
	char		size[32];

	(void) id;
	snprintf(size, sizeof(size), "%" PRId64, config.max_upload_size);
	http_add_header(exchange, "Tus-Resumable", "1.0.0");
	http_add_header(exchange, "Tus-Version", "1.0.0");
	http_add_header(exchange, "Tus-Extension", "creation,expiration,checksum,termination");
	http_add_header(exchange, "Tus-Checksum-Algorithm", "sha1,sha256,md5");
	http_add_header(exchange, "Tus-Max-Size", size);
	http_reply_options(exchange);
}

/*
 * Creation
 */

static bool
is_file_name(const char *key)
{
	return strcmp(key, "filename") == 0 || strcmp(key, "fileName") == 0 || strcmp(key, "name") == 0;
}

/* One "key base64" of Upload-Metadata, whose value is decoded into text; false if it is malformed. */
static bool
read_pair(char *pair, Buf *text)
{
	char	   *value = strchr(pair, ' ');

	buf_clear(text);
	if (value != NULL)
		*value++ = '\0';
	else
		value = pair + strlen(pair);
	if (!base64_decode(value, strlen(value), text))
		return false;
	buf_append(text, "", 0);
	return strlen(text->data) == text->len;
}

/* Keys that clients send and that are ignored. */
static const char *const about_the_file[] = {"filetype", "type", "contentType", "relativePath", "lastModified", NULL};

/*
 * NULL if the metadata is malformed; a field of it may be wrong
 * (upload_form_problem()). Goes over the pairs twice, because the file's name
 * must come first in a form.
 */
static UploadForm *
read_metadata(const char *metadata)
{
	Buf			value = {0};
	UploadForm *form = NULL;
	bool		good = true;

	for (int pass = 0; pass < 2 && good; pass++)
	{
		char	   *copy = mem_strdup(metadata);
		char	   *rest;

		for (char *pair = strtok_r(copy, ",", &rest); pair != NULL && good; pair = strtok_r(NULL, ",", &rest))
		{
			pair += strspn(pair, " ");
			good = read_pair(pair, &value);
			if (good && pass == 0 && form == NULL && is_file_name(pair))
				form = upload_form_plain(NULL, NULL, value.data);
			else if (good && pass == 1 && !is_file_name(pair) && known_name(about_the_file, pair) < 0)
				good = upload_form_set(form, pair, value.data);
		}
		free(copy);
		if (pass == 0 && form == NULL)
			form = upload_form_plain(NULL, NULL, "");
	}
	buf_free(&value);
	if (good || (form != NULL && upload_form_problem(form) != NULL))
		return form;
	upload_form_close(form);
	return NULL;
}

static bool
read_length(HttpExchange *exchange, int64_t *length)
{
	char		value[24];

	return http_header(exchange, "upload-length:", value, sizeof(value)) && http_number(value, length);
}

static void
create(HttpExchange *exchange, int64_t length, const char *metadata, UploadForm *form)
{
	char		size[24];
	const char *const arguments[] = {
		upload_form_profile(form), upload_form_file_name(form), upload_form_options(form), size,
		*metadata != '\0' ? metadata : NULL
	};

	snprintf(size, sizeof(size), "%" PRId64, length);
	call(exchange, true, "SELECT status, body FROM xlsx_rest.tus_create($1, $2, $3, $4, $5)", 5, arguments);
}

void
tus_create(HttpExchange *exchange, const char *id)
{
	char		metadata[MAX_METADATA + 1] = "";
	int64_t		length;
	UploadForm *form;

	(void) id;
	if (!tus_version_is_ours(exchange))
		return;
	http_header(exchange, "upload-metadata:", metadata, sizeof(metadata));
	form = strlen(metadata) < MAX_METADATA ? read_metadata(metadata) : NULL;
	if (!read_length(exchange, &length))
		tus_reply_error(exchange, 400, "Upload-Length must be a number of bytes; it cannot be told later");
	else if (length > config.max_upload_size)
		tus_reply_error(exchange, 413, "The file is too large");
	else if (length == 0)
		tus_reply_error(exchange, 400, "The file is empty");
	else if (http_content_length(exchange) > 0)
		tus_reply_error(exchange, 400, "Send the file by PATCH, once the upload is made");
	else if (form == NULL)
		tus_reply_error(exchange, 400, "Upload-Metadata is malformed or too long");
	else if (upload_form_problem(form) != NULL)
		tus_reply_problem(exchange, 400, upload_form_problem(form), upload_form_hint(form));
	else
		create(exchange, length, metadata, form);
	upload_form_close(form);
}
