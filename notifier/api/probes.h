/*
 * probes.h
 *	  Probes for operators: is the process alive, and can it serve?
 */
#ifndef NOTIFIER_PROBES_H
#define NOTIFIER_PROBES_H

#include "http/http.h"

/* Handlers of routes; they ignore id. */
extern void probes_health(HttpExchange *exchange, const char *id);
extern void probes_readiness(HttpExchange *exchange, const char *id);

/* From now on /readyz says 503. */
extern void probes_drain(void);

#endif							/* NOTIFIER_PROBES_H */
