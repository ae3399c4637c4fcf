/*
 * store_redis.c
 *	  The store in Redis: one hash per file, one field per chunk, one TTL for the whole file.
 *
 * Redis does not take part in our transactions. So chunks are deleted when the (sub)transaction
 * that put them aborts, and removed files are deleted only after the transaction has committed.
 * When a deletion fails, the TTL does it later. The sweep renews the TTL of every file that still
 * has a row.
 */
#include "files/store.h"

#include "access/xact.h"
#include "files/redis.h"
#include "miscadmin.h"
#include "pg/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* A key to delete when its transaction commits, or when it aborts. */
typedef struct Doomed
{
	char	   *key;
	bool		on_commit;		/* delete it at the commit; false: at the abort */
	int			level;			/* of the subtransaction */
} Doomed;

static List *doomed = NIL;		/* lives in TopTransactionContext */

static const char *
decimal(int64 number)
{
	return psprintf(INT64_FORMAT, number);
}

static void
delete_key(const char *key)
{
	RedisCommand command = {2, {"UNLINK", key}, {0}};

	(void) redis_try(&command, 1, NULL);
}

/* A transaction or subtransaction of this level, with those within it, has ended. */
static void
settle(int level, bool committed)
{
	ListCell   *cell;

	foreach(cell, doomed)
	{
		Doomed	   *one = lfirst(cell);

		if (one->level < level)
			continue;
		if (one->on_commit == committed)
			delete_key(one->key);
		doomed = foreach_delete_current(doomed, cell);
	}
}

static void
at_transaction_end(XactEvent event, void *arg)
{
	(void) arg;
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT)
		settle(1, event == XACT_EVENT_COMMIT);
	/* a prepared transaction may end after this session: the TTL deletes the key */
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
		doomed = NIL;
}

static void
at_subtransaction_end(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *arg)
{
	int			level = GetCurrentTransactionNestLevel();
	ListCell   *cell;

	(void) mine;
	(void) parent;
	(void) arg;
	if (event == SUBXACT_EVENT_ABORT_SUB)
		settle(level, false);
	else if (event == SUBXACT_EVENT_COMMIT_SUB)
		foreach(cell, doomed)
		{
			Doomed	   *one = lfirst(cell);

			one->level = Min(one->level, level - 1);
		}
}

static void
doom(int64 file, bool on_commit)
{
	static bool registered = false;
	MemoryContext caller = MemoryContextSwitchTo(TopTransactionContext);
	Doomed	   *one = palloc(sizeof(Doomed));

	if (!registered)
	{
		RegisterXactCallback(at_transaction_end, NULL);
		RegisterSubXactCallback(at_subtransaction_end, NULL);
		registered = true;
	}
	*one = (Doomed){redis_key("file", file), on_commit, GetCurrentTransactionNestLevel()};
	doomed = lappend(doomed, one);
	MemoryContextSwitchTo(caller);
}

static void
redis_put(int64 file, int32 no, bytea *data)
{
	char	   *key = redis_key("file", file);
	RedisCommand commands[] = {
		{1, {"MULTI"}, {0}},
		{4, {"HSET", key, decimal(no), VARDATA_ANY(data)}, {0, 0, 0, VARSIZE_ANY_EXHDR(data)}},
		{3, {"EXPIRE", key, decimal(pg_xlsx_upload_ttl)}, {0}},
		{1, {"EXEC"}, {0}}
	};

	if (no == 0)
		doom(file, false);
	redis_run(commands, lengthof(commands), NULL);
}

static int
redis_get(int64 file, int32 no, char *buffer)
{
	char	   *key = redis_key("file", file);
	RedisCommand commands[] = {
		{3, {"EXPIRE", key, decimal(pg_xlsx_upload_ttl)}, {0}},
		{3, {"HGET", key, decimal(no)}, {0}}
	};
	RedisAnswer answer;
	int			length;

	redis_run(commands, lengthof(commands), &answer);
	if (answer.nil)
		return -1;
	length = (int) Min(answer.length, PG_XLSX_CHUNK_BYTES);
	memcpy(buffer, answer.data, (size_t) length);
	return length;
}

static void
redis_remove(int64 file)
{
	doom(file, true);
}

static bool
redis_renew(int64 file)
{
	RedisCommand command = {3, {"EXPIRE", redis_key("file", file), decimal(pg_xlsx_upload_ttl)}, {0}};

	return redis_try(&command, 1, NULL);
}

const Store store_redis = {"redis", redis_put, redis_get, redis_remove, redis_renew};
