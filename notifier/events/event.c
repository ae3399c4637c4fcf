/*
 * event.c
 *	  An event of a task, and its encodings.
 */
#include "events/event.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

static uint64_t
mix(uint64_t hash, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char) text[i]) * 0x100000001b3;	/* FNV-1a */
	return hash;
}

/* Hashes the time and the reason of the end, which differ between two ends of one task. */
static uint64_t
which_end(const char *name, const JsonValue *object)
{
	static const char *const members[] = {"completedAt", "error"};
	uint64_t	hash = mix(0xcbf29ce484222325, name, strlen(name));
	JsonValue	member;

	for (size_t i = 0; i < 2; i++)
	{
		if (json_get(object, members[i], &member))
			hash = mix(hash, member.text, member.len);
	}
	return hash | 1;
}

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
	if (json_get(&object, "taskId", &member))
		json_integer(&member, &event->task);
	event->name = text;
	event->json = text + name_len + 1;
	event->json_len = len;
	event->runs = strcmp(event->name, "task-progress") == 0;
	event->gone = strcmp(event->name, "task-deleted") == 0;
	if (strcmp(event->name, "task-completed") == 0 || strcmp(event->name, "task-failed") == 0)
		event->end = which_end(event->name, &object);
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
	return event->end != 0;
}
