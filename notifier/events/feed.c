/*
 * feed.c
 *	  Passes events from the database to the rooms.
 */
#include "events/feed.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "events/event.h"
#include "events/event_log.h"
#include "events/look.h"
#include "events/own.h"
#include "events/rooms.h"
#include "events/webhooks.h"
#include "process/log.h"
#include "process/metrics.h"

#define MAX_NAME 63

static bool was_established;	/* so a further time is after an interruption */

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
	event_log_write(task, "task-queued", strlen("task-queued"), NULL);
	own_heard(task);
	rooms_each_group_of(task, catch_up);
}

/* The events that install/webhooks.sql has deliveries of. */
static bool
may_have_webhooks(const char *name, size_t len)
{
	static const char *const names[] = {"task-completed", "task-failed", "task-undone"};

	for (size_t i = 0; i < lengthof(names); i++)
	{
		if (strlen(names[i]) == len && strncmp(names[i], name, len) == 0)
			return true;
	}
	return false;
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
	name += *name == ' ';
	len = strcspn(name, " ");
	json = name + len + (name[len] == ' ');
	event_log_write(task, name, len, *json != '\0' ? json : NULL);
	if (may_have_webhooks(name, len))
		webhooks_hurry();
	if (!rooms_exist(task))
		return;
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
	if (was_established)
		event_log_write(0, "events-missed", strlen("events-missed"), NULL);
	was_established = true;
	webhooks_hurry();
	rooms_each_group(catch_up);
	own_missed();
}

const PgListenHandler feed_listen_handler = {on_established, on_notification};
