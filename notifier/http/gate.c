/*
 * gate.c
 *	  Which pages may call.
 */
#include "http/gate.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/web_origin.h"
#include "http/auth.h"
#include "process/config.h"

#define MAX_HEADER 2048

/*
 * Settings
 */

static bool
any_origin(void)
{
	return config.cors_origin == NULL ? auth_wanted() : strcmp(config.cors_origin, "*") == 0;
}

static bool
hosts_matter(void)
{
	return config.host != NULL || (!auth_wanted() && !any_origin());
}

static bool
refuse_setting(const char *name, const char *item, size_t len, const char *expected)
{
	fprintf(stderr, "invalid value for %s: \"%.*s\" is not %s\n", name, (int) len, item, expected);
	return false;
}

bool
gate_settings_are_good(void)
{
	const char *at = config.cors_origin;
	const char *item;
	size_t		len;
	WebHost		host;
	bool		tls;

	while (at != NULL && strcmp(config.cors_origin, "*") != 0 && web_list_next(&at, &item, &len))
	{
		if (!web_origin_parse(item, len, &host, &tls))
			return refuse_setting("cors-origin", item, len, "an origin like https://app.example.org, without a path; * stands alone");
	}
	for (at = config.host; at != NULL && web_list_next(&at, &item, &len);)
	{
		if (!web_host_parse(item, len, &host))
			return refuse_setting("host", item, len, "a host like import.example.org or import.example.org:8443");
	}
	return true;
}

/*
 * Hosts
 */

static bool
is_listed_host(const WebHost *host)
{
	const char *at = config.host;
	const char *item;
	size_t		len;
	WebHost		known;

	while (at != NULL && web_list_next(&at, &item, &len))
	{
		if (web_host_parse(item, len, &known) && strcmp(known.name, host->name) == 0 && (known.port == 0 || known.port == host->port))
			return true;
	}
	return false;
}

/* A host whose pages may call is known as a host too. */
static bool
is_host_of_origin(const WebHost *host)
{
	const char *at = config.cors_origin;
	const char *item;
	size_t		len;
	WebHost		known;
	bool		tls;

	while (at != NULL && web_list_next(&at, &item, &len))
	{
		if (web_origin_parse(item, len, &known, &tls) && strcmp(known.name, host->name) == 0)
			return true;
	}
	return false;
}

/* The address that the client connected to is known: an attacker can let a name point here, but not an address. */
static bool
is_local_address(const HttpExchange *exchange, const WebHost *host)
{
	char		address[64];

	return http_local_address(exchange, address, sizeof(address)) && strcasecmp(address, host->name) == 0;
}

/* A request without the header Host does not come from a browser, so it passes. */
static bool
host_is_known(const HttpExchange *exchange)
{
	char		value[MAX_HEADER];
	WebHost		host;

	if (!hosts_matter() || !http_header(exchange, "host:", value, sizeof(value)))
		return true;
	return web_host_parse(value, strlen(value), &host) &&
		(web_host_is_loopback(host.name) || is_listed_host(&host) || is_host_of_origin(&host) || is_local_address(exchange, &host));
}

static bool
host_is_loopback(const HttpExchange *exchange)
{
	char		value[MAX_HEADER];
	WebHost		host;

	return http_header(exchange, "host:", value, sizeof(value)) && web_host_parse(value, strlen(value), &host) &&
		web_host_is_loopback(host.name);
}

/*
 * Origins
 */

static bool
is_listed_origin(const char *origin, size_t origin_len)
{
	const char *at = config.cors_origin;
	const char *item;
	size_t		len;

	while (at != NULL && web_list_next(&at, &item, &len))
	{
		if (len == origin_len && strncasecmp(item, origin, len) == 0)
			return true;
	}
	return false;
}

/* Is the page the sidecar's own? The scheme is not compared, because a proxy may speak TLS. */
static bool
is_own_origin(const HttpExchange *exchange, const WebHost *origin, bool tls)
{
	char		value[MAX_HEADER];
	WebHost		host;

	if (!http_header(exchange, "host:", value, sizeof(value)) || !web_host_parse(value, strlen(value), &host))
		return false;
	if (host.port == 0)
		host.port = tls ? 443 : 80;
	return strcmp(host.name, origin->name) == 0 && host.port == origin->port;
}

static bool
origin_is_allowed(const HttpExchange *exchange, const char *origin, size_t len)
{
	WebHost		host;
	bool		tls;

	if (any_origin() || is_listed_origin(origin, len))
		return true;
	if (!web_origin_parse(origin, len, &host, &tls))
		return false;
	return (!auth_wanted() && web_host_is_loopback(host.name)) || is_own_origin(exchange, &host, tls);
}

/* Scheme, host and port of a URL. */
static size_t
origin_len(const char *url)
{
	const char *host = strstr(url, "://");

	return host == NULL ? strlen(url) : (size_t) (host + 3 - url) + strcspn(host + 3, "/?#");
}

static bool
header_is(const HttpExchange *exchange, const char *name, const char *expected)
{
	char		value[32];

	return http_header(exchange, name, value, sizeof(value)) && strcasecmp(value, expected) == 0;
}

/* A browser that sends no Origin may still say that the page of another site makes the request. */
static bool
comes_from_elsewhere(const HttpExchange *exchange)
{
	char		value[MAX_HEADER];

	if (http_header(exchange, "referer:", value, sizeof(value)))
		return !origin_is_allowed(exchange, value, origin_len(value));
	return header_is(exchange, "sec-fetch-site:", "cross-site") ||
		(header_is(exchange, "sec-fetch-site:", "same-site") && !host_is_loopback(exchange));
}

static bool
is_navigation(const HttpExchange *exchange)
{
	char		value[32];

	return (http_method(exchange) == HTTP_GET || http_method(exchange) == HTTP_HEAD) &&
		(!http_header(exchange, "sec-fetch-mode:", value, sizeof(value)) || strcasecmp(value, "navigate") == 0);
}

GateVerdict
gate_check(const HttpExchange *exchange)
{
	char		origin[MAX_HEADER];

	if (!host_is_known(exchange))
		return GATE_CLOSED;
	if (any_origin())
		return GATE_OPEN;
	if (http_header(exchange, "origin:", origin, sizeof(origin)))
		return origin_is_allowed(exchange, origin, strlen(origin)) ? GATE_OPEN : GATE_CLOSED;
	if (!comes_from_elsewhere(exchange))
		return GATE_OPEN;
	return is_navigation(exchange) ? GATE_PAGE : GATE_CLOSED;
}

GateProblem
gate_problem(const HttpExchange *exchange)
{
	GateProblem problem = {.message = "Pages of this origin may not call"};
	char		value[MAX_HEADER] = "";

	if (!host_is_known(exchange))
	{
		http_header(exchange, "host:", value, sizeof(value));
		problem.message = "This server is not known by this host name";
		snprintf(problem.detail, sizeof(problem.detail), "The header Host is \"%.300s\".", value);
		problem.hint = "Name the host in the setting host.";
		return problem;
	}
	problem.hint = "Name the origin in the setting cors-origin.";
	if (http_header(exchange, "origin:", value, sizeof(value)))
		snprintf(problem.detail, sizeof(problem.detail), "The header Origin is \"%.300s\".", value);
	else
		snprintf(problem.detail, sizeof(problem.detail), "The request comes from a page of another site.");
	return problem;
}

const char *
gate_allowed_origin(const HttpExchange *exchange)
{
	static char origin[MAX_HEADER];

	if (any_origin())
		return "*";
	if (!http_header(exchange, "origin:", origin, sizeof(origin)) || !host_is_known(exchange) ||
		!origin_is_allowed(exchange, origin, strlen(origin)))
		return NULL;
	return origin;
}

bool
gate_allows_credentials(const HttpExchange *exchange)
{
	char		origin[MAX_HEADER];

	return !any_origin() && http_header(exchange, "origin:", origin, sizeof(origin)) && host_is_known(exchange) &&
		is_listed_origin(origin, strlen(origin));
}
