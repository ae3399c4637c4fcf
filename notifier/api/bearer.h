/*
 * bearer.h
 *	  The token of a request (RFC 6750).
 */
#ifndef NOTIFIER_BEARER_H
#define NOTIFIER_BEARER_H

#include "http/http.h"

/*
 * Finds the user of the token, if tokens are required. False: it has answered
 * with 401 and the reason. A client that cannot send headers (EventSource, a
 * link) may put its token into the query of a GET, as access_token.
 */
extern bool bearer_admit(HttpExchange *exchange);

/* Is the token this secret? False: it has answered with 401 and the reason. NULL: none is. */
extern bool bearer_is(HttpExchange *exchange, const char *secret);

#endif							/* NOTIFIER_BEARER_H */
