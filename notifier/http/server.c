/*
 * server.c
 *	  The listening side: one function for each of libwebsockets' callback reasons.
 */
#include "http/server.h"

#include <errno.h>
#include <string.h>

#include "http/acceptor.h"
#include "http/exchange.h"
#include "http/tls.h"
#include "http/ws_server.h"
#include "process/config.h"
#include "process/log.h"
#include "process/loop.h"

/* Buffer of each WebSocket; longer messages arrive in pieces of this size. */
#define WS_READ_BUFFER 1024

static HttpHandler on_request;
static HttpUpgradeHandler on_upgrade;

/*
 * Java's client asks for unencrypted HTTP/2 on every first request, and the
 * library would grant it. The library reads the word again after this
 * callback, so changing it leaves an ordinary request.
 */
static int
confirm_upgrade(HttpExchange *exchange, char *protocol)
{
	char	   *path;
	int			len;

	if (strcasecmp(protocol, "h2c") == 0)
	{
		protocol[0] = '-';
		return 0;
	}
	if (strcasecmp(protocol, "websocket") != 0 || lws_http_get_uri_and_method(exchange->wsi, &path, &len) < 0)
		return -1;
	return exchange_upgrade(exchange, path) && on_upgrade(exchange) ? 0 : -1;
}

static int
serve(HttpExchange *exchange, enum lws_callback_reasons reason, void *in, size_t len)
{
	switch (reason)
	{
		case LWS_CALLBACK_HTTP:
			return exchange_request(exchange, in, len, on_request);
		case LWS_CALLBACK_HTTP_BODY:
			return exchange_body(exchange, in, len);
		case LWS_CALLBACK_HTTP_BODY_COMPLETION:
			return exchange_body_end(exchange);
		case LWS_CALLBACK_HTTP_WRITEABLE:
			return exchange_writable(exchange);
		case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
			return confirm_upgrade(exchange, in);
		case LWS_CALLBACK_ESTABLISHED:
			ws_established(exchange);
			return 0;
		case LWS_CALLBACK_RECEIVE:
			return ws_receive(exchange, in, len);
		case LWS_CALLBACK_SERVER_WRITEABLE:
			return ws_writable(exchange);
		case LWS_CALLBACK_CLOSED:
			ws_closed(exchange);
			return 0;
		default:
			return 0;
	}
}

static int
callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	HttpExchange *exchange = wsi == NULL ? NULL : lws_get_opaque_user_data(wsi);

	if (reason == LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS)
		tls_use(user);
	else if (reason == LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED)
		exchange_open(wsi);
	else if (exchange != NULL && reason == LWS_CALLBACK_WSI_DESTROY)
	{
		ws_closed(exchange);
		exchange_close(exchange);
		lws_set_opaque_user_data(wsi, NULL);
	}
	else if (exchange != NULL)
		return serve(exchange, reason, in, len);
	return 0;
}

static const struct lws_protocols protocols[] = {
	{.name = "http",.callback = callback,.rx_buffer_size = WS_READ_BUFFER},
	{0}
};

/* Engine.IO has pings of its own. Without a policy the library sends none and keeps no timers for them. */
static const lws_retry_bo_t no_keepalive = {0};

static struct lws_vhost *vhost;

/* The library closes a socket that it cannot take. */
static void
take(int descriptor)
{
	if (lws_adopt_socket_vhost(vhost, descriptor) == NULL)
		log_debug("could not accept a connection");
}

bool
server_open(HttpHandler handler, HttpUpgradeHandler upgrade, int *port)
{
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN_SERVER,
		.protocols = protocols,
		.vhost_name = "http",
		.retry_and_idle_policy = &no_keepalive,
		.timeout_secs_ah_idle = LOOP_HEAD_TIMEOUT_S,
		.keepalive_timeout = LOOP_HEAD_TIMEOUT_S,
		.options = LWS_SERVER_OPTION_VALIDATE_UTF8,
	};

	tls_prepare(&info);
	on_request = handler;
	on_upgrade = upgrade;
	vhost = http_prepare() ? lws_create_vhost(loop_context(), &info) : NULL;
	if (vhost == NULL)
	{
		log_error("could not set up the server%s", config.tls_certificate != NULL ? " with its certificate and key" : "");
		return false;
	}
	if (!acceptor_open(config.listen, port, loop_room(), take))
	{
		log_error("could not listen on %s port %d: %s", config.listen, *port, strerror(errno));
		return false;
	}
	return true;
}
