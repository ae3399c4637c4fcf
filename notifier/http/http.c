/*
 * http.c
 *	  Connections over libwebsockets: one request after another, each with its answer.
 *
 * The library parses heads, delivers bodies and writes bytes.  The head of an
 * answer is written here, in one piece with its body.
 */
#include "http/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "http/acceptor.h"
#include "http/exchange.h"
#include "http/head_size.h"
#include "http/hangup.h"
#include "process/config.h"
#include "process/log.h"
#include "process/loop.h"

/* From accept to the end of the first request head; from an answer to the end of the next head. */
#define FIRST_REQUEST_MS 10000
#define NEXT_REQUEST_MS 75000

/*
 * Each BODY_WINDOW bytes of a body must come within BODY_TIMEOUTS times
 * request-timeout, so that a trickling body ends. libwebsockets limits the
 * time between two pieces.
 */
#define BODY_WINDOW (256 * 1024)
#define BODY_TIMEOUTS 10

/* A client that reads nothing of its answer for this long is cut off. */
#define STALLED_ANSWER_MS 60000

/* How long the rest of an unwanted body is discarded, so that its sender can read the answer. */
#define LINGER_MS 5000

#define JSON_TYPE "application/json; charset=utf-8"

static unsigned requests;
static int	connections;
static int	busy;
static int	upgraded;
static void (*on_idle) (void);

/*
 * Life of a connection
 */

static void
kill_connection(HttpExchange *exchange)
{
	loop_kill(exchange->wsi);
}

static void
timed_out(Timer *timer)
{
	HttpExchange *exchange = container_of(timer, HttpExchange, timer);

	log_debug("connection timed out, id=%u state=%d", exchange->id, (int) exchange->state);
	kill_connection(exchange);
}

static void
enter(HttpExchange *exchange, ExchangeState state)
{
	bool		was_busy = exchange->state >= EXCHANGE_OPEN && exchange->state <= EXCHANGE_STREAMING;
	bool		is_busy = state >= EXCHANGE_OPEN && state <= EXCHANGE_STREAMING;

	busy += is_busy - was_busy;
	upgraded += (state == EXCHANGE_UPGRADED) - (exchange->state == EXCHANGE_UPGRADED);
	exchange->state = state;
	if (on_idle != NULL && busy == 0 && upgraded == 0)
		on_idle();
}

void
exchange_open(struct lws *wsi)
{
	HttpExchange *exchange = mem_alloc(sizeof(*exchange));

	exchange->wsi = wsi;
	exchange->reading = true;
	acceptor_update(++connections);
	lws_set_opaque_user_data(wsi, exchange);
	loop_timer_start(&exchange->timer, FIRST_REQUEST_MS, timed_out);
}

static void
forget_request(HttpExchange *exchange)
{
	if (exchange->watched)
		hangup_forget(lws_get_socket_fd(exchange->wsi));
	exchange->watched = false;
	exchange->hooks = NULL;
	exchange->owner = NULL;
	exchange->has_body = exchange->body_ended = exchange->paused = false;
	exchange->chunked = exchange->stream_ended = false;
	exchange->window = 0;
	free(exchange->path);
	exchange->path = NULL;
	free(exchange->allow_origin);
	exchange->allow_origin = NULL;
	free(exchange->request_id);
	exchange->request_id = NULL;
	http_forget_user(exchange);
	buf_free(&exchange->headers);
	buf_free(&exchange->out);
}

static void
tell_owner(HttpExchange *exchange)
{
	const HttpHooks *hooks = exchange->hooks;

	if (exchange->state != EXCHANGE_OPEN && exchange->state != EXCHANGE_STREAMING)
		return;
	enter(exchange, EXCHANGE_CLOSING);
	if (hooks != NULL && hooks->gone != NULL)
		hooks->gone(exchange);
}

void
exchange_close(HttpExchange *exchange)
{
	tell_owner(exchange);
	enter(exchange, EXCHANGE_CLOSING);
	loop_timer_stop(&exchange->timer);
	forget_request(exchange);
	acceptor_update(--connections);
	free(exchange);
}

/* Called by hangup.h. */
static void
peer_gone(void *arg)
{
	HttpExchange *exchange = arg;

	tell_owner(exchange);
	kill_connection(exchange);
}

/*
 * Reading and writing
 */

/*
 * A connection is read between requests and while a body is wanted. At any
 * other time the library would poll for input without taking it. While a
 * connection is not read, the library does not report room to write either, so
 * a wish to write enables reading.
 */
static void
update_flow(HttpExchange *exchange)
{
	bool		reading = exchange->want_write || (exchange->has_body && !exchange->body_ended && !exchange->paused);

	if (exchange->state == EXCHANGE_IDLE || exchange->state == EXCHANGE_LINGERING)
		reading = true;
	if (reading != exchange->reading)
	{
		exchange->reading = reading;
		lws_rx_flow_control(exchange->wsi, reading);
	}
}

static void
want_write(HttpExchange *exchange)
{
	exchange->want_write = true;
	update_flow(exchange);
	lws_callback_on_writable(exchange->wsi);
}

static int
write_out(HttpExchange *exchange)
{
	int			written = lws_write(exchange->wsi, (unsigned char *) exchange->out.data, exchange->out.len, LWS_WRITE_HTTP);

	buf_free(&exchange->out);
	return written < 0 ? -1 : 0;
}

/* The answer is written, at least to the library: go on to the next request, or close. */
static int
finish(HttpExchange *exchange)
{
	if (exchange->has_body && !exchange->body_ended)
	{
		enter(exchange, EXCHANGE_LINGERING);
		update_flow(exchange);
		loop_timer_start(&exchange->timer, LINGER_MS, timed_out);
		return 0;
	}
	if (exchange->must_close)
	{
		if (!lws_partial_buffered(exchange->wsi))
			return -1;
		enter(exchange, EXCHANGE_CLOSING);
		loop_timer_start(&exchange->timer, STALLED_ANSWER_MS, timed_out);
		want_write(exchange);
		return 0;
	}
	forget_request(exchange);
	enter(exchange, EXCHANGE_IDLE);
	update_flow(exchange);
	loop_timer_start(&exchange->timer, NEXT_REQUEST_MS, timed_out);
	return lws_http_transaction_completed(exchange->wsi) ? -1 : 0;
}

static int
stream_on(HttpExchange *exchange)
{
	loop_timer_start(&exchange->timer, STALLED_ANSWER_MS, timed_out);
	if (exchange->out.len > 0)
	{
		if (write_out(exchange) < 0)
			return -1;
		want_write(exchange);
		return 0;
	}
	if (exchange->stream_ended)
		return finish(exchange);
	loop_timer_stop(&exchange->timer);	/* if anything is slow, it is the owner, not the client */
	exchange->hooks->writable(exchange);
	return 0;
}

int
exchange_writable(HttpExchange *exchange)
{
	int			result = 0;

	exchange->want_write = false;
	switch (exchange->state)
	{
		case EXCHANGE_READY:
			result = write_out(exchange) < 0 ? -1 : finish(exchange);
			break;
		case EXCHANGE_STREAMING:
			result = stream_on(exchange);
			break;
		case EXCHANGE_CLOSING:
			return -1;
		default:
			break;
	}
	if (result == 0)
		update_flow(exchange);
	return result;
}

/*
 * The request
 */

static void
put_refusal(Buf *body, int status, const char *message)
{
	buf_printf(body, "{\"message\":\"%s\",\"error\":\"%s\",\"statusCode\":%d}", message, http_reason(status), status);
}

/* Answers a request that reaches no handler. */
static void
refuse(HttpExchange *exchange, int status, const char *message)
{
	Buf			body = {0};

	put_refusal(&body, status, message);
	exchange->must_close = true;
	http_reply(exchange, status, JSON_TYPE, body.data, body.len);
	buf_free(&body);
}

/* curl waits for 100 Continue, or for a second, before it sends a body. */
static void
ask_for_body(HttpExchange *exchange)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	char		line[LWS_PRE + sizeof(go_on)];
	char		expect[32];

	if (!exchange->has_body || !http_header(exchange, "expect:", expect, sizeof(expect)) || strcasecmp(expect, "100-continue") != 0)
		return;
	memcpy(line + LWS_PRE, go_on, sizeof(go_on));
	lws_write(exchange->wsi, (unsigned char *) line + LWS_PRE, sizeof(go_on) - 1, LWS_WRITE_HTTP);
}

static void
start_body_clock(HttpExchange *exchange)
{
	exchange->window = 0;
	loop_timer_start(&exchange->timer, BODY_TIMEOUTS * config.request_timeout, timed_out);
}

static void
begin(HttpExchange *exchange, const char *path)
{
	loop_timer_stop(&exchange->timer);
	forget_request(exchange);
	exchange->id = ++requests;
	exchange_read_head(exchange, path);
}

int
exchange_request(HttpExchange *exchange, const char *path, size_t len, HttpHandler handler)
{
	begin(exchange, path);
	enter(exchange, EXCHANGE_OPEN);
	if (exchange->problem == NULL && lws_hdr_total_length(exchange->wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0)
		refuse(exchange, 411, "A body needs a Content-Length");
	else if (exchange->problem != NULL)
		refuse(exchange, exchange->problem_status, exchange->problem);
	else if (strlen(path) != len)
		refuse(exchange, 400, "The path holds a NUL character");
	else
		handler(exchange);

	if (exchange->has_body)
	{
		if (exchange->state == EXCHANGE_OPEN)
		{
			ask_for_body(exchange);
			start_body_clock(exchange);
		}
		return 0;
	}
	lws_set_timeout(exchange->wsi, NO_PENDING_TIMEOUT, 0);
	exchange->body_ended = true;
	if (exchange->state == EXCHANGE_OPEN && exchange->hooks != NULL && exchange->hooks->body_end != NULL)
		exchange->hooks->body_end(exchange);
	update_flow(exchange);
	if (!exchange->must_close)
		lws_http_headers_detach(exchange->wsi); /* 16 kB that a waiting request does not need */
	return 0;
}

bool
exchange_upgrade(HttpExchange *exchange, const char *path)
{
	Buf			body = {0};

	begin(exchange, path);
	enter(exchange, EXCHANGE_UPGRADED);
	if (exchange->problem == NULL)
		return true;
	put_refusal(&body, exchange->problem_status, exchange->problem);
	http_refuse_upgrade(exchange, exchange->problem_status, JSON_TYPE, body.data);
	buf_free(&body);
	return false;
}

int
exchange_body(HttpExchange *exchange, const char *data, size_t len)
{
	if (exchange->state != EXCHANGE_OPEN)
		return 0;
	exchange->window += (int64_t) len;
	if (exchange->window >= BODY_WINDOW && !exchange->paused)
		start_body_clock(exchange);
	if (len > 0 && exchange->hooks != NULL && exchange->hooks->body != NULL)
		exchange->hooks->body(exchange, data, len);
	return 0;
}

/* The library may call more than once if input follows the body. */
int
exchange_body_end(HttpExchange *exchange)
{
	if (exchange->body_ended)
		return 0;
	exchange->body_ended = true;
	exchange->read_before = head_size_read(lws_get_socket_fd(exchange->wsi));
	if (exchange->state == EXCHANGE_LINGERING)
		return -1;
	if (exchange->state == EXCHANGE_OPEN && !exchange->paused)
		loop_timer_stop(&exchange->timer);
	if (exchange->state == EXCHANGE_OPEN && exchange->hooks != NULL && exchange->hooks->body_end != NULL)
		exchange->hooks->body_end(exchange);
	update_flow(exchange);
	return 0;
}

/*
 * Between request and answer
 */

void
http_own(HttpExchange *exchange, const HttpHooks *hooks, void *owner)
{
	exchange->hooks = hooks;
	exchange->owner = owner;
}

void *
http_owner(const HttpExchange *exchange)
{
	return exchange->owner;
}

/* The library sets its timeout between two pieces of a body after each piece, so remove it later. */
static void
clear_body_timeout(Timer *timer)
{
	HttpExchange *exchange = container_of(timer, HttpExchange, timer);

	if (exchange->paused)
		lws_set_timeout(exchange->wsi, NO_PENDING_TIMEOUT, 0);
}

void
http_pause(HttpExchange *exchange)
{
	if (exchange->paused)
		return;
	exchange->paused = true;
	update_flow(exchange);
	loop_timer_start(&exchange->timer, 0, clear_body_timeout);
}

void
http_resume(HttpExchange *exchange)
{
	if (!exchange->paused)
		return;
	exchange->paused = false;
	loop_timer_stop(&exchange->timer);
	if (!exchange->body_ended && exchange->state == EXCHANGE_OPEN)
		start_body_clock(exchange);
	if (!exchange->body_ended)
		loop_limit(exchange->wsi, PENDING_TIMEOUT_HTTP_CONTENT, (int) ((config.request_timeout + 999) / 1000));
	update_flow(exchange);
}

void
http_watch_hangup(HttpExchange *exchange)
{
	hangup_watch(lws_get_socket_fd(exchange->wsi), exchange);
	exchange->watched = true;
}

/*
 * The answer
 */

static void
leave_owner(HttpExchange *exchange)
{
	if (exchange->watched)
		hangup_forget(lws_get_socket_fd(exchange->wsi));
	exchange->watched = false;
	exchange->hooks = NULL;
	exchange->owner = NULL;
}

void
http_reply(HttpExchange *exchange, int status, const char *type, const char *body, size_t len)
{
	leave_owner(exchange);
	if (exchange->has_body && !exchange->body_ended)
		exchange->must_close = true;
	exchange_put_head(exchange, status, type);
	if (status != 204 && status != 304)
		buf_printf(&exchange->out, "Content-Length: %zu\r\n", len);
	buf_puts(&exchange->out, "\r\n");
	if (exchange->method != HTTP_HEAD)
		buf_append(&exchange->out, body, len);
	enter(exchange, EXCHANGE_READY);
	http_resume(exchange);
	want_write(exchange);
}

void
http_reply_options(HttpExchange *exchange)
{
	char		headers[1024];

	if (exchange->allow_origin != NULL)
	{
		http_add_header(exchange, "Access-Control-Allow-Methods", "GET,HEAD,POST,PUT,PATCH,DELETE");
		if (http_header(exchange, "access-control-request-headers:", headers, sizeof(headers)))
		{
			http_add_header(exchange, "Access-Control-Allow-Headers", headers);
			http_add_header(exchange, "Vary", "Access-Control-Request-Headers");
		}
	}
	http_reply(exchange, 204, NULL, NULL, 0);
}

void
http_stream_start(HttpExchange *exchange, int status, const char *type)
{
	if (!exchange->chunked)
		exchange->must_close = true;
	exchange_put_head(exchange, status, type);
	if (exchange->chunked)
		buf_puts(&exchange->out, "Transfer-Encoding: chunked\r\n");
	buf_puts(&exchange->out, "\r\n");
	enter(exchange, EXCHANGE_STREAMING);
	want_write(exchange);
}

void
http_stream_write(HttpExchange *exchange, const char *data, size_t len)
{
	if (len == 0 || exchange->method == HTTP_HEAD)
		return;
	if (exchange->chunked)
		buf_printf(&exchange->out, "%zx\r\n", len);
	buf_append(&exchange->out, data, len);
	if (exchange->chunked)
		buf_puts(&exchange->out, "\r\n");
	want_write(exchange);
}

size_t
http_stream_pending(const HttpExchange *exchange)
{
	return exchange->out.len;
}

void
http_stream_end(HttpExchange *exchange)
{
	leave_owner(exchange);
	if (exchange->chunked && exchange->method != HTTP_HEAD)
		buf_puts(&exchange->out, "0\r\n\r\n");
	exchange->stream_ended = true;
	want_write(exchange);
}

void
http_abort(HttpExchange *exchange)
{
	leave_owner(exchange);
	enter(exchange, EXCHANGE_CLOSING);
	kill_connection(exchange);
}

void
http_refuse_upgrade(HttpExchange *exchange, int status, const char *type, const char *body)
{
	exchange->must_close = true;
	exchange_put_head(exchange, status, type);
	buf_printf(&exchange->out, "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
	write_out(exchange);
}

int
http_connections(void)
{
	return connections;
}

void
http_when_idle(void (*idle) (void))
{
	on_idle = idle;
	if (busy == 0 && upgraded == 0)
		idle();
}

bool
http_prepare(void)
{
	return hangup_open(peer_gone);
}
