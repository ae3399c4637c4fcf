/*
 * ws.c
 *	  WebSockets, over libwebsockets: whole messages in, frames out.
 */
#include "ws.h"

#include <stdlib.h>

#include "buf.h"
#include "config.h"
#include "exchange.h"
#include "loop.h"
#include "mem.h"
#include "ws_server.h"

_Static_assert(FRAME_HEADROOM >= LWS_PRE, "libwebsockets writes its header in front of a frame");

/* For the last frames and the closing handshake; then the connection is cut. */
#define CLOSING_MS 10000

/* Frames written before the loop gets its turn. */
#define FRAMES_AT_ONCE 16

struct WebSocket
{
	struct lws *wsi;
	void	   *owner;
	Buf			message;		/* pieces of the one that is arriving */
	bool		closing;
	Timer		deadline;		/* of closing */
};

static const WsHandler *handler;

void
ws_set_handler(const WsHandler *new_handler)
{
	handler = new_handler;
}

void
ws_own(WebSocket *socket, void *owner)
{
	socket->owner = owner;
}

void *
ws_owner(const WebSocket *socket)
{
	return socket->owner;
}

void
ws_wake(WebSocket *socket)
{
	lws_callback_on_writable(socket->wsi);
}

static void
closing_timed_out(Timer *timer)
{
	lws_set_timeout(container_of(timer, WebSocket, deadline)->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

void
ws_close(WebSocket *socket)
{
	if (socket->closing)
		return;
	socket->closing = true;
	loop_timer_start(&socket->deadline, CLOSING_MS, closing_timed_out);
	lws_callback_on_writable(socket->wsi);
}

void
ws_established(HttpExchange *exchange)
{
	WebSocket  *socket = mem_alloc(sizeof(*socket));

	socket->wsi = exchange->wsi;
	exchange->websocket = socket;
	handler->opened(socket, exchange);
}

static int
refuse(WebSocket *socket, enum lws_close_status status)
{
	lws_close_reason(socket->wsi, status, NULL, 0);
	return -1;
}

int
ws_receive(HttpExchange *exchange, const char *data, size_t len)
{
	WebSocket  *socket = exchange->websocket;
	bool		binary = lws_frame_is_binary(socket->wsi);
	bool		last = lws_is_final_fragment(socket->wsi) && lws_remaining_packet_payload(socket->wsi) == 0;

	if (socket->closing)
		return 0;
	if (socket->message.len + len > (size_t) config.max_payload)
		return refuse(socket, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE);
	if (last && socket->message.len == 0)
	{
		handler->message(socket, data, len, binary);
		return 0;
	}
	buf_append(&socket->message, data, len);
	if (last)
	{
		Buf			whole = socket->message;

		socket->message = (Buf) {0};
		handler->message(socket, whole.data, whole.len, binary);
		buf_free(&whole);
	}
	return 0;
}

int
ws_writable(HttpExchange *exchange)
{
	WebSocket  *socket = exchange->websocket;

	for (int i = 0; i < FRAMES_AT_ONCE; i++)
	{
		Frame	   *frame;
		int			written;

		if (lws_partial_buffered(socket->wsi))
			break;
		frame = handler->next(socket);
		if (frame == NULL)
			return socket->closing ? refuse(socket, LWS_CLOSE_STATUS_NORMAL) : 0;
		written = lws_write(socket->wsi, (unsigned char *) frame->data, frame->len, LWS_WRITE_TEXT);
		frame_release(frame);
		if (written < 0)
			return -1;
	}
	lws_callback_on_writable(socket->wsi);
	return 0;
}

void
ws_closed(HttpExchange *exchange)
{
	WebSocket  *socket = exchange->websocket;

	if (socket == NULL)
		return;
	exchange->websocket = NULL;
	loop_timer_stop(&socket->deadline);
	handler->closed(socket);
	buf_free(&socket->message);
	free(socket);
}
