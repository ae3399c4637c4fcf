/*
 * packet.h
 *	  Engine.IO protocol 4: packets and polling payloads.
 *
 * Pure functions over the caller's bytes; decoded packets point into them.
 * A polling payload is packets joined by EIO_SEPARATOR, a WebSocket message is
 * one packet.
 */
#ifndef NOTIFIER_EIO_ENGINEIO_PACKET_H
#define NOTIFIER_EIO_ENGINEIO_PACKET_H

#include <stdbool.h>
#include <stddef.h>

#define EIO_SEPARATOR '\x1e'

typedef enum EioType
{
	EIO_OPEN = '0',
	EIO_CLOSE = '1',
	EIO_PING = '2',
	EIO_PONG = '3',
	EIO_MESSAGE = '4',
	EIO_UPGRADE = '5',
	EIO_NOOP = '6'
} EioType;

typedef struct EioPacket
{
	EioType		type;
	bool		binary;			/* a binary message; data is not decoded and must not be used */
	const char *data;			/* behind the type */
	size_t		len;
} EioPacket;

/* False if it is empty or its type is unknown. */
extern bool eio_packet_decode(const char *text, size_t len, EioPacket *packet);

/*
 * Takes the next packet's text from a payload; false behind the last one.  An
 * empty payload (text may be NULL) is one empty packet.
 */
typedef struct EioPayload
{
	const char *at;
	const char *end;
	bool		done;
} EioPayload;

extern EioPayload eio_payload(const char *text, size_t len);
extern bool eio_payload_next(EioPayload *payload, const char **text, size_t *len);

#endif							/* NOTIFIER_EIO_ENGINEIO_PACKET_H */
