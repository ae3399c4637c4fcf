/*
 * feed.c
 *	  Events on their way from the database into the rooms.
 */
#include "events/feed.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "events/event.h"
#include "events/rooms.h"
#include "process/log.h"
#include "process/metrics.h"

/* Snapshots read at a time after listening was interrupted. */
#define CATCH_UP_AT_ONCE 4

#define MAX_NAME 63

static int64_t *behind;			/* tasks still to be read */
static size_t behind_count;
static int	catching_up;

static void catch_up(void);

DbCall *
feed_snapshot(const char *role, int64_t task, DbDone done, void *arg)
{
	char		id[32];
	const char *const arguments[] = {id};

	snprintf(id, sizeof(id), "%" PRId64, task);
	return db_call(role, "SELECT event, data FROM xlsx_rest.rest_snapshot($1)", 1, arguments, done, arg);
}

/*
 * Notifications
 */

/* "7 task-progress {...}" */
static void
on_notification(const char *payload)
{
	char	   *name;
	const char *json;
	int64_t		task = strtoll(payload, &name, 10);
	size_t		len;
	Event	   *event;

	metrics_add(METRIC_EVENTS, 1);
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

/*
 * Catching up
 */

static void
on_catch_up(void *arg, const DbError *error, const DbRow *row)
{
	int64_t	   *task = arg;
	Event	   *event = error != NULL ? NULL : event_make(row->first, strlen(row->first), row->second, row->second_len);

	catching_up--;
	if (event != NULL)
	{
		rooms_publish(*task, event);
		event_release(event);
	}
	free(task);
	catch_up();
}

static void
catch_up(void)
{
	while (behind_count > 0 && catching_up < CATCH_UP_AT_ONCE)
	{
		const RoomListener *listener = rooms_anybody(behind[--behind_count]);
		int64_t	   *task;

		if (listener == NULL)
			continue;
		task = mem_alloc(sizeof(*task));
		*task = behind[behind_count];
		catching_up++;
		feed_snapshot(listener->role, *task, on_catch_up, task);
	}
}

static void
on_established(void)
{
	free(behind);
	behind_count = rooms_tasks(&behind);
	catch_up();
}

const PgListenHandler feed_listen_handler = {on_established, on_notification};
