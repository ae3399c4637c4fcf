/*
 * packet.h
 *	  Socket.IO protocol 5: packets inside Engine.IO messages.
 *
 * type, [attachments "-"], [namespace ","], [id], [JSON]
 *
 * Pure functions over the caller's bytes; a decoded packet points into them.
 * A packet that decodes satisfies the rules of the official parser: its
 * payload fits its type, and an event starts with a name that is not
 * reserved.
 */
#ifndef NOTIFIER_SIO_SOCKETIO_PACKET_H
#define NOTIFIER_SIO_SOCKETIO_PACKET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/json.h"

#define SIO_MAX_ATTACHMENTS 10
#define SIO_MAX_NAMESPACE 255
#define SIO_MAX_ID 32			/* digits; clients use numbers of at most 16 */

typedef enum SioType
{
	SIO_CONNECT,
	SIO_DISCONNECT,
	SIO_EVENT,
	SIO_ACK,
	SIO_CONNECT_ERROR,
	SIO_BINARY_EVENT,
	SIO_BINARY_ACK
} SioType;

typedef struct SioPacket
{
	SioType		type;
	int			attachments;	/* binary messages that follow */
	const char *nsp;			/* without the comma; "/" if the packet names none */
	size_t		nsp_len;
	const char *id;				/* digits without leading zeros */
	size_t		id_len;			/* 0: no acknowledgement wanted */
	bool		has_data;
	JsonValue	data;
} SioPacket;

extern bool sio_packet_decode(const char *text, size_t len, SioPacket *packet);

/* False if a placeholder of a binary packet points beyond its attachments. */
extern bool sio_packet_placeholders(const SioPacket *packet);

/*
 * Appends an Engine.IO message packet that holds a Socket.IO packet up to its
 * JSON, which the caller appends.  nsp is NUL-terminated; id may be NULL.
 */
extern void sio_packet_start(Buf *buf, SioType type, const char *nsp, const char *id);

#endif							/* NOTIFIER_SIO_SOCKETIO_PACKET_H */
