/*
 * claim.c
 *	  Which task a worker takes from the queue.
 */
#include "tasks/queue.h"

#include "catalog/pg_type.h"
#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "pg/compat.h"
#include "pg/deadline.h"
#include "pg/place.h"
#include "tables/private_sql.h"
#include "tasks/candidates.h"
#include "tasks/dispatch.h"
#include "tasks/running.h"
#include "tasks/setting_fault.h"
#include "tasks/slots.h"
#include "tasks/take.h"
#include "tasks/turns.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/timestamp.h"

/* A task fails when this many workers in a row have died at it. */
#define MAX_DEATHS 3

/* Tasks of an owner that a claim looks at first. When it can take none, it looks at MORE times as many. */
#define FIRST_TASKS 16
#define MORE		8

/* That many other owners are looked at, to find out whether a second worker has work. */
#define OWNERS_FOR_MORE 8

/* A claim under way. */
typedef struct Claim
{
	Oid			login;
	QueueClaim *found;
	QueueRules	rules;
	bool		rest;			/* the list with the task had another one */
} Claim;

/*
 * The role that a task's worker counts for. A login that serves others, as the sidecar's does,
 * must not let one of them take all workers, so there it is the task's owner. Otherwise it is the
 * login, whatever role it takes on.
 */
static bool
works_alone(Oid login)
{
	return !has_privs_of_role(login, get_role_oid("xlsx_notifier", false));
}

/*
 * A task that kills its workers must not go on doing so. Nor may one whose workers had to be
 * killed when their time was over.
 */
static void
end_killer(const Task *task, SlotsLeft why)
{
	ErrorData	died = {
		.sqlerrcode = ERRCODE_SYSTEM_ERROR,
		.message = psprintf("the worker of this task died %d times in a row at the same place", MAX_DEATHS),
		.hint = "The server's log tells why; the task can be retried."
	};
	ErrorData	timed_out = {
		.sqlerrcode = COMPAT_TRANSACTION_TIMEOUT,
		.message = "a transaction of the import took longer than transaction_timeout",
		.hint = "xlsx.retry goes on where the task stopped."
	};
	const ErrorData *reason = why == SLOTS_LEFT_LATE ? deadline_error() : why == SLOTS_LEFT_BY_TIMEOUT ? &timed_out : &died;

	setting_fault_explain(task->id, &timed_out);
	queue_end(task->id, TASK_FAILED, reason);
	place_enter(task->id, task->profile_name, task->file_name, task->owner_name, get_database_name(MyDatabaseId));
	ereport(LOG,
			(errmsg("task " INT64_FORMAT " has failed: %s", task->id, reason->message)));
	place_leave();
	queue_unlock(task->id);
}

/* The role that a task of this owner counts for. */
static Oid
role_of(const Claim *claim, Oid owner)
{
	return claim->found->alone ? claim->login : owner;
}

/* Tries one task. Returns true when it is claimed. */
static bool
claim_task(Claim *claim, int64 id, Oid owner)
{
	QueueClaim *found = claim->found;
	int			deaths;
	SlotsLeft	why;

	CHECK_FOR_INTERRUPTS();
	if (!queue_try_lock(id))
	{
		/* a worker works on it, or else a session keeps workers from it */
		found->locked = found->locked || (dispatch_shared() && !slots_signal(id, 0));
		return false;
	}
	if (!slots_admit(role_of(claim, owner), found->alone))
	{
		found->held = true;
		queue_unlock(id);
		return false;
	}
	why = slots_why_left(id);
	found->task = take_task(id, claim->login, why != SLOTS_LEFT_UNSETTLED, &deaths);
	if (found->task != NULL && deaths < MAX_DEATHS && !(deaths > 0 && why >= SLOTS_LEFT_LATE))
		return true;
	if (found->task != NULL)
		end_killer(found->task, why);
	else
	{
		found->locked = found->locked || take_is_possible(id, claim->login);
		queue_unlock(id);
	}
	found->task = NULL;
	return false;
}

/* Tasks that have lost their worker. No limit holds them back: they count as running. */
static bool
claim_lost(Claim *claim)
{
	LostTask   *tasks;
	int			count = running_lost(claim->login, &tasks);

	for (int i = 0; i < count; i++)
		if (claim_task(claim, tasks[i].id, tasks[i].owner))
			return true;
	return false;
}

static HeldProfiles
held_of(Claim *claim, Oid owner)
{
	HeldProfiles held = {0};
	bool		limited = false;

	if (claim->rules.any)
		held = running_held(owner, &limited);
	claim->found->limited = claim->found->limited || limited;
	return held;
}

/* The first of these tasks from an index on that is not held; list->count: none. */
static int
next_free(const Candidates *list, int from, const HeldProfiles *held)
{
	while (from < list->count && candidates_held(held, list->tasks[from].profile))
		from++;
	return from;
}

/* Tries the tasks of a list. */
static bool
claim_from(Claim *claim, Oid owner, const Candidates *list, const HeldProfiles *held)
{
	for (int i = next_free(list, 0, held); i < list->count; i = next_free(list, i + 1, held))
		if (claim_task(claim, list->tasks[i].id, owner))
		{
			claim->rest = next_free(list, i + 1, held) < list->count;
			candidates_used(owner, i + 1);
			return true;
		}
	return false;
}

/* One task of an owner. */
static bool
claim_of(Claim *claim, Oid owner)
{
	HeldProfiles held;
	Candidates	list;
	int			most = FIRST_TASKS;

	if (!slots_may_admit(role_of(claim, owner)))
	{
		claim->found->held = true;
		return false;
	}
	held = held_of(claim, owner);
	if (held.all)
		return false;
	list = candidates_of(claim->login, owner, &held, most, false);
	while (!claim_from(claim, owner, &list, &held))
	{
		if (list.fresh && !list.cut)
			return false;
		if (list.fresh)
			most *= MORE;
		list = candidates_of(claim->login, owner, &held, most, true);
	}
	return true;
}

/* Is there work for a second worker, of this owner? */
static bool
has_more_of(Claim *claim, Oid owner)
{
	HeldProfiles held;
	Candidates	list;

	if (!slots_has_room(role_of(claim, owner)))
		return false;
	held = held_of(claim, owner);
	if (held.all)
		return false;
	list = candidates_of(claim->login, owner, &held, FIRST_TASKS, false);
	return next_free(&list, 0, &held) < list.count;
}

/*
 * The owners with waiting tasks, from an OID on and then from the beginning, but at most that
 * many. Returns true as soon as each() does.
 */
static bool
each_owner(Claim *claim, Oid from, int most, bool (*each) (Claim *claim, Oid owner))
{
	Oid			owners[CANDIDATES_OWNERS];
	Oid			start = from;
	bool		wrapped = from == InvalidOid;

	for (;;)
	{
		int			count = candidates_owners(claim->login, start, owners);

		for (int i = 0; i < count; i++)
		{
			if (most-- == 0 || (wrapped && from != InvalidOid && owners[i] >= from))
				return false;
			if (each(claim, owners[i]))
				return true;
		}
		if (count == CANDIDATES_OWNERS && owners[count - 1] < PG_UINT32_MAX)
			start = owners[count - 1] + 1;
		else if (wrapped)
			return false;
		else
		{
			start = InvalidOid;
			wrapped = true;
		}
	}
}

/* Owners whose tasks go before those of others. */
static bool
claim_preferred(Claim *claim)
{
	static PrivateStatement select = {
		"SELECT array(SELECT role::oid FROM xlsx_private.queue_rule WHERE preferred ORDER BY id)", 0, {0}, NULL
	};
	PrivateRow	row;
	Datum	   *owners;
	int			count;

	if (!claim->rules.preference)
		return false;
	private_sql_run(&select, NULL, NULL, &row);
	deconstruct_array(DatumGetArrayTypeP(row.values[0]), OIDOID, sizeof(Oid), true, TYPALIGN_INT, &owners, NULL, &count);
	for (int i = 0; i < count; i++)
		if (claim_of(claim, DatumGetObjectId(owners[i])))
			return true;
	return false;
}

static bool
claim_in_turn(Claim *claim)
{
	Oid			last = turns_last(claim->login);

	if (!each_owner(claim, last + 1, INT_MAX, claim_of))
		return false;
	if (claim->found->task->owner != last)
		turns_note(claim->login, claim->found->task->owner);
	return true;
}

/* With a limit, another task may be held back by the one that was just claimed. */
static bool
has_more(Claim *claim)
{
	Oid			owner = claim->found->task->owner;

	if (dispatch_is_wanted(claim->login))
		return false;
	if (claim->rest && !claim->rules.limit && slots_has_room(role_of(claim, owner)))
		return true;
	return has_more_of(claim, owner) || each_owner(claim, owner + 1, OWNERS_FOR_MORE, has_more_of);
}

void
queue_claim(Oid login, QueueClaim *found)
{
	Claim		claim = {.login = login,.found = found,.rules = running_rules()};

	*found = (QueueClaim) {.alone = works_alone(login)};

	/*
	 * Workers that claim at the same time would all see room for one more task. So, where there is
	 * a limit, they claim one after another, each in a transaction of its own.
	 */
	if (claim.rules.limit)
		queue_claim_alone();
	running_look();
	if (!claim_lost(&claim) && !claim_preferred(&claim) && !claim_in_turn(&claim))
		return;
	slots_set_task(found->task->id);	/* before others can see that the task runs */
	found->more = has_more(&claim);
}

TimestampTz
queue_next_due(Oid login)
{
	static PrivateStatement select = {
		"SELECT min(run_at) FROM xlsx_private.task WHERE status = 'PENDING' AND login::oid = $1"
		" AND run_at > clock_timestamp() - interval '1 second' AND home = (SELECT xlsx_private.installation())",
		1, {OIDOID}, NULL
	};
	Datum		values[] = {ObjectIdGetDatum(login)};
	PrivateRow	row;

	private_sql_run(&select, values, NULL, &row);
	return row.nulls[0] ? DT_NOEND : DatumGetTimestampTz(row.values[0]);
}
