/*
 * exchange.h
 *	  The inside of an HttpExchange, for http.c, http_head.c, http_request.c, ws.c and server.c only.
 *
 * There is one for each connection, from accept to close; requests on it
 * follow each other.  server.c calls the functions below from libwebsockets'
 * callbacks and returns what they return: -1 closes the connection.
 */
#ifndef NOTIFIER_EXCHANGE_H
#define NOTIFIER_EXCHANGE_H

#include <libwebsockets.h>

#include "base/buf.h"
#include "base/timer.h"
#include "http/http.h"

typedef enum ExchangeState
{
	EXCHANGE_IDLE,				/* between requests */
	EXCHANGE_OPEN,				/* not answered yet */
	EXCHANGE_READY,				/* the answer waits to be written */
	EXCHANGE_STREAMING,			/* a part of the answer */
	EXCHANGE_LINGERING,			/* answered; the rest of the body is swallowed, then closed */
	EXCHANGE_CLOSING,			/* closed as soon as all is written */
	EXCHANGE_UPGRADED			/* a WebSocket now */
} ExchangeState;

struct HttpExchange
{
	struct lws *wsi;
	const HttpHooks *hooks;
	void	   *owner;
	unsigned	id;
	ExchangeState state;
	HttpMethod	method;
	bool		has_body;
	bool		body_ended;
	bool		paused;
	bool		reading;		/* what libwebsockets was told last */
	bool		want_write;
	bool		must_close;
	bool		chunked;
	bool		stream_ended;
	bool		watched;
	int64_t		content_length;
	const char *problem;		/* of the head: no handler gets to see it; NULL: none */
	int64_t		window;			/* bytes of the body since its clock was started */
	char	   *allow_origin;	/* NULL: this origin may not, or there is none */
	char	   *path;
	char	   *request_id;		/* NULL: nobody asked for it */
	AuthUser   *user;			/* NULL: nobody was asked */
	Buf			headers;		/* more of them for the answer */
	Buf			out;
	Timer		timer;			/* by state: next request, slow body, stalled answer, lingering */
	void	   *websocket;		/* of ws.c */
};

extern bool http_prepare(void);	/* before the first connection */
extern void exchange_open(struct lws *wsi);
extern void exchange_close(HttpExchange *exchange);
extern int	exchange_request(HttpExchange *exchange, const char *path, size_t len, HttpHandler handler);
extern int	exchange_body(HttpExchange *exchange, const char *data, size_t len);
extern int	exchange_body_end(HttpExchange *exchange);
extern int	exchange_writable(HttpExchange *exchange);

/* A connection that asks for a WebSocket: takes it as a request without answering. */
extern void exchange_upgrade(HttpExchange *exchange, const char *path);

/* http/request.c's part of both: fills in what the head says. */
extern void exchange_read_head(HttpExchange *exchange, const char *path);

/* http/head.c's: appends the head of the answer to out, all but what tells where the body ends. */
extern void exchange_put_head(HttpExchange *exchange, int status, const char *type);

#endif							/* NOTIFIER_EXCHANGE_H */
