/*
 * ws.c
 *	  WebSockets, over libwebsockets: whole messages in, frames out.
 */
#include "http/ws.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "http/exchange.h"
#include "http/ws_server.h"
#include "process/config.h"
#include "process/loop.h"

_Static_assert(FRAME_HEADROOM >= LWS_PRE, "libwebsockets writes its header in front of a frame");

/* Time for the last frames and the closing handshake; then the connection is cut. */
#define CLOSING_MS 10000

/* Most frames that are written before the loop continues. */
#define FRAMES_AT_ONCE 16

struct WebSocket
{
	struct lws *wsi;
	void	   *owner;
	Buf			message;		/* pieces of the message that is arriving */
	bool		closing;
	bool		close_sent;
	Timer		deadline;		/* deadline of the closing handshake */
	WebSocket  *next_awake;
	WebSocket **awake_link;		/* the pointer to this socket in the list of awake sockets; NULL: it is not in the list */
};

static const WsHandler *handler;

/* Sockets that have something to write, until the loop is back at its top. */
static WebSocket *awake;
static Timer flush;

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

typedef enum Written
{
	WRITTEN_ALL,
	WRITTEN_SOME,				/* there is more, or no room */
	WRITTEN_NOT					/* the connection is broken */
} Written;

static Written
write_frames(WebSocket *socket)
{
	for (int i = 0; i < FRAMES_AT_ONCE; i++)
	{
		Frame	   *frame;
		int			written;

		if (lws_partial_buffered(socket->wsi))
			break;
		frame = handler->next(socket);
		if (frame == NULL)
			return WRITTEN_ALL;
		written = lws_write(socket->wsi, (unsigned char *) frame->data, frame->len, LWS_WRITE_TEXT);
		frame_release(frame);
		if (written < 0)
			return WRITTEN_NOT;
	}
	return WRITTEN_SOME;
}

static void
fall_asleep(WebSocket *socket)
{
	if (socket->awake_link == NULL)
		return;
	*socket->awake_link = socket->next_awake;
	if (socket->next_awake != NULL)
		socket->next_awake->awake_link = socket->awake_link;
	socket->awake_link = NULL;
}

static void
write_all(Timer *timer)
{
	(void) timer;
	while (awake != NULL)
	{
		WebSocket  *socket = awake;

		fall_asleep(socket);
		switch (write_frames(socket))
		{
			case WRITTEN_ALL:
				break;
			case WRITTEN_SOME:
				lws_callback_on_writable(socket->wsi);
				break;
			case WRITTEN_NOT:
				loop_kill(socket->wsi);
		}
	}
}

/*
 * There is nearly always room to write, so frames are written without waiting
 * for the writable callback, which would cost three more system calls for
 * each frame.
 */
void
ws_wake(WebSocket *socket)
{
	if (socket->awake_link != NULL)
		return;
	socket->next_awake = awake;
	socket->awake_link = &awake;
	if (awake != NULL)
		awake->awake_link = &socket->next_awake;
	awake = socket;
	if (flush.slot == 0)
		loop_timer_start(&flush, 0, write_all);
}

static void
closing_timed_out(Timer *timer)
{
	loop_kill(container_of(timer, WebSocket, deadline)->wsi);
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

/*
 * RFC 6455, 5.5.1: a close frame with status 1000. The peer answers with its
 * own, and the library ends the connection. The frame is written here because
 * the library, when it runs in libuv, does not wait until its own close frame
 * is written.
 */
static int
send_close(WebSocket *socket)
{
	static const unsigned char close_frame[] = {0x88, 2, 1000 >> 8, 1000 & 0xFF};
	unsigned char packet[LWS_PRE + sizeof(close_frame)];

	if (socket->close_sent)
		return 0;
	socket->close_sent = true;
	memcpy(packet + LWS_PRE, close_frame, sizeof(close_frame));
	return lws_write(socket->wsi, packet + LWS_PRE, sizeof(close_frame), LWS_WRITE_RAW) < 0 ? -1 : 0;
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

	switch (write_frames(socket))
	{
		case WRITTEN_ALL:
			return socket->closing ? send_close(socket) : 0;
		case WRITTEN_SOME:
			lws_callback_on_writable(socket->wsi);
			return 0;
		default:
			return -1;
	}
}

void
ws_closed(HttpExchange *exchange)
{
	WebSocket  *socket = exchange->websocket;

	if (socket == NULL)
		return;
	exchange->websocket = NULL;
	loop_timer_stop(&socket->deadline);
	fall_asleep(socket);
	handler->closed(socket);
	buf_free(&socket->message);
	free(socket);
}
