/*
 * feed.c
 *	  Passes events from the database to the rooms.
 */
#include "events/feed.h"

#include <stdlib.h>
#include <string.h>

#include "events/event.h"
#include "events/look.h"
#include "events/own.h"
#include "events/rooms.h"
#include "process/log.h"
#include "process/metrics.h"

#define MAX_NAME 63

static void
catch_up(RoomGroup *group)
{
	rooms_await_all(group);
	look_at_once(group);
}

/* The task is new, or it was retried, which its room does not know yet. */
static void
on_queued(int64_t task)
{
	own_heard(task);
	rooms_each_group_of(task, catch_up);
}

/* "7 task-progress {...}"; "7": task 7 has entered the queue. */
static void
on_notification(const char *payload)
{
	char	   *name;
	const char *json;
	int64_t		task = strtoll(payload, &name, 10);
	size_t		len;
	Event	   *event;

	if (*name == '\0')
	{
		on_queued(task);
		return;
	}
	metrics_add(METRIC_EVENTS, 1);
	own_heard(task);
	if (!rooms_exist(task))
		return;
	name += *name == ' ';
	len = strcspn(name, " ");
	json = name + len + (name[len] == ' ');
	event = len == 0 || len > MAX_NAME ? NULL : event_make(name, len, json, strlen(json));
	if (event == NULL)
	{
		log_warning("notification is no event: %.100s", payload);
		return;
	}
	rooms_publish(task, event);
	event_release(event);
}

static void
on_established(void)
{
	rooms_each_group(catch_up);
	own_missed();
}

const PgListenHandler feed_listen_handler = {on_established, on_notification};
