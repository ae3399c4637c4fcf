/*
 * tus_reply.c
 *	  The answers of tus: the state of an upload, as headers.
 */
#include "api/tus_reply.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "http/reply.h"

#define VERSION "1.0.0"

/* A string is copied unchanged: none of those that the database makes has escapes. */
static void
add_member(HttpExchange *exchange, const JsonValue *object, const char *member, const char *header)
{
	JsonValue	value;
	char		text[4096];
	bool		quoted;

	if (!json_get(object, member, &value) || value.type == JSON_NULL)
		return;
	quoted = value.type == JSON_STRING;
	snprintf(text, sizeof(text), "%.*s", (int) (value.len - 2 * quoted), value.text + quoted);
	http_add_header(exchange, header, text);
}

/* Relative to the path that was asked for: a proxy may have another one for it. */
static void
add_location(HttpExchange *exchange, const JsonValue *object)
{
	JsonValue	id;
	char		location[512];
	const char *last = strrchr(http_path(exchange), '/') + 1;

	if (!json_get(object, "id", &id))
		return;
	snprintf(location, sizeof(location), "%s%s%.*s", last, *last == '\0' ? "" : "/", (int) id.len - 2, id.text + 1);
	http_add_header(exchange, "Location", location);
}

void
tus_reply(HttpExchange *exchange, int status, const char *body, size_t len)
{
	JsonValue	object;

	http_add_header(exchange, "Tus-Resumable", VERSION);
	http_add_header(exchange, "Cache-Control", "no-store");
	if (json_parse(body, len, &object))
	{
		add_member(exchange, &object, "offset", "Upload-Offset");
		add_member(exchange, &object, "expires", "Upload-Expires");
		add_member(exchange, &object, "taskId", "Task-Id");
		if (status == 201)
			add_location(exchange, &object);
		if (status == 200)
		{
			add_member(exchange, &object, "length", "Upload-Length");
			add_member(exchange, &object, "metadata", "Upload-Metadata");
		}
	}
	reply_note(exchange, status);
	http_reply(exchange, status, NULL, NULL, 0);
}

void
tus_error_head(HttpExchange *exchange)
{
	http_add_header(exchange, "Tus-Resumable", VERSION);
}

void
tus_reply_error(HttpExchange *exchange, int status, const char *message)
{
	tus_error_head(exchange);
	reply_error(exchange, status, message);
}

void
tus_reply_problem(HttpExchange *exchange, int status, const char *message, const char *hint)
{
	tus_error_head(exchange);
	reply_problem(exchange, status, message, NULL, hint);
}

void
tus_reply_db_error(HttpExchange *exchange, const DbError *error)
{
	tus_error_head(exchange);
	reply_db_error(exchange, error);
}

bool
tus_version_is_ours(HttpExchange *exchange)
{
	char		version[16] = "";

	http_header(exchange, "tus-resumable:", version, sizeof(version));
	if (strcmp(version, VERSION) == 0)
		return true;
	http_add_header(exchange, "Tus-Version", VERSION);
	tus_reply_error(exchange, 412, "Tus-Resumable must be " VERSION);
	return false;
}
