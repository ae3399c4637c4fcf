/*
 * ws.h
 *	  WebSockets, over libwebsockets: whole messages in, frames out.
 *
 * A socket lives from opened() to closed(); both are called exactly once.
 */
#ifndef NOTIFIER_WS_H
#define NOTIFIER_WS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/frame.h"
#include "http/http.h"

typedef struct WebSocket WebSocket;

typedef struct WsHandler
{
	/* Path and query of the exchange may be read here only. */
	void		(*opened) (WebSocket *socket, HttpExchange *exchange);
	void		(*message) (WebSocket *socket, const char *data, size_t len, bool binary);
	/* The next frame to write, with a reference that the caller owns; NULL if there is none. */
	Frame	   *(*next) (WebSocket *socket);
	void		(*closed) (WebSocket *socket);
} WsHandler;

extern void ws_set_handler(const WsHandler *handler);

extern void ws_own(WebSocket *socket, void *owner);
extern void *ws_owner(const WebSocket *socket);

/* Says that there is something to write: next() will be called. */
extern void ws_wake(WebSocket *socket);

/* Closes the socket once next() returns NULL; closed() follows later. */
extern void ws_close(WebSocket *socket);

#endif							/* NOTIFIER_WS_H */
