/*
 * socketio.c
 *	  Socket.IO 5 over Engine.IO sessions.
 *
 * One function per packet type. A connection is closed for the same faults as
 * by the official server.
 */
#include "socketio/socketio.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/random_id.h"
#include "engineio/engineio.h"
#include "http/auth.h"
#include "process/config.h"
#include "process/log.h"
#include "process/loop.h"

#define NAMESPACES 2

typedef struct Client Client;

/* The user of a token, and when the token expires. */
typedef struct Admission
{
	AuthUser	user;
	SioSocket  *socket;
	Timer		expiry;
} Admission;

struct SioSocket
{
	Client	   *client;
	const SioNamespace *nsp;
	void	   *owner;
	Admission  *admission;		/* NULL: no token was required */
	char		sid[RANDOM_ID_LEN + 1];
};

struct Client
{
	EioSession *session;
	SioSocket  *sockets[NAMESPACES];	/* by index in namespaces[]; NULL: not connected */
	Timer		connect_deadline;
	Buf			partial;		/* a binary packet whose attachments have not all arrived */
	int			attachments;
};

static const SioNamespace main_namespace = {.name = "/"};
static const SioNamespace *namespaces[NAMESPACES] = {&main_namespace};
static int	sockets;

/*
 * Sending
 */

static void
send_buf(Client *client, Buf *packet)
{
	Frame	   *frame = frame_make(packet->data, packet->len);

	eio_send(client->session, frame);
	frame_release(frame);
	buf_free(packet);
}

Frame *
socketio_event(const char *event, const char *json, size_t len)
{
	Buf			packet = {0};
	Frame	   *frame;

	sio_packet_start(&packet, SIO_EVENT, namespaces[1]->name, NULL);
	buf_putc(&packet, '[');
	buf_json(&packet, event, strlen(event));
	buf_putc(&packet, ',');
	buf_append(&packet, json, len);
	buf_putc(&packet, ']');
	frame = frame_make(packet.data, packet.len);
	buf_free(&packet);
	return frame;
}

void
socketio_send(SioSocket *socket, Frame *frame)
{
	eio_send(socket->client->session, frame);
}

void
socketio_emit(SioSocket *socket, const char *event, const Buf *json)
{
	Frame	   *frame = socketio_event(event, json->data, json->len);

	socketio_send(socket, frame);
	frame_release(frame);
}

void
socketio_acknowledge(SioSocket *socket, const char *id, const Buf *json)
{
	Buf			packet = {0};

	sio_packet_start(&packet, SIO_ACK, socket->nsp->name, id);
	buf_putc(&packet, '[');
	buf_append(&packet, json->data, json->len);
	buf_putc(&packet, ']');
	send_buf(socket->client, &packet);
}

/*
 * Sockets
 */

void
socketio_own(SioSocket *socket, void *owner)
{
	socket->owner = owner;
}

void *
socketio_owner(const SioSocket *socket)
{
	return socket->owner;
}

const char *
socketio_sid(const SioSocket *socket)
{
	return socket->sid;
}

const char *
socketio_role(const SioSocket *socket)
{
	return socket->admission == NULL ? NULL : socket->admission->user.who.role;
}

const Identity *
socketio_identity(const SioSocket *socket)
{
	return socket->admission == NULL ? NULL : &socket->admission->user.who;
}

int
socketio_sockets(void)
{
	return sockets;
}

/* Index in namespaces[]; -1 if there is no such namespace. */
static int
find_namespace(const SioPacket *packet)
{
	for (int i = 0; i < NAMESPACES; i++)
	{
		if (namespaces[i] != NULL && strlen(namespaces[i]->name) == packet->nsp_len &&
			memcmp(namespaces[i]->name, packet->nsp, packet->nsp_len) == 0)
			return i;
	}
	return -1;
}

static void
disconnect(Client *client, int place)
{
	SioSocket  *socket = client->sockets[place];

	if (socket == NULL)
		return;
	client->sockets[place] = NULL;
	sockets -= place == 1;
	if (socket->nsp->disconnected != NULL)
		socket->nsp->disconnected(socket);
	if (socket->admission != NULL)
		loop_timer_stop(&socket->admission->expiry);
	free(socket->admission);
	free(socket);
}

/*
 * Tokens
 */

static int
place_of(const SioSocket *socket)
{
	return socket->client->sockets[0] == socket ? 0 : 1;
}

static void start_expiry(Admission *admission);

/* A timer runs for a day at most, so the token may not have expired yet. */
static void
expiry_due(Timer *timer)
{
	Admission  *admission = container_of(timer, Admission, expiry);
	SioSocket  *socket = admission->socket;
	Client	   *client = socket->client;
	Buf			packet = {0};

	if (auth_remaining(&admission->user) > 0)
	{
		start_expiry(admission);
		return;
	}
	log_debug("token expired, socket=%s", socket->sid);
	sio_packet_start(&packet, SIO_DISCONNECT, socket->nsp->name, NULL);
	disconnect(client, place_of(socket));
	send_buf(client, &packet);
}

static void
start_expiry(Admission *admission)
{
	int64_t		remaining = auth_remaining(&admission->user);

	if (remaining >= 0)
		loop_timer_start(&admission->expiry, remaining, expiry_due);
}

/* NULL if the client is admitted, and *admission is then the caller's; else the reason why not. */
static const char *
admit(const SioPacket *packet, Admission **admission)
{
	JsonValue	token = {0};
	const char *problem;
	AuthUser	user;

	*admission = NULL;
	if (!auth_wanted())
		return NULL;
	if (!packet->has_data || !json_get(&packet->data, "token", &token) || token.type != JSON_STRING)
		return "Send a token: auth: {token}";
	problem = auth_check(token.text + 1, token.len - 2, &user);	/* a token has no escapes */
	if (problem != NULL)
		return problem;
	*admission = mem_alloc(sizeof(**admission));
	(*admission)->user = user;
	return NULL;
}

static void
connect_socket(Client *client, int place, Admission *admission)
{
	SioSocket  *socket = mem_alloc(sizeof(*socket));
	Buf			packet = {0};

	socket->client = client;
	socket->nsp = namespaces[place];
	random_id_make(socket->sid);
	client->sockets[place] = socket;
	socket->admission = admission;
	if (admission != NULL)
	{
		admission->socket = socket;
		start_expiry(admission);
	}
	sockets += place == 1;
	loop_timer_stop(&client->connect_deadline);
	sio_packet_start(&packet, SIO_CONNECT, socket->nsp->name, NULL);
	buf_printf(&packet, "{\"sid\":\"%s\"}", socket->sid);
	if (socket->nsp->connected != NULL)
		socket->nsp->connected(socket);
	send_buf(client, &packet);
}

static void
refuse_connect(Client *client, const SioPacket *packet, const char *message)
{
	Buf			answer = {0};
	char	   *name = mem_strndup(packet->nsp, packet->nsp_len);

	sio_packet_start(&answer, SIO_CONNECT_ERROR, name, NULL);
	buf_printf(&answer, "{\"message\":\"%s\"}", message);
	send_buf(client, &answer);
	free(name);
}

/*
 * Packets
 */

static void
violation(Client *client, const char *what)
{
	log_debug("session closed for a violation, what=\"%s\"", what);
	eio_close(client->session);
}

static void
on_connect(Client *client, int place, const SioPacket *packet)
{
	Admission  *admission;
	const char *problem = place < 0 ? "Invalid namespace" : admit(packet, &admission);

	if (problem != NULL)
		refuse_connect(client, packet, problem);
	else
		connect_socket(client, place, admission);
}

static void
on_event(SioSocket *socket, const SioPacket *packet)
{
	char		id[SIO_MAX_ID + 1] = "";

	if (!packet->has_data || socket->nsp->event == NULL)
		return;
	memcpy(id, packet->id, packet->id_len);
	socket->nsp->event(socket, &packet->data, id);
}

/* Handles a packet that is complete, with its attachments. */
static void
on_packet(Client *client, const SioPacket *packet)
{
	int			place = find_namespace(packet);
	SioSocket  *socket = place < 0 ? NULL : client->sockets[place];

	if (packet->type == SIO_CONNECT && socket == NULL)
		on_connect(client, place, packet);
	else if (socket == NULL || packet->type == SIO_CONNECT || packet->type == SIO_CONNECT_ERROR)
		violation(client, "packet out of place");
	else if (packet->type == SIO_EVENT || packet->type == SIO_BINARY_EVENT)
		on_event(socket, packet);
	else if (packet->type == SIO_DISCONNECT)
		disconnect(client, place);
	/* otherwise it acknowledges an event that did not ask for it */
}

static void
on_attachment(Client *client)
{
	Buf			text = client->partial;
	SioPacket	packet;

	if (client->attachments == 0)
	{
		violation(client, "attachment without a packet");
		return;
	}
	if (--client->attachments > 0)
		return;
	client->partial = (Buf) {0};
	if (sio_packet_decode(text.data, text.len, &packet) && sio_packet_placeholders(&packet))
		on_packet(client, &packet);
	else
		violation(client, "illegal attachments");
	buf_free(&text);
}

static void
on_text(Client *client, const char *data, size_t len)
{
	SioPacket	packet;

	if (client->attachments > 0)
		violation(client, "text instead of an attachment");
	else if (!sio_packet_decode(data, len, &packet))
		violation(client, "invalid packet");
	else if (packet.attachments > 0)
	{
		client->attachments = packet.attachments;
		buf_append(&client->partial, data, len);
	}
	else
		on_packet(client, &packet);
}

/*
 * Sessions
 */

static void
connect_timed_out(Timer *timer)
{
	eio_close(container_of(timer, Client, connect_deadline)->session);
}

static void *
session_opened(EioSession *session)
{
	Client	   *client = mem_alloc(sizeof(*client));

	client->session = session;
	loop_timer_start(&client->connect_deadline, config.connect_timeout, connect_timed_out);
	return client;
}

static void
session_message(void *arg, const char *data, size_t len, bool binary)
{
	if (binary)
		on_attachment(arg);
	else
		on_text(arg, data, len);
}

static void
free_client(Timer *timer)
{
	Client	   *client = container_of(timer, Client, connect_deadline);

	buf_free(&client->partial);
	free(client);
}

/* The caller that ended the session may still be handling one of its packets. */
static void
session_closed(void *arg)
{
	Client	   *client = arg;

	for (int i = 0; i < NAMESPACES; i++)
		disconnect(client, i);
	loop_timer_start(&client->connect_deadline, 0, free_client);
}

static const EioHandler handler = {session_opened, session_message, session_closed};

void
socketio_open(const SioNamespace *nsp)
{
	namespaces[1] = nsp;
	eio_open(&handler);
}
