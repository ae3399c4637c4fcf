/*
 * sweep.c
 *	  What a database needs from time to time.
 */
#include "workers/sweep.h"

#include "catalog/pg_type.h"
#include "files/store.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "pg/guc.h"
#include "pg/subtransaction.h"
#include "profile/frozen.h"
#include "tables/private_sql.h"
#include "tables/version.h"
#include "tasks/counters.h"
#include "tasks/dispatch.h"
#include "tasks/events.h"
#include "tasks/login_fault.h"
#include "tasks/progress.h"
#include "tasks/queue.h"
#include "tasks/slots.h"
#include "tasks/task_file.h"
#include "tasks/unheard.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(pg_xlsx_wake_queue);

/*
 * Workers
 */

/* Most tasks that one transaction ends or removes, and most files. */
#define MOST_TASKS 1000

/* What could not be removed, because a session holds it, is overdue. It is tried again, but not at once. */
#define TIDY_AGAIN_MS 10000

/* The first column of a statement's only row: an array of bigint. */
static int64 *
ids_of(PrivateStatement *select, const Datum *values, int *count)
{
	PrivateRow	row;
	Datum	   *elements;
	int64	   *ids;

	private_sql_run(select, values, NULL, &row);
	deconstruct_array(DatumGetArrayTypeP(row.values[0]), INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &elements, NULL,
					  count);
	ids = palloc(sizeof(int64) * (size_t) Max(*count, 1));
	for (int i = 0; i < *count; i++)
		ids[i] = DatumGetInt64(elements[i]);
	return ids;
}

static bool
is_active(int64 task)
{
	static PrivateStatement select = {
		"SELECT FROM xlsx_private.task WHERE id = $1 AND xlsx_private.is_active(status)", 1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task)};

	return private_sql_run(&select, values, NULL, NULL) > 0;
}

/*
 * Ends tasks of a login that cannot log in, or lets them wait where the fault passes by itself.
 * Leaves those that a worker is at: it has logged in before. Returns true when there may be more
 * of them than a transaction deals with.
 */
static bool
stop_tasks_of(Oid login, const ErrorData *error, bool passes)
{
	static PrivateStatement select = {
		"SELECT array(SELECT id FROM xlsx_private.task WHERE login::oid = $1 AND (set_size IS NULL OR atomic) AND home = (SELECT xlsx_private.installation())"
		" AND CASE WHEN $3 THEN status = 'PENDING' AND NOT held AND xlsx_private.is_due(run_at, wait_ms) ELSE xlsx_private.is_active(status) END"
		" LIMIT $2 FOR UPDATE SKIP LOCKED)",
		3, {OIDOID, INT4OID, BOOLOID}, NULL
	};
	Datum		values[] = {ObjectIdGetDatum(login), Int32GetDatum(MOST_TASKS), BoolGetDatum(passes)};
	int			count;
	int64	   *tasks = ids_of(&select, values, &count);

	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		/* The end of one may have ended those after it. */
		if (!is_active(tasks[i]) || !queue_try_keep(tasks[i]))
			continue;
		if (passes)
			queue_wait_on(tasks[i], error);
		else
			queue_end(tasks[i], TASK_FAILED, error);
	}
	return count == MOST_TASKS;
}

/* Calls want() for logins of an array, or stops the tasks of those that cannot log in. Returns true as want_workers does. */
static bool
want_each(Datum logins, void (*want) (Oid login))
{
	Datum	   *roles;
	int			count;
	bool		more = false;

	deconstruct_array(DatumGetArrayTypeP(logins), OIDOID, sizeof(Oid), true, TYPALIGN_INT, &roles, NULL, &count);
	for (int i = 0; i < count; i++)
	{
		Oid			role = DatumGetObjectId(roles[i]);
		ErrorData	error;
		bool		passes;

		CHECK_FOR_INTERRUPTS();
		if (login_fault_find(role, &error, &passes))
			more = stop_tasks_of(role, &error, passes) || more;
		else
			want(role);
	}
	return more;
}

/* Does the worker of one of these tasks still work on it? */
static bool
all_have_workers(const int64 *tasks, int count)
{
	for (int i = 0; i < count; i++)
		if (!slots_signal(tasks[i], 0))
			return false;
	return true;
}

/*
 * Wants workers for roles whose tasks are due, or PROCESSING without a worker. Returns true when
 * it left tasks of logins that cannot log in to the next transaction.
 */
static bool
want_workers(void (*want) (Oid login))
{
	static PrivateStatement waiting = {
		"SELECT array(SELECT DISTINCT g.login FROM xlsx_private.waiting_group g"
		" WHERE NOT EXISTS (SELECT FROM unnest((SELECT array_agg(h) FROM xlsx_private.held_subject h)) AS held"
		" WHERE held.profile_id IN (0, g.profile_id) AND held.role IN (0, g.owner))"
		" AND EXISTS (SELECT FROM xlsx_private.task t WHERE t.status = 'PENDING' AND NOT t.held AND t.home = (SELECT xlsx_private.installation())"
		" AND t.login::oid = g.login AND xlsx_private.party(t.owner, t.tenant) = g.party AND coalesce(t.profile_id, 0) = g.profile_id"
		" AND xlsx_private.is_due(t.run_at, t.wait_ms)))", 0, {0}, NULL
	};
	static PrivateStatement running = {
		"SELECT array(SELECT DISTINCT login::oid FROM xlsx_private.task WHERE status = 'PROCESSING' AND (set_size IS NULL OR atomic) AND home = (SELECT xlsx_private.installation()))",
		0, {0}, NULL
	};
	static PrivateStatement tasks = {
		"SELECT array(SELECT id FROM xlsx_private.task WHERE status = 'PROCESSING' AND (set_size IS NULL OR atomic) AND home = (SELECT xlsx_private.installation()))",
		0, {0}, NULL
	};
	PrivateRow	row;
	int			count;
	int64	   *ids = ids_of(&tasks, NULL, &count);
	bool		more;

	private_sql_run(&waiting, NULL, NULL, &row);
	more = want_each(row.values[0], want);
	if (all_have_workers(ids, count))
		return more;
	slots_note_lost();
	private_sql_run(&running, NULL, NULL, &row);
	return want_each(row.values[0], want) || more;
}

static void
want_now(Oid login)
{
	dispatch_want_now(MyDatabaseId, login);
}

/*
 * From a session: with a launcher, asks for a sweep after this commit. Without one, starts the
 * workers itself.
 */
Datum
pg_xlsx_wake_queue(PG_FUNCTION_ARGS)
{
	(void) fcinfo;
	if (dispatch_shared())
		dispatch_want(DISPATCH_SWEEP);
	else
		(void) want_workers(dispatch_want);
	PG_RETURN_VOID();
}

/*
 * Tidying
 */

/*
 * Tidying waits for no session: a session may keep its transaction open for days. What it holds
 * is left to a later sweep.
 */

typedef struct Removal
{
	int64	   *tasks;
	int			count;
	int64		removed;
} Removal;

static void
tell_deleted(ArrayType *tasks, ArrayType *numbers)
{
	Datum	   *ids;
	Datum	   *seqs;
	int			count;

	deconstruct_array(tasks, INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &ids, NULL, &count);
	deconstruct_array(numbers, INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &seqs, NULL, &count);
	for (int i = 0; i < count; i++)
		progress_swept(DatumGetInt64(ids[i]), DatumGetInt64(seqs[i]));
}

/* The tasks have ended, and this transaction has locked them. */
static void
delete_tasks(void *argument)
{
	static PrivateStatement delete = {
		"WITH gone AS (DELETE FROM xlsx_private.task WHERE id = ANY ($1) RETURNING id, seq, owner, tenant, status),"
		" counted AS (" COUNTERS_GONE ")"
		" SELECT array(SELECT id FROM gone ORDER BY id), (SELECT count(*) FROM gone), array(SELECT seq FROM gone ORDER BY id)",
		1, {INT8ARRAYOID}, NULL
	};
	Removal    *removal = argument;
	Datum	   *ids = palloc(sizeof(Datum) * (size_t) Max(removal->count, 1));
	Datum		values[1];
	PrivateRow	row;

	for (int i = 0; i < removal->count; i++)
		ids[i] = Int64GetDatum(removal->tasks[i]);
	values[0] = PointerGetDatum(construct_array(ids, removal->count, INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	private_sql_run(&delete, values, NULL, &row);
	queue_remove_rows(row.values[0]);
	tell_deleted(DatumGetArrayTypeP(row.values[0]), DatumGetArrayTypeP(row.values[2]));
	removal->removed = DatumGetInt64(row.values[1]);
}

/*
 * Removes tasks that ended that long ago, and all that is stored about them. The rows that they
 * imported stay. Tasks that a session holds are passed over by the lock of the first statement.
 */
static int64
remove_tasks(void)
{
	static PrivateStatement select = {"SELECT xlsx_private.expired_tasks($1)", 1, {INT4OID}, NULL};
	Datum		values[] = {Int32GetDatum(MOST_TASKS)};
	Removal		all = {0};
	int64		removed = 0;

	all.tasks = ids_of(&select, values, &all.count);
	if (all.count == 0 || subtransaction_try_unlocked(delete_tasks, &all))
		return all.removed;
	/* a session holds a row that belongs to one of them */
	for (int i = 0; i < all.count; i++)
	{
		Removal		one = {&all.tasks[i], 1, 0};

		CHECK_FOR_INTERRUPTS();
		if (subtransaction_try_unlocked(delete_tasks, &one))
			removed += one.removed;
	}
	return removed;
}

/* Error rows, old values and notes for undo that go before their tasks. Returns how many tasks had them. */
static int64
remove_kept(void)
{
	static PrivateStatement remove = {"SELECT xlsx_private.remove_kept($1)", 1, {INT4OID}, NULL};
	Datum		values[] = {Int32GetDatum(MOST_TASKS)};
	PrivateRow	row;

	private_sql_run(&remove, values, NULL, &row);
	return DatumGetInt64(row.values[0]);
}

/* Rows of xlsx.audit whose time is over. Returns how many. */
static int64
remove_audit(void)
{
	static PrivateStatement remove = {"SELECT xlsx_private.remove_audit($1)", 1, {INT4OID}, NULL};
	Datum		values[] = {Int32GetDatum(MOST_TASKS)};
	PrivateRow	row;

	private_sql_run(&remove, values, NULL, &row);
	return DatumGetInt64(row.values[0]);
}

/* A session may hold rows of them, by xlsx.reassign. */
static int64
remove_jobs(void)
{
	static PrivateStatement delete = {
		"DELETE FROM xlsx_private.job WHERE id = ANY (array(SELECT j.id FROM xlsx_private.job j WHERE j.id = ANY (array("
		"SELECT o.id FROM (SELECT id, xlsx_private.is_success(status) AS good, row_number()"
		" OVER (PARTITION BY xlsx_private.is_success(status) ORDER BY id DESC) AS n FROM xlsx_private.job) AS o"
		" WHERE o.n > CASE WHEN o.good THEN $1 ELSE $2 END)) FOR UPDATE SKIP LOCKED))",
		2, {INT4OID, INT4OID}, NULL
	};
	Datum		values[] = {Int32GetDatum(pg_xlsx_keep_completed_jobs), Int32GetDatum(pg_xlsx_keep_failed_jobs)};

	return (int64) private_sql_run(&delete, values, NULL, NULL);
}

/*
 * Rows that refer to nothing come from a restore of only some tables, or from transactions of
 * another isolation level. To find them, all rows are read, so this is done after CREATE
 * EXTENSION and then once a day.
 */
static int64
remove_orphans(void)
{
	static PrivateStatement due = {
		"UPDATE xlsx_private.housekeeping SET orphans_sought_at = clock_timestamp()"
		" WHERE orphans_sought_at IS NULL OR orphans_sought_at < clock_timestamp() - interval '1 day'",
		0, {0}, NULL
	};
	static PrivateStatement remove = {"SELECT xlsx_private.remove_orphans(), xlsx_private.recount(), xlsx_private.look_back()", 0, {0}, NULL};
	PrivateRow	row;

	if (private_sql_run(&due, NULL, NULL, NULL) == 0)
		return 0;
	private_sql_run(&remove, NULL, NULL, &row);
	return DatumGetInt64(row.values[0]);
}

bool
sweep_tidy(void)
{
	static PrivateStatement update = {
		"UPDATE xlsx_private.housekeeping SET swept_at = clock_timestamp(), sweeps = sweeps + 1,"
		" tasks_removed = tasks_removed + $1, files_removed = files_removed + $2, jobs_removed = jobs_removed + $3,"
		" orphans_removed = orphans_removed + $4",
		4, {INT8OID, INT8OID, INT8OID, INT8OID}, NULL
	};
	Datum		values[4];
	bool		events_wait;
	bool		more_files;
	bool		more;

	values[0] = Int64GetDatum(remove_tasks());
	values[1] = Int64GetDatum(task_file_sweep(MOST_TASKS, &more_files));
	values[2] = Int64GetDatum(remove_jobs());
	values[3] = Int64GetDatum(remove_orphans());
	(void) frozen_profile_sweep();
	more = counters_fold();
	more = unheard_send(events_channel(), &events_wait) || more;
	more = remove_kept() == MOST_TASKS || more;
	more = remove_audit() == MOST_TASKS || more;
	private_sql_run(&update, values, NULL, NULL);
	if (events_wait && !more)
		dispatch_due(TimestampTzPlusMilliseconds(GetCurrentTimestamp(), TIDY_AGAIN_MS));
	return more || more_files || DatumGetInt64(values[0]) == MOST_TASKS;
}

/*
 * Going on
 */

/* Renews files whose store lets them expire. Returns true when there are any. */
static bool
renew_files(void)
{
	static PrivateStatement select = {
		"SELECT array(SELECT id FROM xlsx_private.file WHERE store = 'redis')", 0, {0}, NULL
	};
	int			count;
	int64	   *files = ids_of(&select, NULL, &count);
	bool		reached = true;

	for (int i = 0; i < count && reached; i++)
		reached = store_redis.renew(files[i]);
	return count > 0;
}

static TimestampTz
time_of(PrivateStatement *select, const Datum *values)
{
	PrivateRow	row;

	private_sql_run(select, values, NULL, &row);
	return row.nulls[0] ? DT_NOEND : DatumGetTimestampTz(row.values[0]);
}

/* When the next waiting task is due. */
static TimestampTz
next_start(void)
{
	static PrivateStatement select = {
		"SELECT min(run_at) FROM xlsx_private.task WHERE status = 'PENDING' AND NOT held AND run_at IS NOT NULL AND run_at > $1",
		1, {TIMESTAMPTZOID}, NULL
	};
	Datum		values[] = {TimestampTzGetDatum(GetCurrentTimestamp())};

	return time_of(&select, values);
}

/* When the next file, task or part of one has been kept long enough. */
static TimestampTz
next_tidying(void)
{
	static PrivateStatement select = {"SELECT xlsx_private.next_expiry($1 * interval '1 second')", 1, {INT4OID}, NULL};
	Datum		values[] = {Int32GetDatum(pg_xlsx_upload_ttl)};
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz due = time_of(&select, values);

	return due < now ? TimestampTzPlusMilliseconds(now, TIDY_AGAIN_MS) : due;
}

static TimestampTz started_at;

/* The clock may be set: then it took no time. */
static void
note_duration(void)
{
	static PrivateStatement update = {"UPDATE xlsx_private.housekeeping SET sweep_ms = $1", 1, {FLOAT8OID}, NULL};
	int64		took = Max(GetCurrentTimestamp() - started_at, 0);
	Datum		values[] = {Float8GetDatum((double) took / 1000.0)};

	private_sql_run(&update, values, NULL, NULL);
}

/*
 * The due time is read before the look for tasks, so that a task that becomes due in between is
 * found by the look.
 */
bool
sweep_start(void)
{
	version_check(LOG);
	started_at = GetCurrentTimestamp();
	queue_end_waits();
	dispatch_due(next_start());
	return want_workers(want_now);
}

bool
sweep_plan(void)
{
	TimestampTz due = next_tidying();

	if (renew_files())
		due = Min(due, TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
												   pg_xlsx_upload_ttl * INT64CONST(1000) / STORE_RENEWALS));
	dispatch_due(due);
	note_duration();
	return false;
}
