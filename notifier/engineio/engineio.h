/*
 * engineio.h
 *	  Engine.IO 4 sessions, for what is built on them.
 *
 * A session is one client, by polling, by WebSocket, or first by one and then
 * by the other. closed() is called exactly once; afterwards the session must
 * not be used. If the layer above finds a violation, it calls eio_close().
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
	void	   *(*opened) (EioSession *session);	/* its result is passed to the other functions as client */
	void		(*message) (void *client, const char *data, size_t len, bool binary);
	void		(*closed) (void *client);
} EioHandler;

extern void eio_open(const EioHandler *handler);

/* Handles requests below the path of Socket.IO, and WebSockets. */
extern void eio_request(HttpExchange *exchange);
extern bool eio_upgrade(HttpExchange *exchange);

/* Queues a message packet with its type; takes a reference of its own. */
extern void eio_send(EioSession *session, Frame *frame);

/* Ends the session once its queue was sent. No message is delivered after this call. */
extern void eio_close(EioSession *session);

/* Ends all sessions, before the process ends. */
extern void eio_close_all(void);

extern int	eio_sessions(void);

#endif							/* NOTIFIER_EIO_ENGINEIO_ENGINEIO_H */
