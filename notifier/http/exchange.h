/*
 * exchange.h
 *	  The inside of an HttpExchange, for http.c, head.c, request.c, ws.c and server.c only.
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
	EXCHANGE_STREAMING,			/* a part of the answer is written */
	EXCHANGE_LINGERING,			/* answered; discards the rest of the body, then closes */
	EXCHANGE_CLOSING,			/* closes when all is written */
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
	bool		reading;		/* the last value that was given to libwebsockets */
	bool		want_write;
	bool		must_close;
	bool		chunked;
	bool		stream_ended;
	bool		watched;
	int64_t		content_length;
	const char *problem;		/* an error in the head, before a handler is called; NULL: none */
	int			problem_status; /* of HTTP */
	int64_t		read_before;	/* bytes of the connection up to the end of the last request */
	bool		allow_credentials;	/* of this origin */
	int64_t		window;			/* bytes of the body since its timer was started */
	char	   *allow_origin;	/* NULL: the origin is refused, or there is none */
	char	   *path;
	char	   *request_id;		/* NULL: not needed so far */
	AuthUser   *user;			/* NULL: no token was required */
	Buf			headers;		/* further headers of the answer */
	Buf			out;
	Timer		timer;			/* depends on state: next request, slow body, stalled answer, lingering */
	void	   *websocket;		/* belongs to ws.c */
};

extern bool http_prepare(void);	/* call before the first connection */
extern void exchange_open(struct lws *wsi);
extern void exchange_close(HttpExchange *exchange);
extern int	exchange_request(HttpExchange *exchange, const char *path, size_t len, HttpHandler handler);
extern int	exchange_body(HttpExchange *exchange, const char *data, size_t len);
extern int	exchange_body_end(HttpExchange *exchange);
extern int	exchange_writable(HttpExchange *exchange);

/* Takes a connection that asks for a WebSocket as a request, without an answer.  False: its head was refused. */
extern bool exchange_upgrade(HttpExchange *exchange, const char *path);

/* Of request.c, for both: fills in what the head says. */
extern void exchange_read_head(HttpExchange *exchange, const char *path);

/* Of head.c: appends the head of the answer to out, except the header that says where the body ends. */
extern void exchange_put_head(HttpExchange *exchange, int status, const char *type);

#endif							/* NOTIFIER_EXCHANGE_H */
