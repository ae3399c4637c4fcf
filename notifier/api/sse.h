/*
 * sse.h
 *	  Server-sent events: the events of one task as an answer that goes on until the task ends.
 *
 * They are numbered, so that a client that was cut off gets what is newer
 * than its Last-Event-ID; to one that has seen the end the answer is 204, which
 * keeps EventSource from asking again.
 *
 * EventSource takes any other answer than 200 for final.  So when the state of
 * the task is not known soon, because the database is away or busy, the stream
 * begins with a comment, and the state comes when it is known.  A task that
 * turns out unknown then is an exception event and the end.
 */
#ifndef NOTIFIER_SSE_H
#define NOTIFIER_SSE_H

#include "http/http.h"

extern void sse_request(HttpExchange *exchange, const char *task);

extern int	sse_streams(void);

/* The clock on the wall was set: tokens expire at another moment. */
extern void sse_clock_changed(void);

/* Ends all of them, before the process ends. */
extern void sse_close_all(void);

#endif							/* NOTIFIER_SSE_H */
