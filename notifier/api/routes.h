/*
 * routes.h
 *	  The routes: which request goes where.
 */
#ifndef NOTIFIER_HTTP_API_ROUTES_H
#define NOTIFIER_HTTP_API_ROUTES_H

#include "http/http.h"

/* Opens the folders that are served. False if web-root cannot be read; the log says why. */
extern bool http_api_open(void);

/* Handles every request, those of Socket.IO included. */
extern void http_api_request(HttpExchange *exchange);

/* From now on /readyz says 503, and no upload can begin. */
extern void http_api_drain(void);

#endif							/* NOTIFIER_HTTP_API_ROUTES_H */
