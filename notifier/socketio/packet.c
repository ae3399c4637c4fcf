/*
 * packet.c
 *	  Socket.IO protocol 5: packets inside Engine.IO messages.
 */
#include "socketio/packet.h"

#include <string.h>

#include "base/mem.h"
#include "engineio/packet.h"

typedef struct Reader
{
	const char *at;
	const char *end;
} Reader;

/* Names that the libraries on both sides reserve. */
static const char *const reserved_events[] = {
	"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
read_type(Reader *reader, SioPacket *packet)
{
	if (reader->at == reader->end || *reader->at < '0' || *reader->at > '6')
		return false;
	packet->type = (SioType) (*reader->at++ - '0');
	return true;
}

/* At least one digit. Leading zeros do not matter; the limit keeps n small. */
static bool
read_attachments(Reader *reader, SioPacket *packet)
{
	int			n = 0;

	if (packet->type != SIO_BINARY_EVENT && packet->type != SIO_BINARY_ACK)
		return true;
	while (reader->at < reader->end && is_digit(*reader->at) && n <= SIO_MAX_ATTACHMENTS)
		n = n * 10 + (*reader->at++ - '0');
	packet->attachments = n;
	return n >= 1 && n <= SIO_MAX_ATTACHMENTS && reader->at < reader->end && *reader->at++ == '-';
}

static bool
read_namespace(Reader *reader, SioPacket *packet)
{
	const char *comma;

	packet->nsp = "/";
	packet->nsp_len = 1;
	if (reader->at == reader->end || *reader->at != '/')
		return true;
	packet->nsp = reader->at;
	comma = memchr(reader->at, ',', (size_t) (reader->end - reader->at));
	packet->nsp_len = (size_t) ((comma != NULL ? comma : reader->end) - reader->at);
	reader->at = comma != NULL ? comma + 1 : reader->end;
	return packet->nsp_len <= SIO_MAX_NAMESPACE;
}

static bool
read_id(Reader *reader, SioPacket *packet)
{
	const char *start = reader->at;

	while (reader->at < reader->end && is_digit(*reader->at))
		reader->at++;
	while (start + 1 < reader->at && *start == '0')
		start++;
	packet->id = start;
	packet->id_len = (size_t) (reader->at - start);
	return packet->id_len <= SIO_MAX_ID;
}

static bool
event_valid(const JsonValue *data)
{
	JsonIterator iterator = json_iterate(data);
	JsonValue	name;

	if (data->type != JSON_ARRAY || !json_next_element(&iterator, &name))
		return false;
	if (name.type == JSON_NUMBER)
		return true;
	if (name.type != JSON_STRING)
		return false;
	for (size_t i = 0; i < lengthof(reserved_events); i++)
	{
		if (json_equals(&name, reserved_events[i]))
			return false;
	}
	return true;
}

static bool
payload_valid(SioType type, const JsonValue *data)
{
	switch (type)
	{
		case SIO_CONNECT:
			return data->type == JSON_OBJECT;
		case SIO_CONNECT_ERROR:
			return data->type == JSON_OBJECT || data->type == JSON_STRING;
		case SIO_EVENT:
		case SIO_BINARY_EVENT:
			return event_valid(data);
		case SIO_ACK:
		case SIO_BINARY_ACK:
			return data->type == JSON_ARRAY;
		case SIO_DISCONNECT:
			break;
	}
	return false;
}

bool
sio_packet_decode(const char *text, size_t len, SioPacket *packet)
{
	Reader		reader = {.at = text,.end = text + len};

	*packet = (SioPacket) {0};
	if (!read_type(&reader, packet) || !read_attachments(&reader, packet) ||
		!read_namespace(&reader, packet) || !read_id(&reader, packet))
		return false;
	packet->has_data = reader.at < reader.end;
	if (!packet->has_data)
		return true;
	return json_parse(reader.at, (size_t) (reader.end - reader.at), &packet->data) &&
		payload_valid(packet->type, &packet->data);
}

static bool
placeholder_valid(const JsonValue *object, int attachments)
{
	JsonValue	mark;
	JsonValue	num;
	int64_t		index;

	if (!json_get(object, "_placeholder", &mark) || mark.type != JSON_TRUE)
		return true;
	return json_get(object, "num", &num) && json_integer(&num, &index) && index >= 0 && index < attachments;
}

/* json_parse() limits the depth of the recursion. */
static bool
placeholders_valid(const JsonValue *value, int attachments)
{
	JsonIterator iterator = json_iterate(value);
	JsonValue	key;
	JsonValue	inner;

	if (value->type == JSON_OBJECT && !placeholder_valid(value, attachments))
		return false;
	while (value->type == JSON_OBJECT ? json_next_member(&iterator, &key, &inner)
		   : json_next_element(&iterator, &inner))
	{
		if (!placeholders_valid(&inner, attachments))
			return false;
	}
	return true;
}

bool
sio_packet_placeholders(const SioPacket *packet)
{
	return !packet->has_data || placeholders_valid(&packet->data, packet->attachments);
}

void
sio_packet_start(Buf *buf, SioType type, const char *nsp, const char *id)
{
	buf_putc(buf, EIO_MESSAGE);
	buf_putc(buf, (char) ('0' + type));
	if (strcmp(nsp, "/") != 0)
	{
		buf_puts(buf, nsp);
		buf_putc(buf, ',');
	}
	if (id != NULL)
		buf_puts(buf, id);
}
