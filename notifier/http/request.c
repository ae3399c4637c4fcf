/*
 * request.c
 *	  The head of a request, as libwebsockets has parsed it.
 */
#include "http/http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "http/exchange.h"
#include "http/gate.h"
#include "http/head_size.h"
#include "process/config.h"
#include "process/loop.h"

#define MAX_FRAGMENT LOOP_MAX_HEAD

/* A longer head is refused. */
#define MAX_HEAD 16384

/* Of the bytes that a connection with TLS has read: its handshake, and what frames its records. */
#define TLS_OVERHEAD 4096

static const HttpMethod methods[] = {
	[LWSHUMETH_GET] = HTTP_GET,
	[LWSHUMETH_POST] = HTTP_POST,
	[LWSHUMETH_OPTIONS] = HTTP_OPTIONS,
	[LWSHUMETH_PUT] = HTTP_PUT,
	[LWSHUMETH_PATCH] = HTTP_PATCH,
	[LWSHUMETH_DELETE] = HTTP_DELETE,
	[LWSHUMETH_CONNECT] = HTTP_OTHER,
	[LWSHUMETH_HEAD] = HTTP_HEAD,
};

HttpMethod
http_method(const HttpExchange *exchange)
{
	return exchange->method;
}

const char *
http_method_text(HttpMethod method)
{
	static const char *const names[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "OTHER"};

	return names[method];
}

const char *
http_method_name(const HttpExchange *exchange)
{
	return http_method_text(exchange->method);
}

const char *
http_path(const HttpExchange *exchange)
{
	return exchange->path;
}

int64_t
http_content_length(const HttpExchange *exchange)
{
	return exchange->content_length;
}

static void
copy_cut(char *value, size_t size, const char *text)
{
	size_t		len = strlen(text);

	if (len >= size)
		len = size - 1;
	memcpy(value, text, len);
	value[len] = '\0';
}

bool
http_query(const HttpExchange *exchange, const char *name, char *value, size_t size)
{
	static char fragment[MAX_FRAGMENT];
	size_t		len = strlen(name);

	for (int i = 0; lws_hdr_copy_fragment(exchange->wsi, fragment, sizeof(fragment), WSI_TOKEN_HTTP_URI_ARGS, i) >= 0; i++)
	{
		if (strncmp(fragment, name, len) == 0 && (fragment[len] == '=' || fragment[len] == '\0'))
		{
			copy_cut(value, size, fragment + len + (fragment[len] == '='));
			return true;
		}
	}
	return false;
}

bool
http_query_next(const HttpExchange *exchange, int *at, const char **name, const char **value)
{
	static char fragment[MAX_FRAGMENT];
	char	   *equals;

	do
	{
		if (lws_hdr_copy_fragment(exchange->wsi, fragment, sizeof(fragment), WSI_TOKEN_HTTP_URI_ARGS, (*at)++) < 0)
			return false;
	} while (fragment[0] == '\0');
	equals = strchr(fragment, '=');
	*name = fragment;
	*value = equals == NULL ? "" : equals + 1;
	if (equals != NULL)
		*equals = '\0';
	return true;
}

static bool
token_value(const HttpExchange *exchange, enum lws_token_indexes token, char *value, size_t size)
{
	static char text[MAX_FRAGMENT];

	if (lws_hdr_copy(exchange->wsi, text, sizeof(text), token) <= 0)
		return false;
	copy_cut(value, size, text);
	return true;
}

bool
http_content_type(const HttpExchange *exchange, char *value, size_t size)
{
	return token_value(exchange, WSI_TOKEN_HTTP_CONTENT_TYPE, value, size);
}

/* The library finds headers that it knows by their token only, and all others by their name only. */
bool
http_header(const HttpExchange *exchange, const char *name, char *value, size_t size)
{
	const char *known;

	for (int token = 0; (known = (const char *) lws_token_to_string((enum lws_token_indexes) token)) != NULL; token++)
	{
		if (strcmp(known, name) == 0)
			return token_value(exchange, (enum lws_token_indexes) token, value, size);
	}
	return lws_hdr_custom_copy(exchange->wsi, value, (int) size, name, (int) strlen(name)) > 0;
}

bool
http_local_address(const HttpExchange *exchange, char *value, size_t size)
{
	struct sockaddr_storage address;
	socklen_t	len = sizeof(address);
	char		text[INET6_ADDRSTRLEN];

	if (getsockname(lws_get_socket_fd(exchange->wsi), (struct sockaddr *) &address, &len) != 0)
		return false;
	if (address.ss_family == AF_INET)
		inet_ntop(AF_INET, &((struct sockaddr_in *) &address)->sin_addr, text, sizeof(text));
	else if (address.ss_family != AF_INET6)
		return false;
	else if (IN6_IS_ADDR_V4MAPPED(&((struct sockaddr_in6 *) &address)->sin6_addr))
		inet_ntop(AF_INET, &((struct sockaddr_in6 *) &address)->sin6_addr.s6_addr[12], text, sizeof(text));
	else
		inet_ntop(AF_INET6, &((struct sockaddr_in6 *) &address)->sin6_addr, text, sizeof(text));
	snprintf(value, size, strchr(text, ':') != NULL ? "[%s]" : "%s", text);
	return true;
}

void
http_set_user(HttpExchange *exchange, const AuthUser *user)
{
	http_forget_user(exchange);
	exchange->user = mem_alloc(sizeof(*exchange->user));
	*exchange->user = *user;
}

void
http_forget_user(HttpExchange *exchange)
{
	if (exchange->user != NULL)
		identity_release(&exchange->user->who);
	free(exchange->user);
	exchange->user = NULL;
}

const AuthUser *
http_user(const HttpExchange *exchange)
{
	return exchange->user;
}

const Identity *
http_who(const HttpExchange *exchange)
{
	return exchange->user == NULL ? NULL : &exchange->user->who;
}

const char *
http_role(const HttpExchange *exchange)
{
	return exchange->user == NULL ? NULL : exchange->user->who.role;
}

bool
http_number(const char *text, int64_t *number)
{
	size_t		len = strspn(text, "0123456789");

	if (len == 0 || len > 18 || text[len] != '\0')
		return false;
	*number = strtoll(text, NULL, 10);
	return true;
}

/* A header that comes twice is one value with a comma. Equal lengths count as one. */
static bool
read_content_length(char *value, int64_t *length)
{
	bool		first = true;
	char	   *rest;
	int64_t		number;

	for (char *item = strtok_r(value, ", ", &rest); item != NULL; item = strtok_r(NULL, ", ", &rest))
	{
		if (!http_number(item, &number) || (!first && number != *length))
			return false;
		*length = number;
		first = false;
	}
	return !first;
}

/* What is wrong with the length or the host of the request; NULL: nothing (RFC 9112, 3.2 and 6.3). */
static const char *
framing_problem(const HttpExchange *exchange, bool has_length, bool length_is_good)
{
	char		value[512];

	if (has_length && !length_is_good)
		return "Content-Length must be one number of bytes";
	if (has_length && lws_hdr_total_length(exchange->wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0)
		return "Content-Length and Transfer-Encoding exclude each other";
	if (token_value(exchange, WSI_TOKEN_HOST, value, sizeof(value)) && strchr(value, ',') != NULL)
		return "Host must name one host";
	return NULL;
}

/*
 * A POST without a length has no body (RFC 9112, 6.3), but the library waits
 * for one. So the connection is closed after the answer.
 */
static void
read_framing(HttpExchange *exchange)
{
	char		value[512];
	bool		has_length = token_value(exchange, WSI_TOKEN_HTTP_CONTENT_LENGTH, value, sizeof(value));
	bool		is_good;
	bool		may_have_body = exchange->method == HTTP_POST || exchange->method == HTTP_PUT || exchange->method == HTTP_PATCH;

	exchange->content_length = 0;
	is_good = has_length && read_content_length(value, &exchange->content_length);
	exchange->problem = framing_problem(exchange, has_length, is_good);
	if ((!has_length && may_have_body) || exchange->problem != NULL)
		exchange->must_close = true;
	/* Bytes of a body of unknown length may come, and are discarded. */
	exchange->has_body = exchange->content_length > 0 || (has_length && exchange->problem != NULL);
	if (!token_value(exchange, WSI_TOKEN_HTTP, value, sizeof(value)) || strcmp(value, "HTTP/1.1") != 0)
		exchange->must_close = true;
	else
		exchange->chunked = true;
	if (token_value(exchange, WSI_TOKEN_CONNECTION, value, sizeof(value)) && strcasecmp(value, "close") == 0)
		exchange->must_close = true;
}

/*
 * Of the body there is as much at most as libwebsockets reads at a time.  A
 * head of more than 8 kB that has another request right behind it may be taken
 * for longer than it is: nobody sends those.
 */
static bool
head_is_too_long(HttpExchange *exchange)
{
	int64_t		read = head_size_read(lws_get_socket_fd(exchange->wsi));
	int64_t		len = read - exchange->read_before;

	exchange->read_before = read;
	if (exchange->has_body)
		len -= exchange->content_length < LOOP_READ_BUFFER ? exchange->content_length : LOOP_READ_BUFFER;
	return len > MAX_HEAD + (config.tls_certificate != NULL ? TLS_OVERHEAD : 0);
}

/* Without the base path; "" for the base path itself without its slash.  Paths elsewhere, as of probes, are what they are. */
static const char *
below_base(const char *path)
{
	size_t		len = strlen(config.base_path) - 1;

	if (strncmp(path, config.base_path, len) != 0 || (path[len] != '/' && path[len] != '\0'))
		return path;
	return path + len;
}

void
exchange_read_head(HttpExchange *exchange, const char *path)
{
	char	   *uri;
	int			uri_len;
	int			method = lws_http_get_uri_and_method(exchange->wsi, &uri, &uri_len);

	exchange->method = method >= 0 && method < (int) lengthof(methods) ? methods[method] : HTTP_OTHER;
	exchange->path = mem_strdup(below_base(path));
	exchange->allow_origin = gate_allowed_origin(exchange) == NULL ? NULL : mem_strdup(gate_allowed_origin(exchange));
	exchange->allow_credentials = gate_allows_credentials(exchange);
	exchange->must_close = false;
	exchange->problem_status = 400;
	read_framing(exchange);
	if (head_is_too_long(exchange) && exchange->problem == NULL)
	{
		exchange->problem = "The head of a request may have 16 kB";
		exchange->problem_status = 431;
	}
}
