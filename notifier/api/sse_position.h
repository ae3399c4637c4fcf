/*
 * sse_position.h
 *	  The position of a client in a stream of many tasks: the id of its events.
 *
 * A client sends the last id when it connects again, perhaps to another sidecar, so the
 * id holds everything: "h57-12.1048580-13.20e".  For each task it holds the number of
 * the last event that was sent, or "n" for none, with "e" behind it if that event ended
 * the task. h is the highest known task, in a stream of all tasks of a user. Clients do
 * not interpret it.  A zeroed SsePosition is empty.
 */
#ifndef NOTIFIER_SSE_POSITION_H
#define NOTIFIER_SSE_POSITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * Most tasks in an id, so that it stays far below the limit of a request's
 * head. For further tasks a client gets the state again.
 */
#define SSE_MOST_PLACES 256

typedef struct SsePlace
{
	int64_t		task;
	int64_t		seq;			/* -1: no event was sent yet */
	bool		ended;
} SsePlace;

typedef struct SsePosition
{
	SsePlace	places[SSE_MOST_PLACES];
	size_t		count;
	int64_t		highest;		/* 0: not known */
} SsePosition;

/* Any other text makes an empty position, and the stream begins with the state. */
extern void sse_position_parse(SsePosition *position, const char *text);
extern void sse_position_put(const SsePosition *position, Buf *text);

extern const SsePlace *sse_position_find(const SsePosition *position, int64_t task);	/* NULL if the task is not in it */
extern void sse_position_set(SsePosition *position, const SsePlace *place);
extern void sse_position_forget(SsePosition *position, int64_t task);

#endif							/* NOTIFIER_SSE_POSITION_H */
