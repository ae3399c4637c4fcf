/*
 * metrics.h
 *	  Counters since the start, and their text for Prometheus.
 */
#ifndef NOTIFIER_METRICS_H
#define NOTIFIER_METRICS_H

#include <stdint.h>

#include "base/buf.h"

typedef enum Metric
{
	METRIC_REQUESTS,
	METRIC_REQUESTS_REFUSED,	/* 4xx */
	METRIC_REQUESTS_FAILED,		/* 5xx */
	METRIC_UPLOADS,
	METRIC_PREVIEWS,
	METRIC_UPLOADS_ABANDONED,
	METRIC_UPLOAD_BYTES,
	METRIC_SESSIONS,
	METRIC_UPGRADES,
	METRIC_SLOW_CLIENTS,
	METRIC_EVENTS,				/* from the database */
	METRIC_DELIVERIES,			/* to clients */
	METRIC_LISTEN_LOST,
	METRIC_COUNT
} Metric;

extern void metrics_add(Metric metric, uint64_t n);

/* Appends all counters in Prometheus' text format. */
extern void metrics_print(Buf *out);

/* Appends one current value. */
extern void metrics_print_gauge(Buf *out, const char *name, const char *help, double value);

#endif							/* NOTIFIER_METRICS_H */
