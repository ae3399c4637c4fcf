/*
 * routes.h
 *	  The routes: which request goes where.
 */
#ifndef NOTIFIER_HTTP_API_ROUTES_H
#define NOTIFIER_HTTP_API_ROUTES_H

#include "http/http.h"

/* Opens the folders that are served; false when web-root cannot be read, which was logged. */
extern bool http_api_open(void);

/* Every request, Socket.IO's included. */
extern void http_api_request(HttpExchange *exchange);

/* From now on /readyz says no, and no upload is begun. */
extern void http_api_drain(void);

#endif							/* NOTIFIER_HTTP_API_ROUTES_H */
