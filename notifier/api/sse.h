/*
 * sse.h
 *	  Server-sent events: the events of one task as an answer that goes on until the task ends.
 *
 * They are numbered, so that a client that was cut off gets what is newer
 * than its Last-Event-ID; one that has seen the end is told so with 204, which
 * keeps EventSource from asking again.
 */
#ifndef NOTIFIER_SSE_H
#define NOTIFIER_SSE_H

#include "http/http.h"

extern void sse_request(HttpExchange *exchange, const char *task);

extern int	sse_streams(void);

/* Ends all of them, before the process ends. */
extern void sse_close_all(void);

#endif							/* NOTIFIER_SSE_H */
