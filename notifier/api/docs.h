/*
 * docs.h
 *	  The description of the REST interface: /openapi.json, and a page that shows it
 *	  at /docs/.
 */
#ifndef NOTIFIER_DOCS_H
#define NOTIFIER_DOCS_H

#include "http/http.h"

extern void docs_open(void);	/* call before the first request */
extern void docs_openapi(HttpExchange *exchange, const char *id);
extern void docs_asyncapi(HttpExchange *exchange, const char *id);

/* Answers requests below /docs; false if there is no such file. */
extern bool docs_request(HttpExchange *exchange);

#endif							/* NOTIFIER_DOCS_H */
