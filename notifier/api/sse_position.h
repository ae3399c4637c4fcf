/*
 * sse_position.h
 *	  How far a client has come in a stream of many tasks: the id of its events.
 *
 * A client gives the last id back when it comes again, perhaps to another
 * sidecar, so the id says it all: "h57-12.1048580-13.20e".  For each task it
 * holds the number of the last event that was sent, "n" for none, and "e" behind the one
 * that ended it; h is the highest task that is known, in a stream of all
 * tasks of a user.  Clients take it as it is.  A zeroed SsePosition is empty.
 */
#ifndef NOTIFIER_SSE_POSITION_H
#define NOTIFIER_SSE_POSITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* So that an id stays far below the limit of a request's head. Of tasks beyond it a client gets the state again. */
#define SSE_MOST_PLACES 256

typedef struct SsePlace
{
	int64_t		task;
	int64_t		seq;			/* -1: nothing was sent yet */
	bool		ended;
} SsePlace;

typedef struct SsePosition
{
	SsePlace	places[SSE_MOST_PLACES];
	size_t		count;
	int64_t		highest;		/* 0: not known */
} SsePosition;

/* What is no position makes an empty one, and the stream begins with the state. */
extern void sse_position_parse(SsePosition *position, const char *text);
extern void sse_position_put(const SsePosition *position, Buf *text);

extern const SsePlace *sse_position_find(const SsePosition *position, int64_t task);	/* NULL when it is not in there */
extern void sse_position_set(SsePosition *position, const SsePlace *place);
extern void sse_position_forget(SsePosition *position, int64_t task);

#endif							/* NOTIFIER_SSE_POSITION_H */
