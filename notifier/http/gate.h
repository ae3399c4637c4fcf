/*
 * gate.h
 *	  Which pages may call: the headers Host, Origin, Referer and Sec-Fetch-Site.
 *
 * A browser sends requests for any page that its user opens, so a request
 * without a token does not show who wants it. Without a key these origins are
 * answered: those on loopback hosts, those of cors-origin, and the sidecar's
 * own. The host must be known: a loopback host, the address of the
 * connection, or a host of cors-origin or of the setting host. With a key a
 * token is needed, which no foreign page has. So any origin is answered,
 * unless cors-origin lists some, and any host, unless the setting host lists
 * some. (If a token were ever taken from a cookie, the rule without a key
 * would have to apply.)
 *
 * Every request and every WebSocket is checked first, before its body is read
 * or the database is asked.
 */
#ifndef NOTIFIER_GATE_H
#define NOTIFIER_GATE_H

#include "http/http.h"

typedef enum GateVerdict
{
	GATE_OPEN,
	GATE_PAGE,					/* a link of a foreign page led here: pages may be shown, nothing else is answered */
	GATE_CLOSED					/* gate_problem() says why */
} GateVerdict;

extern GateVerdict gate_check(const HttpExchange *exchange);

/* What is wrong with a request that is refused. */
typedef struct GateProblem
{
	const char *message;
	char		detail[400];
	const char *hint;
} GateProblem;

extern GateProblem gate_problem(const HttpExchange *exchange);

/* The value of Access-Control-Allow-Origin for a request: "*", its own origin, or NULL. Lives until the next call. */
extern const char *gate_allowed_origin(const HttpExchange *exchange);

/* May a page send its cookies, and read the answer?  Only if cors-origin lists its origin. */
extern bool gate_allows_credentials(const HttpExchange *exchange);

/* False if cors-origin or host are malformed; an error was written to standard error. */
extern bool gate_settings_are_good(void);

#endif							/* NOTIFIER_GATE_H */
