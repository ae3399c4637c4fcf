/*
 * sse.h
 *	  Server-sent events: the events of a task, or of many, as an answer that lasts until they end.
 *
 * They are numbered, so a client whose connection broke gets what is newer than
 * its Last-Event-ID. A client that has seen the end gets 204, which keeps
 * EventSource from asking again.
 *
 * EventSource treats any answer other than 200 as final. So if the state of
 * the task is not known soon, because the database is away or busy, the stream
 * begins with a comment, and the state follows when it is known. If the task
 * then turns out to be unknown, an exception event ends the stream.
 */
#ifndef NOTIFIER_SSE_H
#define NOTIFIER_SSE_H

#include "http/http.h"

extern void sse_request(HttpExchange *exchange, const char *task);

/* Streams the events of the tasks in ?ids=1,2, or of all tasks of the caller, later ones included. */
extern void sse_request_many(HttpExchange *exchange, const char *unused);

extern int	sse_streams(void);

/* Call it after the wall clock was set, because tokens then expire at another moment. */
extern void sse_clock_changed(void);

/* Ends all streams, before the process ends. */
extern void sse_close_all(void);

#endif							/* NOTIFIER_SSE_H */
