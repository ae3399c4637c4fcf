/*
 * look.c
 *	  Reads the state of tasks for the members of rooms that wait for it.
 */
#include "events/look.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "db/db.h"
#include "process/config.h"
#include "process/log.h"
#include "process/loop.h"

/* Longest time for the answer; after it the connection is given up. It doubles with each failure, up to request-timeout. */
#define ANSWER_MS 5000

/* Time from a failed look to the next one: doubles from the first value to the last. */
#define FIRST_RETRY_MS 100
#define LAST_RETRY_MS 3200

static RoomGroup *first;		/* number of groups in line */
static RoomGroup *last;
static int	in_line;
static int	under_way;

static void start_some(void);

/*
 * The line
 */

static void
enter_line(RoomGroup *group)
{
	RoomLook   *look = &group->look;

	look->in_line = true;
	look->next = NULL;
	look->previous = last;
	if (last != NULL)
		last->look.next = group;
	else
		first = group;
	last = group;
	in_line++;
}

static void
leave_line(RoomGroup *group)
{
	RoomLook   *look = &group->look;

	if (look->previous != NULL)
		look->previous->look.next = look->next;
	else
		first = look->next;
	if (look->next != NULL)
		look->next->look.previous = look->previous;
	else
		last = look->previous;
	look->in_line = false;
	in_line--;
}

static void
due(Timer *timer)
{
	RoomGroup  *group = container_of(timer, RoomGroup, look.timer);

	enter_line(group);
	start_some();
}

void
look_soon(RoomGroup *group)
{
	RoomLook   *look = &group->look;

	if (look->in_line || look->call != NULL || look->failures > 0)
		return;					/* another look follows anyway */
	loop_timer_stop(&look->timer);
	enter_line(group);
	start_some();
}

void
look_at_once(RoomGroup *group)
{
	group->look.failures = 0;
	look_soon(group);
}

int
look_waiting(void)
{
	return in_line + under_way;
}

/*
 * One look
 */

static int64_t
doubled(int64_t from, int64_t to, int times)
{
	while (times-- > 0 && from < to)
		from *= 2;
	return from < to ? from : to;
}

static void
retry_later(RoomGroup *group, const char *problem, const char *code)
{
	RoomLook   *look = &group->look;

	log_at(look->failures == 0 ? LOG_WARNING : LOG_DEBUG, "state of task %" PRId64 " could not be read and is tried again: %s, code=%s",
		   rooms_task_of(group), problem, code);
	loop_timer_start(&look->timer, doubled(FIRST_RETRY_MS, LAST_RETRY_MS, look->failures), due);
	look->failures++;
}

/* A member may have joined while the look was under way. */
static void
after(RoomGroup *group, bool somebody_waits)
{
	if (somebody_waits)
		look_soon(group);
}

static void
end_well(RoomGroup *group)
{
	group->look.failures = 0;
	loop_timer_start(&group->look.timer, config.rights_interval, due);
}

static void
found(RoomGroup *group, const DbRow *row)
{
	Event	   *state = event_make(row->first, strlen(row->first), row->second, row->second_len);

	if (state == NULL)
	{
		retry_later(group, "it is no event", "XX000");
		return;
	}
	end_well(group);
	after(group, rooms_known(group, group->look.started, state));
	event_release(state);
}

/* Is the error permanent, or may it pass? */
static bool
is_final(const DbError *error)
{
	int			status = db_error_status(error);

	return status == 400 || status == 401 || status == 403 || status == 404;
}

static void
on_answer(void *arg, const DbError *error, const DbRow *row)
{
	RoomGroup  *group = arg;

	under_way--;
	group->look.call = NULL;
	if (error == NULL)
		found(group, row);
	else if (is_final(error))
	{
		end_well(group);
		after(group, rooms_lost(group, group->look.started, error));
	}
	else
		retry_later(group, error->message, error->code);
	start_some();
}

static void
start(RoomGroup *group)
{
	RoomLook   *look = &group->look;
	char		id[32];
	const char *const arguments[] = {id};
	const DbRequest request = {
		.who = group->own ? NULL : &group->who,.lane = PG_LANE_REQUEST,
		.sql = "SELECT event, data FROM xlsx_rest.rest_snapshot($1)",.count = 1,.arguments = arguments,.tidy = true,
		.limit = doubled(ANSWER_MS < config.request_timeout ? ANSWER_MS : config.request_timeout, config.request_timeout, look->failures)
	};

	snprintf(id, sizeof(id), "%" PRId64, rooms_task_of(group));
	leave_line(group);
	look->started++;
	under_way++;
	look->call = db_run(&request, on_answer, group);
}

static void
start_some(void)
{
	while (first != NULL && under_way < config.pool_size)
		start(first);
}

static void
ending(RoomGroup *group)
{
	RoomLook   *look = &group->look;

	loop_timer_stop(&look->timer);
	if (look->in_line)
		leave_line(group);
	if (look->call != NULL)
	{
		db_cancel(look->call);
		under_way--;
		start_some();
	}
}

void
look_open(void)
{
	rooms_open(ending);
}
