/*
 * http.h
 *	  HTTP requests and their answers, over libwebsockets.
 *
 * An exchange is one request on one connection.  The handler that is called
 * for it reads path, query and headers there and then (they are gone when it
 * returns, unless a body follows), and either answers at once or sets hooks
 * and an owner and answers later.  After http_reply(), http_stream_end() or
 * gone() the exchange belongs to this module again: its owner forgets it.
 *
 * What the kernel or libwebsockets would do wrong is dealt with here, so that
 * the modules above need not know: a connection that waits is not read (the
 * library would spin), a body nobody reads is swallowed before the connection
 * closes (else a reset could eat the answer), chunked bodies are refused with
 * 411, CORS headers are on every answer.
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
	void		(*body) (HttpExchange *exchange, const char *data, size_t len); /* NULL: nobody wants it */
	void		(*body_end) (HttpExchange *exchange);	/* also for a request without a body */
	void		(*writable) (HttpExchange *exchange);	/* a streamed answer may go on */
	void		(*gone) (HttpExchange *exchange);	/* the client went away */
} HttpHooks;

typedef void (*HttpHandler) (HttpExchange *exchange);

/* Asked before a WebSocket is accepted; false: it has answered with http_refuse_upgrade(). */
typedef bool (*HttpUpgradeHandler) (HttpExchange *exchange);

/*
 * The request
 */

extern HttpMethod http_method(const HttpExchange *exchange);
extern const char *http_method_text(HttpMethod method);
extern const char *http_method_name(const HttpExchange *exchange);
extern const char *http_path(const HttpExchange *exchange); /* decoded, dots and double slashes resolved */

/* False when there is none; a value that does not fit is cut. */
extern bool http_query(const HttpExchange *exchange, const char *name, char *value, size_t size);

/* The parameters of the query one by one, from *at = 0 on; both texts live until the next call. False at the end. */
extern bool http_query_next(const HttpExchange *exchange, int *at, const char **name, const char **value);
extern bool http_content_type(const HttpExchange *exchange, char *value, size_t size);

/* Any other header; its name in small letters, with the colon. */
extern bool http_header(const HttpExchange *exchange, const char *name, char *value, size_t size);

/* The address that the client connected to, an IPv6 one in brackets; false when it has none. */
extern bool http_local_address(const HttpExchange *exchange, char *value, size_t size);

/* Digits only, at most 18; false when the text is no such number. */
extern bool http_number(const char *text, int64_t *number);

extern int64_t http_content_length(const HttpExchange *exchange);	/* 0 when there is no body */

/* For the log: one that the client or a proxy gave (X-Request-Id), or one of ours.  The answer tells it. */
extern void http_identify(HttpExchange *exchange);
extern const char *http_id(const HttpExchange *exchange);	/* "" before http_identify() */

/* Who is calling, until the answer was given; NULL: nobody was asked. */
extern void http_set_user(HttpExchange *exchange, const AuthUser *user);
extern const AuthUser *http_user(const HttpExchange *exchange);
extern const char *http_role(const HttpExchange *exchange); /* of the user; NULL: the sidecar's own */

/*
 * Between request and answer
 */

extern void http_own(HttpExchange *exchange, const HttpHooks *hooks, void *owner);
extern void *http_owner(const HttpExchange *exchange);

/* Reads no more of the body for now.  What was read already may still come. */
extern void http_pause(HttpExchange *exchange);
extern void http_resume(HttpExchange *exchange);

/* A client that goes away while its request waits is noticed at once, not when the answer is written. */
extern void http_watch_hangup(HttpExchange *exchange);

/*
 * The answer
 */

/* Adds a header to the answer, before it is given. */
extern void http_add_header(HttpExchange *exchange, const char *name, const char *value);

/* type may be NULL when there is no body. */
extern void http_reply(HttpExchange *exchange, int status, const char *type, const char *body, size_t len);

/* To an OPTIONS request: what pages of other origins may do here. */
extern void http_reply_options(HttpExchange *exchange);

/* An answer of unknown length: start, write as hooks->writable() asks for it, end. */
extern void http_stream_start(HttpExchange *exchange, int status, const char *type);
extern void http_stream_write(HttpExchange *exchange, const char *data, size_t len);
extern size_t http_stream_pending(const HttpExchange *exchange);	/* bytes not given to the kernel yet, as far as known */
extern void http_stream_end(HttpExchange *exchange);

/* Cuts the connection, so that the client knows the answer is not whole. */
extern void http_abort(HttpExchange *exchange);

extern const char *http_reason(int status); /* "Not Found" */

extern void http_refuse_upgrade(HttpExchange *exchange, int status, const char *type, const char *body);

/*
 * The server: server.h opens it
 */

/* Connections now open, WebSockets included. */
extern int	http_connections(void);

/* Calls back whenever no request is open and no WebSocket, so perhaps at once. */
extern void http_when_idle(void (*idle) (void));

#endif							/* NOTIFIER_HTTP_H */
