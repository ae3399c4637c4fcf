/*
 * reply.c
 *	  The answers of the REST interface.
 */
#include "http/reply.h"

#include <string.h>

#include "base/buf.h"
#include "process/log.h"
#include "process/metrics.h"

#define RETRY_AFTER_S "5"

/* A limit of a role lets something in again when tasks have ended, or as time passes. */
#define RETRY_LIMITED_AFTER_S "60"

/* Text of the client is quoted, so that it cannot look like another pair. */
static void
log_request(const HttpExchange *exchange, int status)
{
	Buf			pairs = {0};
	const char *role = http_role(exchange);

	buf_puts(&pairs, "path=");
	buf_json(&pairs, http_path(exchange), strlen(http_path(exchange)));
	if (role != NULL)
	{
		buf_puts(&pairs, " role=");
		buf_json(&pairs, role, strlen(role));
	}
	log_info("request id=%s method=%s status=%d %s", http_id(exchange), http_method_name(exchange), status, pairs.data);
	buf_free(&pairs);
}

void
reply_note(const HttpExchange *exchange, int status)
{
	metrics_add(METRIC_REQUESTS, 1);
	if (status >= 500)
		metrics_add(METRIC_REQUESTS_FAILED, 1);
	else if (status >= 400)
		metrics_add(METRIC_REQUESTS_REFUSED, 1);
	if (log_wants(LOG_INFO))
		log_request(exchange, status);
}

void
reply_json(HttpExchange *exchange, int status, const char *body, size_t len)
{
	reply_note(exchange, status);
	if (status == 503 || status == 429)
		http_add_header(exchange, "Retry-After", status == 503 ? RETRY_AFTER_S : RETRY_LIMITED_AFTER_S);
	http_reply(exchange, status, "application/json; charset=utf-8", body, len);
}

static void
put_member(Buf *out, const char *name, const char *value)
{
	if (value == NULL)
		return;
	buf_printf(out, ",\"%s\":", name);
	buf_json(out, value, strlen(value));
}

/* Without the closing brace. */
static void
put_error(Buf *out, int status, const char *message)
{
	buf_puts(out, "{\"message\":");
	buf_json(out, message, strlen(message));
	put_member(out, "error", http_reason(status));
	buf_printf(out, ",\"statusCode\":%d", status);
}

static void
finish(HttpExchange *exchange, int status, Buf *body)
{
	buf_putc(body, '}');
	reply_json(exchange, status, body->data, body->len);
	buf_free(body);
}

void
reply_error(HttpExchange *exchange, int status, const char *message)
{
	reply_problem(exchange, status, message, NULL, NULL);
}

void
reply_problem(HttpExchange *exchange, int status, const char *message, const char *detail, const char *hint)
{
	Buf			body = {0};

	put_error(&body, status, message);
	put_member(&body, "detail", detail);
	put_member(&body, "hint", hint);
	finish(exchange, status, &body);
}

void
reply_refuse_upgrade(HttpExchange *exchange, int status, const char *message, const char *detail, const char *hint)
{
	Buf			body = {0};

	put_error(&body, status, message);
	put_member(&body, "detail", detail);
	put_member(&body, "hint", hint);
	buf_putc(&body, '}');
	reply_note(exchange, status);
	http_refuse_upgrade(exchange, status, "application/json; charset=utf-8", body.data);
	buf_free(&body);
}

/* The word for an outcome in the answer; a plain refusal has none. */
static const char *const outcomes[] = {[DB_REFUSED] = NULL,[DB_CANCELLED] = "cancelled",[DB_UNKNOWN] = "unknown"};

void
reply_db_error(HttpExchange *exchange, const DbError *error)
{
	int			status = db_error_status(error);
	bool		ours = status == 500;
	Buf			body = {0};

	if (ours)
		log_error("request id=%s failed in the database: %s, code=%s%s%s", http_id(exchange), error->message, error->code,
				  error->detail != NULL ? " detail=" : "", error->detail != NULL ? error->detail : "");
	put_error(&body, status, ours ? "Internal server error" : error->message);
	put_member(&body, "code", error->code);
	put_member(&body, "detail", ours ? NULL : error->detail);
	put_member(&body, "hint", ours ? NULL : error->hint);
	put_member(&body, "outcome", outcomes[error->outcome]);
	finish(exchange, status, &body);
}
