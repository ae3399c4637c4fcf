/*
 * own.c
 *	  Followers of all tasks of their own role, later tasks included.
 */
#include "events/own.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/map.h"
#include "base/mem.h"
#include "process/log.h"
#include "process/loop.h"

/* Wait after a failed answer. */
#define RETRY_MS 500

/* Most tasks whose owners are kept; further ones are asked for again. */
#define MOST_KNOWN 100000

static OwnFollower *followers;
static Map	known;				/* tasks that were announced to all their followers, or that have none */
static unsigned arrivals;		/* number of followers so far */
static Buf	asked;				/* ids of the others, divided by commas */
static Buf	older;				/* of these, those whose events came before the last follower */
static unsigned older_arrivals; /* the followers up to this one want to know them */
static DbCall *call;			/* the question for their owners */
static unsigned call_arrivals;	/* the followers up to this one want to know its tasks */
static Timer retry;

/*
 * The list of one follower
 */

static void list(OwnFollower *follower);

static void
list_again(Timer *timer)
{
	list(container_of(timer, OwnFollower, again));
}

static bool
is_final(const DbError *error)
{
	int			status = db_error_status(error);

	return status == 400 || status == 401 || status == 403 || status == 404;
}

static int64_t
number_of(const JsonValue *object, const char *name)
{
	JsonValue	member;
	int64_t		number;

	return json_get(object, name, &member) && json_integer(&member, &number) ? number : 0;
}

static void
take_tenant(OwnFollower *follower, const JsonValue *answer)
{
	JsonValue	tenant;

	free(follower->tenant);
	follower->tenant = json_get(answer, "tenant", &tenant) ? mem_strndup(tenant.text, tenant.len) : NULL;
}

/* Is the task of rest_owners() the follower's own? Who sees everybody's tasks follows those of all tenants. */
static bool
is_own(OwnFollower *follower, const JsonValue *task)
{
	JsonValue	owner = {0};
	JsonValue	own = {0};
	JsonValue	tenant = {0};

	json_get(task, "owner", &owner);
	json_get(task, "own", &own);
	json_get(task, "tenant", &tenant);
	if (follower->who == NULL)
		return own.type == JSON_TRUE;
	if (!json_equals(&owner, follower->who->role))
		return false;
	follower->missed = follower->missed || follower->tenant == NULL;
	return follower->tenant != NULL && strlen(follower->tenant) == tenant.len && memcmp(tenant.text, follower->tenant, tenant.len) == 0;
}

static void
take_list(OwnFollower *follower, const DbRow *row)
{
	JsonValue	answer = {0};
	JsonValue	tasks = {0};
	JsonValue	task;
	JsonIterator all;
	int64_t		before = follower->highest;

	if (!json_parse(row->second, row->second_len, &answer) || !json_get(&answer, "tasks", &tasks))
		return;
	take_tenant(follower, &answer);
	follower->highest = number_of(&answer, "highest");
	if (follower->highest < before)
		follower->highest = before;
	for (all = json_iterate(&tasks); json_next_element(&all, &task);)
	{
		JsonValue	ended = {0};
		int64_t		id = number_of(&task, "id");

		json_get(&task, "ended", &ended);
		follower->found(follower, id, ended.type == JSON_TRUE && (before == 0 || id <= before) ? number_of(&task, "seq") : -1);
	}
}

static void
on_list(void *arg, const DbError *error, const DbRow *row)
{
	OwnFollower *follower = arg;

	follower->call = NULL;
	if (error == NULL)
	{
		take_list(follower, row);
		if (follower->missed)
			list(follower);
		else
			follower->listed(follower);
	}
	else if (is_final(error))
		follower->refused(follower, error);
	else
		loop_timer_start(&follower->again, RETRY_MS, list_again);
}

static void
list(OwnFollower *follower)
{
	char		after[24];
	const char *const arguments[] = {follower->highest > 0 ? after : NULL};

	loop_timer_stop(&follower->again);
	follower->missed = false;
	if (follower->call != NULL)
		db_cancel(follower->call);
	snprintf(after, sizeof(after), "%" PRId64, follower->highest);
	follower->call = db_call(follower->who, "SELECT status, body FROM xlsx_rest.rest_own_tasks($1)", 1, arguments, on_list, follower);
}

/*
 * New tasks
 */

static void ask(void);

static void
ask_again(Timer *timer)
{
	(void) timer;
	ask();
}

/* The ids in the question; after a failed answer they are part of the next question. */
static void
on_owners(void *arg, const DbError *error, const DbRow *row)
{
	char	   *ids = arg;
	JsonValue	tasks = {0};
	JsonValue	task;
	JsonIterator all;

	call = NULL;
	if (error != NULL && !is_final(error))
	{
		buf_printf(&older, "%s%s", older.len > 0 ? "," : "", ids);
		older_arrivals = older_arrivals > call_arrivals ? older_arrivals : call_arrivals;
		loop_timer_start(&retry, RETRY_MS, ask_again);
	}
	else if (error != NULL)
		log_error("the owners of new tasks cannot be read: %s, code=%s", error->message, error->code);
	free(ids);
	if (error != NULL)
		return;
	json_parse(row->second, row->second_len, &tasks);
	for (all = json_iterate(&tasks); json_next_element(&all, &task);)
	{
		OwnFollower *next;

		for (OwnFollower *follower = followers; follower != NULL; follower = next)
		{
			int64_t		id = number_of(&task, "id");

			next = follower->next;
			if (follower->since > call_arrivals)
				continue;		/* the event came before it; its list is newer */
			if (!is_own(follower, &task))
				continue;
			if (id > follower->highest)
				follower->highest = id;
			follower->found(follower, id, -1);
		}
	}
	ask();
}

static void
ask(void)
{
	Buf		   *next = older.len > 0 ? &older : &asked;
	const char *arguments[1];
	char	   *ids;

	if (call != NULL || next->len == 0)
		return;
	loop_timer_stop(&retry);
	ids = mem_strdup(next->data);
	buf_clear(next);
	call_arrivals = next == &older ? older_arrivals : arrivals;
	arguments[0] = ids;
	call = db_call(NULL, "SELECT status, body FROM xlsx_rest.rest_owners($1)", 1, arguments, on_owners, ids);
}

void
own_heard(int64_t task)
{
	if (followers == NULL || map_get(&known, (uint64_t) task) != NULL)
		return;
	if (known.count >= MOST_KNOWN)
		map_free(&known);
	map_put(&known, (uint64_t) task, &known);
	buf_printf(&asked, "%s%" PRId64, asked.len > 0 ? "," : "", task);
	ask();
}

/*
 * Followers
 */

void
own_follow(OwnFollower *follower)
{
	follower->next = followers;
	follower->link = &followers;
	if (followers != NULL)
		followers->link = &follower->next;
	followers = follower;
	map_free(&known);			/* the follower knows none of them */
	if (asked.len > 0)
	{
		buf_printf(&older, "%s%s", older.len > 0 ? "," : "", asked.data);
		older_arrivals = arrivals;
		buf_clear(&asked);
	}
	follower->since = ++arrivals;
	list(follower);
}

void
own_forget(OwnFollower *follower)
{
	loop_timer_stop(&follower->again);
	if (follower->call != NULL)
		db_cancel(follower->call);
	follower->call = NULL;
	free(follower->tenant);
	follower->tenant = NULL;
	*follower->link = follower->next;
	if (follower->next != NULL)
		follower->next->link = follower->link;
}

void
own_missed(void)
{
	map_free(&known);
	for (OwnFollower *follower = followers; follower != NULL; follower = follower->next)
		list(follower);
}
