/*
 * socketio.h
 *	  Socket.IO 5 over Engine.IO sessions: namespaces, events, acknowledgements.
 *
 * A SioSocket is one client in one namespace, from connected() to
 * disconnected(), each called once.  Events reach the namespace as their JSON
 * array, name first; binary parts are discarded.
 *
 * If tokens are required, a client sends one for each namespace ({"token":
 * "..."} in its CONNECT). A minute before it expires the client is sent
 * "token-expiring", and it may send another token with the event "auth". When it
 * expires the client is sent "exception" and is disconnected.
 */
#ifndef NOTIFIER_SOCKETIO_H
#define NOTIFIER_SOCKETIO_H

#include <stddef.h>

#include "base/buf.h"
#include "base/frame.h"
#include "base/json.h"
#include "http/auth.h"
#include "socketio/packet.h"

typedef struct SioSocket SioSocket;

typedef struct SioNamespace
{
	const char *name;
	void		(*connected) (SioSocket *socket);
	void		(*event) (SioSocket *socket, const JsonValue *event, const char *id);	/* id: "" if the client wants no answer */
	void		(*identity_changed) (SioSocket *socket);	/* by a fresh token; may be NULL */
	void		(*disconnected) (SioSocket *socket);
} SioNamespace;

/* The namespace "/" always exists and ignores events. Call this once for each nsp. */
extern void socketio_open(const SioNamespace *nsp);

extern void socketio_own(SioSocket *socket, void *owner);
extern void *socketio_owner(const SioSocket *socket);
extern const char *socketio_sid(const SioSocket *socket);
extern const char *socketio_role(const SioSocket *socket);	/* NULL: no token was required */
extern const Identity *socketio_identity(const SioSocket *socket);	/* the same; it belongs to the socket */

/* The clock on the wall was set: tokens expire at another moment. */
extern void socketio_clock_changed(void);

/* Each of these may end the socket, if its queue is full. */
extern void socketio_emit(SioSocket *socket, const char *event, const Buf *json);
extern void socketio_acknowledge(SioSocket *socket, const char *id, const Buf *json);
extern void socketio_send(SioSocket *socket, Frame *frame); /* a frame made by socketio_event() */

/* An event of the namespace given to socketio_open(), encoded once for any number of sockets. */
extern Frame *socketio_event(const char *event, const char *json, size_t len);

/* Number of sockets in the namespace. */
extern int	socketio_sockets(void);

#endif							/* NOTIFIER_SOCKETIO_H */
