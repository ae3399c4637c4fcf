/*
 * packet.c
 *	  Engine.IO protocol 4: packets and polling payloads.
 */
#include "engineio/packet.h"

#include <string.h>

/* The first byte of a binary message in a polling payload; base64 follows. */
#define BINARY_MARK 'b'

bool
eio_packet_decode(const char *text, size_t len, EioPacket *packet)
{
	if (len == 0)
		return false;
	packet->binary = text[0] == BINARY_MARK;
	packet->data = text + 1;
	packet->len = len - 1;
	if (packet->binary)
	{
		packet->type = EIO_MESSAGE;
		return true;
	}
	packet->type = (EioType) text[0];
	return text[0] >= EIO_OPEN && text[0] <= EIO_NOOP;
}

EioPayload
eio_payload(const char *text, size_t len)
{
	return (EioPayload) {.at = text,.end = len == 0 ? text : text + len};
}

bool
eio_payload_next(EioPayload *payload, const char **text, size_t *len)
{
	const char *separator;

	if (payload->done)
		return false;
	*text = payload->at;
	separator = payload->at == payload->end ? NULL
		: memchr(payload->at, EIO_SEPARATOR, (size_t) (payload->end - payload->at));
	if (separator == NULL)
	{
		payload->done = true;
		*len = (size_t) (payload->end - payload->at);
	}
	else
	{
		*len = (size_t) (separator - payload->at);
		payload->at = separator + 1;
	}
	return true;
}
