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
#include "tables/tenant.h"
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

/* Tasks of a party that a claim looks at first. When it can take none, it looks at MORE times as many. */
#define FIRST_TASKS 16
#define MORE		8

/* That many other parties are looked at, to find out whether a second worker has work. */
#define PARTIES_FOR_MORE 8

/* A claim under way. */
typedef struct Claim
{
	Oid			login;
	QueueClaim *found;
	QueueRules	rules;
	bool		rest;			/* the list with the task had another one */
} Claim;

/*
 * The party that a task's worker counts for. A login that serves others, as the sidecar's does,
 * must not let one of them take all workers, so there it is the task's own. Otherwise it is the
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

/* The party that a task of this one counts for. */
static int64
counts_for(const Claim *claim, int64 party)
{
	return claim->found->alone ? PARTY_OF(claim->login) : party;
}

static int64
party_of(const Task *task)
{
	return tenant_party(task->owner, task->tenant, strlen(task->tenant));
}

/* Tries one task. Returns true when it is claimed. */
static bool
claim_task(Claim *claim, int64 id, int64 party)
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
	if (!slots_admit(counts_for(claim, party), found->alone))
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
		if (claim_task(claim, tasks[i].id, tasks[i].party))
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
claim_from(Claim *claim, int64 party, const Candidates *list, const HeldProfiles *held)
{
	for (int i = next_free(list, 0, held); i < list->count; i = next_free(list, i + 1, held))
		if (claim_task(claim, list->tasks[i].id, party))
		{
			claim->rest = next_free(list, i + 1, held) < list->count;
			candidates_used(party, i + 1);
			return true;
		}
	return false;
}

/* One task of a party. */
static bool
claim_of(Claim *claim, int64 party)
{
	HeldProfiles held;
	Candidates	list;
	int			most = FIRST_TASKS;

	if (!slots_may_admit(counts_for(claim, party)))
	{
		claim->found->held = true;
		return false;
	}
	held = held_of(claim, PARTY_OWNER(party));
	if (held.all)
		return false;
	list = candidates_of(claim->login, party, &held, most, false);
	while (!claim_from(claim, party, &list, &held))
	{
		if (list.fresh && !list.cut)
			return false;
		if (list.fresh)
			most *= MORE;
		list = candidates_of(claim->login, party, &held, most, true);
	}
	return true;
}

/* Is there work for a second worker, of this party? */
static bool
has_more_of(Claim *claim, int64 party)
{
	HeldProfiles held;
	Candidates	list;

	if (!slots_has_room(counts_for(claim, party)))
		return false;
	held = held_of(claim, PARTY_OWNER(party));
	if (held.all)
		return false;
	list = candidates_of(claim->login, party, &held, FIRST_TASKS, false);
	return next_free(&list, 0, &held) < list.count;
}

/*
 * The parties with waiting tasks, from one on and then from the beginning, but at most that many.
 * Returns true as soon as each() does.
 */
static bool
each_party(Claim *claim, int64 from, int most, bool (*each) (Claim *claim, int64 party))
{
	int64		parties[CANDIDATES_PARTIES];
	int64		start = from;
	bool		wrapped = from == 0;

	for (;;)
	{
		int			count = candidates_parties(claim->login, start, parties);

		for (int i = 0; i < count; i++)
		{
			if (most-- == 0 || (wrapped && from != 0 && parties[i] >= from))
				return false;
			if (each(claim, parties[i]))
				return true;
		}
		if (count == CANDIDATES_PARTIES && parties[count - 1] < PG_INT64_MAX)
			start = parties[count - 1] + 1;
		else if (wrapped)
			return false;
		else
		{
			start = 0;
			wrapped = true;
		}
	}
}

/* One task of an owner: his tenants take turns, which this process remembers. */
static bool
claim_of_owner(Claim *claim, Oid owner)
{
	static int64 last = 0;
	int64		parties[CANDIDATES_PARTIES];
	int64		from[] = {PARTY_OWNER(last) == owner ? last + 1 : PARTY_OF(owner), PARTY_OF(owner)};

	for (int pass = 0; pass < (int) lengthof(from); pass++)
	{
		int			count = candidates_parties(claim->login, from[pass], parties);

		for (int i = 0; i < count && PARTY_OWNER(parties[i]) == owner; i++)
			if (claim_of(claim, parties[i]))
			{
				last = parties[i];
				return true;
			}
	}
	return false;
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
		if (claim_of_owner(claim, DatumGetObjectId(owners[i])))
			return true;
	return false;
}

static bool
claim_in_turn(Claim *claim)
{
	int64		last = turns_last(claim->login);
	int64		party;

	if (!each_party(claim, last + 1, INT_MAX, claim_of))
		return false;
	party = party_of(claim->found->task);
	if (party != last)
		turns_note(claim->login, party);
	return true;
}

/* With a limit, another task may be held back by the one that was just claimed. */
static bool
has_more(Claim *claim)
{
	int64		party = party_of(claim->found->task);

	if (dispatch_is_wanted(claim->login))
		return false;
	if (claim->rest && !claim->rules.limit && slots_has_room(counts_for(claim, party)))
		return true;
	return has_more_of(claim, party) || each_party(claim, party + 1, PARTIES_FOR_MORE, has_more_of);
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
		"SELECT min(run_at) FROM xlsx_private.task WHERE status = 'PENDING' AND NOT held AND login::oid = $1"
		" AND run_at > clock_timestamp() - interval '1 second' AND home = (SELECT xlsx_private.installation())",
		1, {OIDOID}, NULL
	};
	Datum		values[] = {ObjectIdGetDatum(login)};
	PrivateRow	row;

	private_sql_run(&select, values, NULL, &row);
	return row.nulls[0] ? DT_NOEND : DatumGetTimestampTz(row.values[0]);
}
