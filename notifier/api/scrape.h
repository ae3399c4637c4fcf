/*
 * scrape.h
 *	  The metrics of the sidecar and of the database.
 */
#ifndef NOTIFIER_SCRAPE_H
#define NOTIFIER_SCRAPE_H

#include "http/http.h"

/*
 * GET /metrics. The database's part is at most metrics-interval old, and one query at a time
 * fetches it, however many ask. Where tokens are required and the sidecar listens on an address
 * that is not loopback, it asks for metrics-token.
 */
extern void scrape_metrics(HttpExchange *exchange, const char *id);

#endif							/* NOTIFIER_SCRAPE_H */
