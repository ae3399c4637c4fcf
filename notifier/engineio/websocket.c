/*
 * websocket.c
 *	  The WebSocket transport, and the upgrade to it.
 *
 * A socket belongs to a session as its transport or as the probe of an
 * upgrade. A socket without a session is closing.
 */
#include "engineio/session.h"

#include <string.h>

#include "base/mem.h"
#include "process/config.h"
#include "process/loop.h"

static const char probe_text[] = "probe";

/*
 * Upgrade: 2probe, 3probe, 5
 */

void
eio_websocket_abandon_probe(EioSession *session)
{
	WebSocket  *probe = session->probe;

	loop_timer_stop(&session->upgrade);
	session->probe = NULL;
	session->probed = session->probe_reply = false;
	if (probe != NULL)
	{
		ws_own(probe, NULL);
		ws_close(probe);
	}
}

static void
upgrade_timed_out(Timer *timer)
{
	eio_websocket_abandon_probe(container_of(timer, EioSession, upgrade));
}

/* Ends the waiting GET at once, and any later one, because the client pauses polling. */
static void
probe_received(EioSession *session)
{
	session->probed = session->probe_reply = true;
	ws_wake(session->probe);
	eio_polling_noop(session);
}

static void
complete_upgrade(EioSession *session)
{
	session->socket = session->probe;
	session->probe = NULL;
	session->probed = session->probe_reply = false;
	loop_timer_stop(&session->upgrade);
	eio_polling_noop(session);
	loop_timer_stop(&session->flush);
	session->transport = &eio_websocket;
	eio_session_upgraded(session);
	if (session->queue.count > 0)
		ws_wake(session->socket);
}

static void
probe_message(EioSession *session, const EioPacket *packet)
{
	if (packet->type == EIO_PING && packet->len == strlen(probe_text) && memcmp(packet->data, probe_text, packet->len) == 0)
		probe_received(session);
	else if (packet->type == EIO_UPGRADE)
		complete_upgrade(session);
	else
		eio_websocket_abandon_probe(session);
}

/*
 * Sockets
 */

static bool
start_probe(EioSession *session, WebSocket *socket)
{
	if (session == NULL || session->state != EIO_STATE_OPEN || session->transport != &eio_polling || session->probe != NULL)
		return false;
	session->probe = socket;
	ws_own(socket, session);
	loop_timer_start(&session->upgrade, config.upgrade_timeout, upgrade_timed_out);
	return true;
}

static void
socket_opened(WebSocket *socket, HttpExchange *exchange)
{
	char		sid[RANDOM_ID_LEN + 2];

	if (http_query(exchange, "sid", sid, sizeof(sid)) && sid[0] != '\0')
	{
		if (!start_probe(eio_session_find(sid), socket))
			ws_close(socket);
	}
	else
	{
		EioSession *session = eio_session_open(&eio_websocket);

		session->socket = socket;
		ws_own(socket, session);
		ws_wake(socket);
	}
}

static void
socket_message(WebSocket *socket, const char *data, size_t len, bool binary)
{
	EioSession *session = ws_owner(socket);
	EioPacket	packet = {.type = EIO_MESSAGE,.binary = true,.data = data,.len = len};

	if (session == NULL)
		return;
	/* A text that begins with b is a binary message in a polling payload only, but the official parser accepts it here too. */
	if (!binary && !eio_packet_decode(data, len, &packet))
	{
		if (socket == session->probe)
			eio_websocket_abandon_probe(session);
		else
			eio_session_drop(session, "parse error");
	}
	else if (socket == session->probe)
		probe_message(session, &packet);
	else
		eio_session_receive(session, &packet);
}

static Frame *
socket_next(WebSocket *socket)
{
	EioSession *session = ws_owner(socket);

	if (session == NULL)
		return NULL;
	if (socket == session->socket)
		return frame_queue_take(&session->queue);
	if (!session->probe_reply)
		return NULL;
	session->probe_reply = false;
	return frame_make("3probe", 6);
}

static void
socket_closed(WebSocket *socket)
{
	EioSession *session = ws_owner(socket);

	if (session == NULL)
		return;
	if (socket == session->probe)
	{
		session->probe = NULL;
		eio_websocket_abandon_probe(session);
	}
	else
	{
		session->socket = NULL;
		eio_session_drop(session, "transport closed");
	}
}

static const WsHandler handler = {socket_opened, socket_message, socket_next, socket_closed};

void
eio_websocket_open(void)
{
	ws_set_handler(&handler);
}

/*
 * The transport
 */

static void
websocket_wake(EioSession *session)
{
	if (session->socket != NULL)
		ws_wake(session->socket);
}

static void
websocket_end(EioSession *session)
{
	ws_close(session->socket);	/* after the queue */
}

static void
websocket_drop(EioSession *session)
{
	WebSocket  *socket = session->socket;

	session->socket = NULL;
	if (socket != NULL)
	{
		ws_own(socket, NULL);
		ws_close(socket);
	}
	if (session->post != NULL)	/* a POST that was under way during the upgrade */
	{
		http_abort(session->post);
		session->post = NULL;
	}
}

const EioTransport eio_websocket = {"websocket", websocket_wake, websocket_end, websocket_drop};
