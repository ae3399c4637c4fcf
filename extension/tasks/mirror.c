/*
 * mirror.c
 *	  Copies the progress of tasks to Redis.
 */
#include "tasks/mirror.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "files/redis.h"
#include "pg/guc.h"
#include "tables/private_sql.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

static const char *const fields[] = {
	"status", "phase", "progress", "totalRows", "validatedRows", "errorRows", "savedRows", "attempts", "updatedAt"
};

typedef struct Pending
{
	int64		task;
	char	   *key;
	bool		remove;
	char	   *values[lengthof(fields)];
} Pending;

static List *pending = NIL;		/* one for each task; lives in TopTransactionContext */

static void
send(const Pending *one)
{
	RedisCommand commands[2] = {0};
	int			words = 0;

	if (one->remove)
	{
		commands[0] = (RedisCommand){2, {"UNLINK", one->key}, {0}};
		(void) redis_try(commands, 1, NULL);
		return;
	}
	commands[0].words[words++] = "HSET";
	commands[0].words[words++] = one->key;
	for (size_t i = 0; i < lengthof(fields); i++)
	{
		commands[0].words[words++] = fields[i];
		commands[0].words[words++] = one->values[i];
	}
	commands[0].count = words;
	commands[1] = (RedisCommand){3, {"EXPIRE", one->key, psprintf("%d", pg_xlsx_upload_ttl)}, {0}};
	(void) redis_try(commands, 2, NULL);
}

static void
at_transaction_end(XactEvent event, void *arg)
{
	ListCell   *cell;

	(void) arg;
	if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT && event != XACT_EVENT_PREPARE)
		return;
	if (event == XACT_EVENT_COMMIT)
		foreach(cell, pending)
			send(lfirst(cell));
	pending = NIL;
}

/* The entry of a task in the current transaction, in memory of the transaction. */
static Pending *
entry(int64 task)
{
	static bool registered = false;
	Pending    *one;
	ListCell   *cell;

	if (!registered)
		RegisterXactCallback(at_transaction_end, NULL);
	registered = true;
	foreach(cell, pending)
		if (((Pending *) lfirst(cell))->task == task)
			return lfirst(cell);
	one = palloc0(sizeof(Pending));
	one->task = task;
	one->key = redis_key("task", task);
	pending = lappend(pending, one);
	return one;
}

void
mirror_task(int64 task)
{
	static PrivateStatement select = {
		"SELECT t.status, coalesce(now.phase, ''), now.progress::text, now.total_rows::text, now.validated_rows::text,"
		" now.error_rows::text, now.saved_rows::text, t.attempts::text, xlsx_private.iso(t.updated_at)"
		" FROM xlsx_private.task_now AS now, LATERAL (SELECT (now.task).*) AS t WHERE t.id = $1",
		1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task)};
	MemoryContext caller;
	PrivateRow	row;
	Pending    *one;

	if (!redis_configured() || private_sql_run(&select, values, NULL, &row) == 0)
		return;
	caller = MemoryContextSwitchTo(TopTransactionContext);
	one = entry(task);
	for (size_t i = 0; i < lengthof(fields); i++)
	{
		if (one->values[i] != NULL)
			pfree(one->values[i]);
		one->values[i] = TextDatumGetCString(row.values[i]);
	}
	MemoryContextSwitchTo(caller);
}

void
mirror_remove(int64 task)
{
	MemoryContext caller;

	if (!redis_configured())
		return;
	caller = MemoryContextSwitchTo(TopTransactionContext);
	entry(task)->remove = true;
	MemoryContextSwitchTo(caller);
}
