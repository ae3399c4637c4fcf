/*
 * gate.h
 *	  Whose pages may call: the headers Host, Origin, Referer and Sec-Fetch-Site.
 *
 * A browser sends requests for any page that its user looks at, so without a
 * token they say nothing of who wants them.  Without a key these origins are
 * answered: those on loopback hosts, those of cors-origin, and the sidecar's
 * own, under a host that is known: a loopback one, the address that was
 * connected to, those of cors-origin and of the setting host.  With a key a
 * token is needed, which no foreign page has: any origin, unless cors-origin
 * names some; any host, unless the setting host does.  (Were a token ever
 * taken from a cookie, the rule would have to be that without a key.)
 *
 * It is asked first, before a body is read or the database is: by every
 * request and every WebSocket.
 */
#ifndef NOTIFIER_GATE_H
#define NOTIFIER_GATE_H

#include "http/http.h"

typedef enum GateVerdict
{
	GATE_OPEN,
	GATE_PAGE,					/* a link of a foreign page led here: pages may be shown, nothing else */
	GATE_CLOSED					/* gate_problem() says why */
} GateVerdict;

extern GateVerdict gate_check(const HttpExchange *exchange);

/* What is wrong with a request that is not let in. */
typedef struct GateProblem
{
	const char *message;
	char		detail[400];
	const char *hint;
} GateProblem;

extern GateProblem gate_problem(const HttpExchange *exchange);

/* What Access-Control-Allow-Origin says to a request: "*", its own origin, or NULL. Lives until the next call. */
extern const char *gate_allowed_origin(const HttpExchange *exchange);

/* False when cors-origin or host are malformed, which was said on standard error. */
extern bool gate_settings_are_good(void);

#endif							/* NOTIFIER_GATE_H */
