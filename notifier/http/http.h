/*
 * http.h
 *	  HTTP requests and their answers, over libwebsockets.
 *
 * An exchange is one request on one connection.  Its handler must read path,
 * query and headers before it returns; afterwards they exist only if a body
 * follows. The handler either answers at once, or sets hooks and an owner and
 * answers later. After http_reply(), http_stream_end() or gone() the exchange
 * belongs to this module again, and its owner must not use it.
 *
 * This module handles the peculiarities of the kernel and of libwebsockets
 * for the modules above. A connection that waits is not read, because the
 * library would spin. An unread body is discarded before the connection
 * closes, because a reset could destroy the answer. Chunked bodies are
 * refused with 411. CORS headers are on every answer.
 */
#ifndef NOTIFIER_HTTP_H
#define NOTIFIER_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/auth.h"

typedef struct HttpExchange HttpExchange;

typedef enum HttpMethod
{
	HTTP_GET,
	HTTP_HEAD,
	HTTP_POST,
	HTTP_PUT,
	HTTP_PATCH,
	HTTP_DELETE,
	HTTP_OPTIONS,
	HTTP_OTHER
} HttpMethod;

typedef struct HttpHooks
{
	void		(*body) (HttpExchange *exchange, const char *data, size_t len); /* NULL: the body is discarded */
	void		(*body_end) (HttpExchange *exchange);	/* also for a request without a body */
	void		(*writable) (HttpExchange *exchange);	/* a streamed answer may continue */
	void		(*gone) (HttpExchange *exchange);	/* the client went away */
} HttpHooks;

typedef void (*HttpHandler) (HttpExchange *exchange);

/* Called before a WebSocket is accepted. False: it has answered with http_refuse_upgrade(). */
typedef bool (*HttpUpgradeHandler) (HttpExchange *exchange);

/*
 * The request
 */

extern HttpMethod http_method(const HttpExchange *exchange);
extern const char *http_method_text(HttpMethod method);
extern const char *http_method_name(const HttpExchange *exchange);
extern const char *http_path(const HttpExchange *exchange); /* decoded, dots and double slashes resolved */

/* False if there is none. A value that does not fit is cut. */
extern bool http_query(const HttpExchange *exchange, const char *name, char *value, size_t size);

/* The parameters of the query one by one; begin with *at = 0. Both texts live until the next call. False at the end. */
extern bool http_query_next(const HttpExchange *exchange, int *at, const char **name, const char **value);
extern bool http_content_type(const HttpExchange *exchange, char *value, size_t size);

/* Any other header; name is in lower case, with the colon. */
extern bool http_header(const HttpExchange *exchange, const char *name, char *value, size_t size);

/* The address that the client connected to, an IPv6 address in brackets. False if it has none. */
extern bool http_local_address(const HttpExchange *exchange, char *value, size_t size);

/* A number of 1 to 18 digits; false for any other text. */
extern bool http_number(const char *text, int64_t *number);

extern int64_t http_content_length(const HttpExchange *exchange);	/* 0: no body */

/* The request's id for the log, from the client or a proxy (X-Request-Id), or made here. The answer has it too. */
extern void http_identify(HttpExchange *exchange);
extern const char *http_id(const HttpExchange *exchange);	/* "" before http_identify() */

/* The user of the token, until the answer was given; NULL: no token was required. */
extern void http_set_user(HttpExchange *exchange, const AuthUser *user);	/* which it takes over */
extern void http_forget_user(HttpExchange *exchange);
extern const AuthUser *http_user(const HttpExchange *exchange);
extern const Identity *http_who(const HttpExchange *exchange);	/* of the user's token; NULL: the sidecar's own */
extern const char *http_role(const HttpExchange *exchange); /* the user's role; NULL: the sidecar's own */

/*
 * Between request and answer
 */

extern void http_own(HttpExchange *exchange, const HttpHooks *hooks, void *owner);
extern void *http_owner(const HttpExchange *exchange);

/* Stops reading the body. Bytes that were read before may still be delivered. */
extern void http_pause(HttpExchange *exchange);
extern void http_resume(HttpExchange *exchange);

/* A client that disconnects while its request waits is detected at once, not when the answer is written. */
extern void http_watch_hangup(HttpExchange *exchange);

/*
 * The answer
 */

/* Adds a header to the answer; call it before the answer is given. */
extern void http_add_header(HttpExchange *exchange, const char *name, const char *value);

/* type may be NULL if there is no body. */
extern void http_reply(HttpExchange *exchange, int status, const char *type, const char *body, size_t len);

/* Answers an OPTIONS request: what pages of other origins may do. */
extern void http_reply_options(HttpExchange *exchange);

/* An answer of unknown length: start, write whenever hooks->writable() is called, end. */
extern void http_stream_start(HttpExchange *exchange, int status, const char *type);
extern void http_stream_write(HttpExchange *exchange, const char *data, size_t len);
extern size_t http_stream_pending(const HttpExchange *exchange);	/* bytes not yet given to the kernel, as far as known */
extern void http_stream_end(HttpExchange *exchange);

/* Cuts the connection, so that the client knows that the answer is incomplete. */
extern void http_abort(HttpExchange *exchange);

extern const char *http_reason(int status); /* "Not Found" */

extern void http_refuse_upgrade(HttpExchange *exchange, int status, const char *type, const char *body);

/*
 * The server: server.h opens it
 */

/* Number of open connections, WebSockets included. */
extern int	http_connections(void);

/* Calls back whenever no request and no WebSocket is open; this may be at once. */
extern void http_when_idle(void (*idle) (void));

#endif							/* NOTIFIER_HTTP_H */
