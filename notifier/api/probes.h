/*
 * probes.h
 *	  What operators ask: does it live, can it serve, what does it do.
 */
#ifndef NOTIFIER_PROBES_H
#define NOTIFIER_PROBES_H

#include "http/http.h"

/* Handlers of routes; id is none. */
extern void probes_health(HttpExchange *exchange, const char *id);
extern void probes_readiness(HttpExchange *exchange, const char *id);

/* Prometheus text: the sidecar's own numbers, and those of the database as far as it tells them. */
extern void probes_metrics(HttpExchange *exchange, const char *id);

/* From now on it is not ready. */
extern void probes_drain(void);

#endif							/* NOTIFIER_PROBES_H */
