/*
 * polling.c
 *	  The polling transport: a GET waits for packets, a POST brings packets.
 *
 * There is one of each at a time; a second one ends the session.
 */
#include "engineio/session.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "process/config.h"
#include "process/loop.h"

/* If a session ends while no GET waits, the next GET gets the close packet, if it comes in this time. */
#define GOODBYE_MS 30000

#define TEXT_TYPE "text/plain; charset=UTF-8"

/*
 * Answers
 */

static void
answer(HttpExchange *exchange, int status, const char *type, const char *body, size_t len)
{
	http_add_header(exchange, "Cache-Control", "no-store");
	http_reply(exchange, status, type, body, len);
}

static void
answer_poll(EioSession *session, const char *body, size_t len)
{
	HttpExchange *poll = session->poll;

	session->poll = NULL;
	answer(poll, 200, TEXT_TYPE, body, len);
}

static void
answer_empty(HttpExchange *exchange, int status)
{
	answer(exchange, status, NULL, NULL, 0);
}

static void
put_packet(Buf *payload, const char *packet, size_t len)
{
	if (payload->len > 0)
		buf_putc(payload, EIO_SEPARATOR);
	buf_append(payload, packet, len);
}

static void
put_queue(Buf *payload, FrameQueue *queue)
{
	Frame	   *frame;

	buf_reserve(payload, queue->bytes + queue->count);
	while ((frame = frame_queue_take(queue)) != NULL)
	{
		put_packet(payload, frame->data, frame->len);
		frame_release(frame);
	}
}

static void
flush(EioSession *session)
{
	Buf			payload = {0};

	put_queue(&payload, &session->queue);
	answer_poll(session, payload.data, payload.len);
	buf_free(&payload);
}

/* Packets that were queued in one turn of the loop are sent together. */
static void
flush_due(Timer *timer)
{
	EioSession *session = container_of(timer, EioSession, flush);

	if (session->poll != NULL && session->queue.count > 0)
		flush(session);
}

static void
polling_wake(EioSession *session)
{
	if (session->poll != NULL && session->flush.slot == 0)
		loop_timer_start(&session->flush, 0, flush_due);
}

void
eio_polling_noop(EioSession *session)
{
	static const char noop[] = {EIO_NOOP};

	if (session->poll != NULL)
		answer_poll(session, noop, sizeof(noop));
}

/*
 * End
 */

/* Like the official server, sends a noop before the close if the GET comes after the end. */
static void
say_goodbye(EioSession *session, bool late)
{
	static const char noop[] = {EIO_NOOP};
	static const char close_packet[] = {EIO_CLOSE};
	Buf			payload = {0};

	if (late)
		put_packet(&payload, noop, sizeof(noop));
	put_queue(&payload, &session->queue);
	put_packet(&payload, close_packet, sizeof(close_packet));
	answer_poll(session, payload.data, payload.len);
	buf_free(&payload);
}

static void
given_up(Timer *timer)
{
	eio_session_drop(container_of(timer, EioSession, flush), "closed by the server");
}

static void
polling_end(EioSession *session)
{
	if (session->poll != NULL)
		eio_session_drop(session, "closed by the server");
	else
		loop_timer_start(&session->flush, GOODBYE_MS, given_up);
}

static void
polling_drop(EioSession *session)
{
	loop_timer_stop(&session->flush);
	if (session->poll != NULL)
		say_goodbye(session, false);
	if (session->post != NULL)
	{
		HttpExchange *post = session->post;

		session->post = NULL;
		answer_empty(post, 400);
	}
}

const EioTransport eio_polling = {"polling", polling_wake, polling_end, polling_drop};

/*
 * GET
 */

static void
poll_gone(HttpExchange *exchange)
{
	EioSession *session = http_owner(exchange);

	session->poll = NULL;
	eio_session_drop(session, "poll connection closed prematurely");
}

static const HttpHooks poll_hooks = {.gone = poll_gone};

static void
on_get(EioSession *session, HttpExchange *exchange)
{
	if (session->poll != NULL)
	{
		eio_session_drop(session, "overlapping polls");
		answer_empty(exchange, 400);
		return;
	}
	session->poll = exchange;
	if (session->queue.count > 0)
		flush(session);
	else if (session->state == EIO_STATE_CLOSING)
	{
		say_goodbye(session, true);
		eio_session_drop(session, "closed by the server");
	}
	else if (session->probed)
		eio_polling_noop(session);
	else
	{
		http_own(exchange, &poll_hooks, session);
		http_watch_hangup(exchange);
	}
}

/*
 * POST
 */

static void
post_gone(HttpExchange *exchange)
{
	EioSession *session = http_owner(exchange);

	session->post = NULL;
	eio_session_drop(session, "data request closed prematurely");
}

/* content_length was checked, and no more bytes come. */
static void
post_body(HttpExchange *exchange, const char *data, size_t len)
{
	EioSession *session = http_owner(exchange);

	buf_append(&session->body, data, len);
}

/*
 * False if the payload is malformed, which has ended the session. Effects of
 * its messages, even the end of the session, do not make the payload
 * malformed.
 */
static bool
receive_payload(EioSession *session, const Buf *body)
{
	EioPayload	payload = eio_payload(body->data, body->len);
	const char *text;
	size_t		len;

	while (eio_payload_next(&payload, &text, &len))
	{
		EioPacket	packet;

		if (!eio_packet_decode(text, len, &packet))
		{
			eio_session_drop(session, "parse error");
			return false;
		}
		if (packet.type == EIO_CLOSE && session->state == EIO_STATE_OPEN)
		{
			eio_polling_noop(session);
			eio_session_drop(session, "closed by the client");
			return true;
		}
		if (!eio_session_receive(session, &packet))
			return true;
	}
	return true;
}

static void
post_end(HttpExchange *exchange)
{
	EioSession *session = http_owner(exchange);
	Buf			body = session->body;
	bool		good;

	session->body = (Buf) {0};
	session->post = NULL;
	good = receive_payload(session, &body);
	buf_free(&body);
	if (good)
		answer(exchange, 200, "text/html", "ok", 2);
	else
		answer_empty(exchange, 400);
}

static const HttpHooks post_hooks = {.body = post_body,.body_end = post_end,.gone = post_gone};

static void
on_post(EioSession *session, HttpExchange *exchange)
{
	char		type[64];

	if (session->post != NULL)
	{
		eio_session_drop(session, "overlapping data requests");
		answer_empty(exchange, 400);
	}
	else if (http_content_type(exchange, type, sizeof(type)) && strcasecmp(type, "application/octet-stream") == 0)
	{
		eio_session_drop(session, "invalid content");
		answer_empty(exchange, 400);
	}
	else if (http_content_length(exchange) > config.max_payload)
		answer_empty(exchange, 413);
	else
	{
		session->post = exchange;
		http_own(exchange, &post_hooks, session);
	}
}

void
eio_polling_request(EioSession *session, HttpExchange *exchange)
{
	if (http_method(exchange) == HTTP_GET)
		on_get(session, exchange);
	else if (http_method(exchange) == HTTP_POST)
		on_post(session, exchange);
	else
		answer_empty(exchange, 400);
}
