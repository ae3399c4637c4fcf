/*
 * notifier_packet.c
 *	  A polling payload as the sidecar reads it: Engine.IO, Socket.IO, JSON.
 *
 * Every slice must lie in the input, and accepted JSON must also be accepted
 * when it is cut out.
 */
#include <stdint.h>
#include <stdlib.h>

#include "engineio/packet.h"
#include "socketio/packet.h"

static void
walk(const JsonValue *value)
{
	JsonIterator iterator = json_iterate(value);
	JsonValue	inner;
	JsonValue	key;
	JsonValue	again;
	int64_t		integer;

	if (!json_parse(value->text, value->len, &again) || again.type != value->type)
		abort();
	json_integer(value, &integer);
	json_equals(value, "taskId");
	json_get(value, "taskId", &again);
	while (value->type == JSON_OBJECT ? json_next_member(&iterator, &key, &inner)
		   : json_next_element(&iterator, &inner))
		walk(&inner);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	EioPayload	payload = eio_payload((const char *) data, size);
	const char *text;
	size_t		len;

	if (size > 4096)			/* walk() is quadratic in the depth */
		return 0;
	while (eio_payload_next(&payload, &text, &len))
	{
		EioPacket	outer;
		SioPacket	packet;

		if (!eio_packet_decode(text, len, &outer) || outer.type != EIO_MESSAGE || outer.binary)
			continue;
		if (!sio_packet_decode(outer.data, outer.len, &packet))
			continue;
		sio_packet_placeholders(&packet);
		if (packet.has_data)
			walk(&packet.data);
	}
	return 0;
}
