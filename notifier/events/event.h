/*
 * event.h
 *	  An event of a task: a name, a number, a JSON object, and its encodings, each made once.
 *
 * An event never changes, and any number of rooms and queues share it.
 */
#ifndef NOTIFIER_EVENT_H
#define NOTIFIER_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/frame.h"

typedef enum EventEncoding
{
	EVENT_SOCKETIO,
	EVENT_SSE,
	EVENT_ENCODINGS
} EventEncoding;

typedef Frame *(*EventEncoder) (const char *name, const char *json, size_t len);

typedef struct Event
{
	int			references;
	int64_t		seq;			/* rises within a task */
	int64_t		task;			/* 0: its JSON does not say */
	uint64_t	end;			/* of an event that ends its task: identifies the end, whatever its number; otherwise 0 */
	bool		runs;			/* the event says that the task has not ended */
	bool		gone;			/* the event says that the task was deleted */
	Frame	   *frames[EVENT_ENCODINGS];	/* the encodings made so far */
	const char *name;
	const char *json;			/* NUL-terminated */
	size_t		json_len;
} Event;

/* Makes an event with one reference, the caller's. NULL if json is not an object with a "seq". */
extern Event *event_make(const char *name, size_t name_len, const char *json, size_t len);
extern Event *event_share(Event *event);
extern void event_release(Event *event);

/* The frame belongs to the event; encoder is called the first time. */
extern Frame *event_frame(Event *event, EventEncoding encoding, EventEncoder encoder);

/* Does the event end its task? */
extern bool event_is_last(const Event *event);

#endif							/* NOTIFIER_EVENT_H */
