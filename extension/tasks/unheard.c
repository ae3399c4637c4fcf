/*
 * unheard.c
 *	  Events for which the NOTIFY queue has no room.
 */
#include "tasks/unheard.h"

#include "catalog/pg_type.h"
#include "commands/async.h"
#include "fmgr.h"
#include "pg/guc.h"
#include "pg/shared_memory.h"
#include "storage/lwlock.h"
#include "tables/private_sql.h"
#include "tasks/dispatch.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

/* Events that one transaction sends: they must fit into a queue that was nearly full just before. */
#define SEND_TOGETHER 16

/* When to look for room again. */
#define SEND_AGAIN_MS 10000

typedef struct Unheard
{
	LWLock	   *lock;			/* protects all below */
	bool		said;			/* that there is no room */
} Unheard;

static Unheard *shared = NULL;
static bool said_here = false;	/* without shared memory */

void
unheard_init(void)
{
	static const SharedMemory piece = {"pg_xlsx unheard events", "pg_xlsx_unheard", sizeof(Unheard), (void **) &shared, NULL};

	shared_memory_want(&piece);
}

/* Notes whether there is room. Returns true when that is new. */
static bool
note(bool full)
{
	bool		changed;

	if (shared == NULL)
	{
		changed = said_here != full;
		said_here = full;
		return changed;
	}
	if (shared->said == full)
		return false;			/* the usual case, without the lock */
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	changed = shared->said != full;
	shared->said = full;
	LWLockRelease(shared->lock);
	return changed;
}

bool
unheard_is_full(void)
{
	double		usage = 100 * DatumGetFloat8(DirectFunctionCall1(pg_notification_queue_usage, (Datum) 0));
	bool		full = usage >= pg_xlsx_max_notify_usage;

	if (!note(full))
		return full;
	if (full)
		ereport(LOG,
				(errmsg("the NOTIFY queue is %.0f %% full, so events of imports wait", usage),
				 errhint("A session that listens has not ended its transaction: pg_stat_activity has the oldest xact_start.")));
	else
		ereport(LOG,
				(errmsg("the NOTIFY queue has room for events of imports again")));
	return full;
}

void
unheard_keep(const char *payload)
{
	static PrivateStatement insert = {
		"INSERT INTO xlsx_private.unheard_event (payload) VALUES ($1)", 1, {TEXTOID}, NULL
	};
	Datum		values[] = {CStringGetTextDatum(payload)};

	private_sql_run(&insert, values, NULL, NULL);
	dispatch_due(TimestampTzPlusMilliseconds(GetCurrentTimestamp(), SEND_AGAIN_MS));
}

static bool
any_waits(void)
{
	static PrivateStatement select = {"SELECT FROM xlsx_private.unheard_event LIMIT 1", 0, {0}, NULL};

	return private_sql_run(&select, NULL, NULL, NULL) > 0;
}

bool
unheard_send(const char *channel, bool *waiting)
{
	static PrivateStatement delete = {
		"WITH gone AS (DELETE FROM xlsx_private.unheard_event WHERE id = ANY (array(SELECT id FROM xlsx_private.unheard_event"
		" ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING id, payload) SELECT array(SELECT payload FROM gone ORDER BY id)",
		1, {INT4OID}, NULL
	};
	Datum		values[] = {Int32GetDatum(SEND_TOGETHER)};
	PrivateRow	row;
	Datum	   *payloads;
	int			count;

	*waiting = any_waits();
	if (!*waiting || unheard_is_full())
		return false;
	private_sql_run(&delete, values, NULL, &row);
	deconstruct_array(DatumGetArrayTypeP(row.values[0]), TEXTOID, -1, false, TYPALIGN_INT, &payloads, NULL, &count);
	for (int i = 0; i < count; i++)
		Async_Notify(channel, TextDatumGetCString(payloads[i]));
	return count == SEND_TOGETHER;
}
