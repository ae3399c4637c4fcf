/*
 * session.c
 *	  Engine.IO 4 sessions: table, heartbeat, queue, end.
 */
#include "engineio/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "process/config.h"
#include "process/log.h"
#include "process/loop.h"
#include "process/metrics.h"

static const EioHandler *handler;
static Map	sessions;			/* by random_id_hash(sid) */
static Frame *ping;

static void heartbeat_due(Timer *timer);

/*
 * Table
 */

EioSession *
eio_session_find(const char *sid)
{
	EioSession *session = map_get(&sessions, random_id_hash(sid));

	return session != NULL && strcmp(session->sid, sid) == 0 ? session : NULL;
}

int
eio_sessions(void)
{
	return (int) sessions.count;
}

static void
free_session(Timer *timer)
{
	free(container_of(timer, EioSession, flush));
}

static void
send_open_packet(EioSession *session)
{
	Buf			packet = {0};
	Frame	   *frame;

	buf_printf(&packet, "%c{\"sid\":\"%s\",\"upgrades\":[%s],\"pingInterval\":%lld,\"pingTimeout\":%lld,\"maxPayload\":%lld}",
			   EIO_OPEN, session->sid, session->transport == &eio_polling ? "\"websocket\"" : "",
			   (long long) config.ping_interval, (long long) config.ping_timeout, (long long) config.max_payload);
	frame = frame_make(packet.data, packet.len);
	frame_queue_put(&session->queue, frame);
	frame_release(frame);
	buf_free(&packet);
}

EioSession *
eio_session_open(const EioTransport *transport)
{
	EioSession *session = mem_alloc(sizeof(*session));

	do
		random_id_make(session->sid);
	while (map_get(&sessions, random_id_hash(session->sid)) != NULL);
	map_put(&sessions, random_id_hash(session->sid), session);
	session->transport = transport;
	send_open_packet(session);
	loop_timer_start(&session->heartbeat, config.ping_interval, heartbeat_due);
	metrics_add(METRIC_SESSIONS, 1);
	log_debug("session opened, sid=%.6s transport=%s", session->sid, transport->name);
	session->client = handler->opened(session);
	return session;
}

/*
 * End
 */

static void
tell_handler(EioSession *session)
{
	void	   *client = session->client;

	session->client = NULL;
	if (client != NULL)
		handler->closed(client);
}

void
eio_session_drop(EioSession *session, const char *reason)
{
	if (session->state == EIO_STATE_CLOSED)
		return;
	log_debug("session closed, sid=%.6s reason=\"%s\"", session->sid, reason);
	session->state = EIO_STATE_CLOSED;
	map_remove(&sessions, random_id_hash(session->sid));
	loop_timer_stop(&session->heartbeat);
	eio_websocket_abandon_probe(session);
	session->transport->drop(session);
	buf_free(&session->body);
	frame_queue_clear(&session->queue);
	tell_handler(session);
	loop_timer_start(&session->flush, 0, free_session);
}

void
eio_close(EioSession *session)
{
	if (session->state != EIO_STATE_OPEN)
		return;
	session->state = EIO_STATE_CLOSING;
	loop_timer_stop(&session->heartbeat);
	eio_websocket_abandon_probe(session);
	tell_handler(session);
	session->transport->end(session);
}

/* Each call may change the table, so the search restarts after each. */
void
eio_close_all(void)
{
	size_t		count = sessions.count;
	EioSession **all = mem_alloc((count + 1) * sizeof(all[0]));
	size_t		position = 0;

	for (size_t i = 0; i < count; i++)
		all[i] = map_next(&sessions, &position);
	for (size_t i = 0; i < count; i++)
		eio_close(all[i]);
	free(all);
}

/*
 * Heartbeat: the server pings, the client answers
 */

static void
expect_pong(EioSession *session)
{
	loop_timer_start(&session->heartbeat, config.ping_timeout, heartbeat_due);
}

static void
heartbeat_due(Timer *timer)
{
	EioSession *session = container_of(timer, EioSession, heartbeat);

	if (session->awaiting_pong)
	{
		eio_session_drop(session, "ping timeout");
		return;
	}
	session->awaiting_pong = true;
	session->extended = false;
	expect_pong(session);
	eio_send(session, ping);
}

static void
pong_received(EioSession *session)
{
	session->awaiting_pong = false;
	loop_timer_start(&session->heartbeat, config.ping_interval, heartbeat_due);
}

void
eio_session_upgraded(EioSession *session)
{
	metrics_add(METRIC_UPGRADES, 1);
	log_debug("session upgraded, sid=%.6s", session->sid);
	if (session->awaiting_pong)
		expect_pong(session);	/* the upgrade may have lost the ping */
}

/*
 * Packets
 */

/* Open, upgrade and noop of a client are ignored, as by the official server. */
bool
eio_session_receive(EioSession *session, const EioPacket *packet)
{
	if (session->state != EIO_STATE_OPEN)
		return false;
	if (session->awaiting_pong && !session->extended && packet->type != EIO_PONG)
	{
		session->extended = true;
		expect_pong(session);	/* the client is alive: it is busy sending */
	}
	switch (packet->type)
	{
		case EIO_MESSAGE:
			handler->message(session->client, packet->data, packet->len, packet->binary);
			break;
		case EIO_PONG:
			pong_received(session);
			break;
		case EIO_PING:
			eio_session_drop(session, "invalid heartbeat direction");
			break;
		case EIO_CLOSE:
			eio_session_drop(session, "closed by the client");
			break;
		default:
			break;
	}
	return session->state == EIO_STATE_OPEN;
}

void
eio_send(EioSession *session, Frame *frame)
{
	if (session->state != EIO_STATE_OPEN)
		return;
	if (session->queue.bytes + frame->len > (size_t) config.max_queue)
	{
		metrics_add(METRIC_SLOW_CLIENTS, 1);
		log_warning("client does not read, sid=%.6s queued=%zu", session->sid, session->queue.bytes);
		eio_session_drop(session, "queue is full");
		return;
	}
	frame_queue_put(&session->queue, frame);
	session->transport->wake(session);
}

void
eio_open(const EioHandler *new_handler)
{
	static const char ping_packet[] = {EIO_PING};

	handler = new_handler;
	ping = frame_make(ping_packet, sizeof(ping_packet));
	eio_websocket_open();
}
