/*
 * engineio.h
 *	  Engine.IO 4 sessions, for what is built on them.
 *
 * A session is one client, however its bytes come: by polling, by WebSocket,
 * or first so and then so.  closed() is called exactly once, after which the
 * session must not be used; a violation that the layer above finds is
 * answered with eio_close().
 */
#ifndef NOTIFIER_EIO_ENGINEIO_ENGINEIO_H
#define NOTIFIER_EIO_ENGINEIO_ENGINEIO_H

#include <stdbool.h>
#include <stddef.h>

#include "base/frame.h"
#include "http/http.h"

typedef struct EioSession EioSession;

typedef struct EioHandler
{
	void	   *(*opened) (EioSession *session);	/* what it returns comes back as client */
	void		(*message) (void *client, const char *data, size_t len, bool binary);
	void		(*closed) (void *client);
} EioHandler;

extern void eio_open(const EioHandler *handler);

/* Requests under the path of Socket.IO, and WebSockets. */
extern void eio_request(HttpExchange *exchange);
extern bool eio_upgrade(HttpExchange *exchange);

/* Queues a message packet, type and all; takes a reference of its own. */
extern void eio_send(EioSession *session, Frame *frame);

/* Ends the session once what is queued was sent.  No message comes after it. */
extern void eio_close(EioSession *session);

/* All of them, before the process ends. */
extern void eio_close_all(void);

extern int	eio_sessions(void);

#endif							/* NOTIFIER_EIO_ENGINEIO_ENGINEIO_H */
