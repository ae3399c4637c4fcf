/*
 * event.c
 *	  What happened to a task, and its encodings.
 */
#include "events/event.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

Event *
event_make(const char *name, size_t name_len, const char *json, size_t len)
{
	JsonValue	object;
	JsonValue	member;
	int64_t		seq;
	Event	   *event;
	char	   *text;

	if (!json_parse(json, len, &object) || !json_get(&object, "seq", &member) || !json_integer(&member, &seq))
		return NULL;
	event = mem_alloc(sizeof(*event) + name_len + len + 2);
	text = (char *) (event + 1);
	memcpy(text, name, name_len);
	memcpy(text + name_len + 1, json, len);
	event->references = 1;
	event->seq = seq;
	event->name = text;
	event->json = text + name_len + 1;
	event->json_len = len;
	return event;
}

Event *
event_share(Event *event)
{
	event->references++;
	return event;
}

void
event_release(Event *event)
{
	if (--event->references > 0)
		return;
	for (int i = 0; i < EVENT_ENCODINGS; i++)
	{
		if (event->frames[i] != NULL)
			frame_release(event->frames[i]);
	}
	free(event);
}

Frame *
event_frame(Event *event, EventEncoding encoding, EventEncoder encoder)
{
	if (event->frames[encoding] == NULL)
		event->frames[encoding] = encoder(event->name, event->json, event->json_len);
	return event->frames[encoding];
}

bool
event_is_last(const Event *event)
{
	return strcmp(event->name, "task-completed") == 0 || strcmp(event->name, "task-failed") == 0;
}
