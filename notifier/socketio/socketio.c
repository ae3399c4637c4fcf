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
#include "socketio/admission.h"

#define NAMESPACES 2

typedef struct Client Client;

struct SioSocket
{
	Client	   *client;
	const SioNamespace *nsp;
	void	   *owner;
	int			place;			/* in namespaces[] */
	Admission  *admission;		/* NULL: no token was required */
	char		sid[RANDOM_ID_LEN + 1];
};

struct Client
{
	EioSession *session;
	SioSocket  *sockets[NAMESPACES];	/* by index in namespaces[]; NULL: not connected */
	SioSocket  *entering[NAMESPACES];	/* those that wait to be let in */
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
	return socket->admission == NULL ? NULL : admission_identity(socket->admission)->role;
}

const Identity *
socketio_identity(const SioSocket *socket)
{
	return socket->admission == NULL ? NULL : admission_identity(socket->admission);
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
free_socket(SioSocket *socket)
{
	admission_close(socket->admission);
	free(socket);
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
	free_socket(socket);
}

static void
connect_socket(SioSocket *socket)
{
	Client	   *client = socket->client;
	Buf			packet = {0};

	client->sockets[socket->place] = socket;
	sockets += socket->place == 1;
	loop_timer_stop(&client->connect_deadline);
	sio_packet_start(&packet, SIO_CONNECT, socket->nsp->name, NULL);
	buf_printf(&packet, "{\"sid\":\"%s\"}", socket->sid);
	if (socket->nsp->connected != NULL)
		socket->nsp->connected(socket);
	send_buf(client, &packet);
}

/* data of a connect_error: what the same refusal would be by REST. */
static void
refuse_connect(Client *client, const char *nsp, const char *message, int status, const char *code)
{
	Buf			answer = {0};

	sio_packet_start(&answer, SIO_CONNECT_ERROR, nsp, NULL);
	buf_puts(&answer, "{\"message\":");
	buf_json(&answer, message, strlen(message));
	if (code != NULL)
		buf_printf(&answer, ",\"data\":{\"statusCode\":%d,\"code\":\"%s\",\"retryable\":false}", status, code);
	buf_putc(&answer, '}');
	send_buf(client, &answer);
}

/*
 * Tokens
 */

/* Unlike socketio_emit(): in any namespace. */
static void
emit(SioSocket *socket, const char *event, const Buf *json)
{
	Buf			packet = {0};

	sio_packet_start(&packet, SIO_EVENT, socket->nsp->name, NULL);
	buf_printf(&packet, "[\"%s\",", event);
	buf_append(&packet, json->data, json->len);
	buf_putc(&packet, ']');
	send_buf(socket->client, &packet);
}

static void
emit_exception(SioSocket *socket, const Exception *exception)
{
	Buf			json = {0};

	exception_put(&json, exception);
	emit(socket, "exception", &json);
	buf_free(&json);
}

static void
on_decided(void *owner, const DbError *refusal)
{
	SioSocket  *socket = owner;

	socket->client->entering[socket->place] = NULL;
	if (refusal == NULL)
	{
		connect_socket(socket);
		return;
	}
	refuse_connect(socket->client, socket->nsp->name, refusal->message, db_error_status(refusal), refusal->code);
	free_socket(socket);
}

static void
on_expiring(void *owner, const Buf *json)
{
	emit(owner, "token-expiring", json);
}

static void
on_renewed(void *owner, const char *id, const Exception *problem, bool is_other)
{
	SioSocket  *socket = owner;
	Buf			json = {0};

	if (problem != NULL)
		exception_put(&json, problem);
	else
		admission_put_expiry(socket->admission, &json);
	if (is_other && socket->nsp->identity_changed != NULL)
		socket->nsp->identity_changed(socket);
	if (*id != '\0')
		socketio_acknowledge(socket, id, &json);
	else if (problem != NULL)
		emit(socket, "exception", &json);
	buf_free(&json);
}

/* Sending may close the session, and so this socket. */
static void
on_over(void *owner, const Exception *why)
{
	SioSocket  *socket = owner;
	Client	   *client = socket->client;
	int			place = socket->place;
	Buf			packet = {0};

	log_info("client is disconnected, socket=%s reason=\"%s\"", socket->sid, why->message);
	emit_exception(socket, why);
	if (client->sockets[place] != socket)
		return;
	sio_packet_start(&packet, SIO_DISCONNECT, socket->nsp->name, NULL);
	disconnect(client, place);
	send_buf(client, &packet);
}

static const AdmissionHandler admission_handler = {on_decided, on_expiring, on_renewed, on_over};

void
socketio_clock_changed(void)
{
	admission_clock_changed();
}

/* A client gives a fresh token: the answer is an acknowledgement, or an exception. */
static void
on_auth(SioSocket *socket, const JsonValue *event, const char *id)
{
	JsonIterator arguments = json_iterate(event);
	JsonValue	payload;
	bool		has_payload = json_next_element(&arguments, &payload) && json_next_element(&arguments, &payload);
	Buf			json = {0};

	if (socket->admission != NULL)
		admission_renew(socket->admission, has_payload ? &payload : NULL, id);
	else if (*id != '\0')
	{
		buf_puts(&json, "{\"expiresAt\":null}");
		socketio_acknowledge(socket, id, &json);
		buf_free(&json);
	}
}

static void
enter(Client *client, int place, const SioPacket *packet)
{
	SioSocket  *socket = mem_alloc(sizeof(*socket));
	const char *problem = NULL;

	socket->client = client;
	socket->nsp = namespaces[place];
	socket->place = place;
	random_id_make(socket->sid);
	if (!auth_wanted())
	{
		connect_socket(socket);
		return;
	}
	problem = admission_open(packet->has_data ? &packet->data : NULL, &admission_handler, socket, &socket->admission);
	if (problem == NULL)
	{
		client->entering[place] = socket;
		return;
	}
	refuse_connect(client, socket->nsp->name, problem, 401, strcmp(problem, AUTH_EXPIRED) == 0 ? EXCEPTION_EXPIRED : EXCEPTION_TOKEN);
	free_socket(socket);
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
	char	   *name;

	if (place >= 0)
	{
		enter(client, place, packet);
		return;
	}
	name = mem_strndup(packet->nsp, packet->nsp_len);
	refuse_connect(client, name, "Invalid namespace", 0, NULL);
	free(name);
}

static bool
is_event(const JsonValue *event, const char *wanted)
{
	JsonIterator arguments = json_iterate(event);
	JsonValue	name;

	return json_next_element(&arguments, &name) && name.type == JSON_STRING && json_equals(&name, wanted);
}

static void
on_event(SioSocket *socket, const SioPacket *packet)
{
	char		id[SIO_MAX_ID + 1] = "";

	if (!packet->has_data)
		return;
	memcpy(id, packet->id, packet->id_len);
	if (is_event(&packet->data, "auth"))
		on_auth(socket, &packet->data, id);
	else if (socket->nsp->event != NULL)
		socket->nsp->event(socket, &packet->data, id);
}

/* Handles a packet that is complete, with its attachments. */
static void
on_packet(Client *client, const SioPacket *packet)
{
	int			place = find_namespace(packet);
	SioSocket  *socket = place < 0 ? NULL : client->sockets[place];

	if (packet->type == SIO_CONNECT && socket == NULL && (place < 0 || client->entering[place] == NULL))
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
	{
		disconnect(client, i);
		if (client->entering[i] != NULL)
			free_socket(client->entering[i]);
		client->entering[i] = NULL;
	}
	loop_timer_start(&client->connect_deadline, 0, free_client);
}

static const EioHandler handler = {session_opened, session_message, session_closed};

void
socketio_open(const SioNamespace *nsp)
{
	namespaces[1] = nsp;
	eio_open(&handler);
}
