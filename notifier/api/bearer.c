/*
 * bearer.c
 *	  The token of a request (RFC 6750).
 */
#include "api/bearer.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "http/auth.h"
#include "http/reply.h"

#define MAX_TOKEN 8192

static const char scheme[] = "Bearer ";

/* Empty if there is none. */
static const char *
find_token(const HttpExchange *exchange)
{
	static char value[MAX_TOKEN + sizeof(scheme)];
	size_t		len = strlen(scheme);

	if (http_header(exchange, "authorization:", value, sizeof(value)))
		return strncasecmp(value, scheme, len) == 0 ? value + len + strspn(value + len, " ") : "";
	if ((http_method(exchange) == HTTP_GET || http_method(exchange) == HTTP_HEAD) &&
		http_query(exchange, "access_token", value, sizeof(value)))
		return value;
	return "";
}

/* RFC 6750, 3: the answer to a request without a token has no error code. */
static void
refuse(HttpExchange *exchange, const char *problem, bool had_token)
{
	char		challenge[256] = "Bearer";

	if (had_token)
		snprintf(challenge, sizeof(challenge), "Bearer error=\"invalid_token\", error_description=\"%s\"", problem);
	http_add_header(exchange, "WWW-Authenticate", challenge);
	reply_error(exchange, 401, problem);
}

bool
bearer_admit(HttpExchange *exchange)
{
	const char *token;
	const char *problem;
	AuthUser	user;

	if (!auth_wanted())
		return true;
	token = find_token(exchange);
	problem = *token == '\0' ? "Send a token: Authorization: Bearer" : auth_check(token, strlen(token), &user);
	if (problem != NULL)
	{
		refuse(exchange, problem, *token != '\0');
		return false;
	}
	http_set_user(exchange, &user);
	return true;
}

/* Takes the same time wherever they differ. */
static bool
is_secret(const char *given, const char *secret)
{
	size_t		len = strlen(secret);
	unsigned char difference = strlen(given) != len;

	for (size_t i = 0; i < len && given[i] != '\0'; i++)
		difference |= (unsigned char) (given[i] ^ secret[i]);
	return difference == 0;
}

bool
bearer_is(HttpExchange *exchange, const char *secret)
{
	const char *token = find_token(exchange);

	if (secret != NULL && is_secret(token, secret))
		return true;
	refuse(exchange, secret == NULL ? "No metrics-token is set, without which nobody gets metrics at this address"
		   : *token == '\0' ? "Send the metrics-token: Authorization: Bearer" : "This is not the metrics-token", *token != '\0');
	return false;
}
