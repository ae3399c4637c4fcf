/*
 * bearer.h
 *	  The token of a request (RFC 6750).
 */
#ifndef NOTIFIER_BEARER_H
#define NOTIFIER_BEARER_H

#include "http/http.h"

/*
 * Finds out who is calling, where tokens are wanted; false when it has
 * answered with 401 and the reason.  What cannot send headers (EventSource, a
 * link) may have its token in the query of a GET, as access_token.
 */
extern bool bearer_admit(HttpExchange *exchange);

#endif							/* NOTIFIER_BEARER_H */
