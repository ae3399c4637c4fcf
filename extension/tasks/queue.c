/*
 * queue.c
 *	  The lock of a task, and how a task ends.
 */
#include "tasks/queue.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "pg/guc.h"
#include "pg/shown_row.h"
#include "storage/lock.h"
#include "tables/private_sql.h"
#include "tasks/after.h"
#include "tasks/audit.h"
#include "tasks/counters.h"
#include "tasks/dispatch.h"
#include "tasks/task_file.h"
#include "tasks/task_lock.h"
#include "tasks/task_set.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

/* A transaction holds this lock while it claims, when a limit on tasks exists. No task has this id. */
#define CLAIM_LOCK 0

/* Old jobs are removed this long after a task has ended, together with everything else that is due. */
#define TIDY_AFTER_MS 10000

/* The first and the longest delay after an error that passes by itself. The delay doubles each time. */
#define LEAST_WAIT_MS INT64CONST(1000)
#define MOST_WAIT_MS INT64CONST(30000)

/*
 * The lock of a task
 */

bool
queue_try_lock(int64 task)
{
	LOCKTAG		tag = task_lock_tag(task, TASK_LOCK_WORK);

	return LockAcquire(&tag, ExclusiveLock, true, true) != LOCKACQUIRE_NOT_AVAIL;
}

void
queue_unlock(int64 task)
{
	LOCKTAG		tag = task_lock_tag(task, TASK_LOCK_WORK);

	LockRelease(&tag, ExclusiveLock, true);
}

bool
queue_try_keep(int64 task)
{
	LOCKTAG		tag = task_lock_tag(task, TASK_LOCK_WORK);

	return LockAcquire(&tag, ShareLock, false, true) != LOCKACQUIRE_NOT_AVAIL;
}

void
queue_hold(int64 task)
{
	LOCKTAG		tag = task_lock_tag(task, TASK_LOCK_WORK);

	if (LockAcquire(&tag, ExclusiveLock, false, true) == LOCKACQUIRE_NOT_AVAIL)
		ereport(FATAL,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("task " INT64_FORMAT " is another session's", task),
				 errdetail("SQL of the task released this session's lock while it was committed.")));
}

void
queue_keep(int64 task)
{
	LOCKTAG		tag = task_lock_tag(task, TASK_LOCK_WORK);

	(void) LockAcquire(&tag, ExclusiveLock, true, false);
}

void
queue_unlock_all(void)
{
	LockReleaseSession(USER_LOCKMETHOD);
}

void
queue_claim_alone(void)
{
	LOCKTAG		tag = task_lock_tag(CLAIM_LOCK, TASK_LOCK_WORK);

	(void) LockAcquire(&tag, ExclusiveLock, false, false);
}

/*
 * Ending
 */

void
queue_remove_working_rows(int64 task)
{
	static PrivateStatement delete = {
		"WITH packets AS (DELETE FROM xlsx_private.packet WHERE task_id = $1),"
		" keys AS (DELETE FROM xlsx_private.seen_key WHERE task_id = $1)"
		" DELETE FROM xlsx_private.seen_value WHERE task_id = $1", 1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task)};

	private_sql_run(&delete, values, NULL, NULL);
}

void
queue_remove_rows(Datum tasks)
{
	static PrivateStatement delete = {
		"WITH packets AS (DELETE FROM xlsx_private.packet WHERE task_id = ANY ($1)),"
		" keys AS (DELETE FROM xlsx_private.seen_key WHERE task_id = ANY ($1)),"
		" errors AS (DELETE FROM xlsx_private.error_page WHERE task_id = ANY ($1)),"
		" warnings AS (DELETE FROM xlsx_private.warning_page WHERE task_id = ANY ($1)),"
		" blocks AS (DELETE FROM xlsx_private.error_block WHERE task_id = ANY ($1)),"
		" counts AS (DELETE FROM xlsx_private.error_count WHERE task_id = ANY ($1)),"
		" kept AS (DELETE FROM xlsx_private.row_page WHERE task_id = ANY ($1)),"
		" webhooks AS (DELETE FROM xlsx_private.webhook_delivery WHERE task_id = ANY ($1)),"
		" xids AS (DELETE FROM xlsx_private.undo_xid WHERE task_id = ANY ($1)),"
		" old_rows AS (DELETE FROM xlsx_private.undo_row WHERE task_id = ANY ($1))"
		" DELETE FROM xlsx_private.seen_value WHERE task_id = ANY ($1)", 1, {INT8ARRAYOID}, NULL
	};

	private_sql_run(&delete, &tasks, NULL, NULL);
}

/*
 * Records the attempt that ends now in xlsx.jobs, and adds its time to the task. Call it when the
 * row of the task has its new state.
 */
static void
record_job(int64 task, const char *status)
{
	static PrivateStatement insert = {
		"WITH ended AS (INSERT INTO xlsx_private.job (task_id, attempt, status, profile, file_name, owner, tenant, started_at, saved_rows,"
		" error_rows, error_code, error_message)"
		" SELECT id, attempts, coalesce($2, status), profile, file_name, owner, tenant, attempt_started_at, saved_rows,"
		" error_rows, error_code, error_message FROM xlsx_private.task WHERE id = $1 RETURNING started_at)"
		" UPDATE xlsx_private.task SET attempt_started_at = NULL, work_ms = coalesce(work_ms, 0)"
		" + round(1000 * extract(epoch FROM clock_timestamp() - ended.started_at))::bigint"
		" FROM ended WHERE id = $1 AND ended.started_at IS NOT NULL",
		2, {INT8OID, TEXTOID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task), status != NULL ? CStringGetTextDatum(status) : (Datum) 0};
	char		nulls[] = {' ', status != NULL ? ' ' : 'n'};

	private_sql_run(&insert, values, nulls, NULL);
	dispatch_due(TimestampTzPlusMilliseconds(GetCurrentTimestamp(), TIDY_AFTER_MS));
}

void
queue_complete(Task *task)
{
	static PrivateStatement update = {
		"UPDATE xlsx_private.task SET status = CASE WHEN error_rows > 0 THEN 'HAS_ERRORS' ELSE 'COMPLETED' END,"
		" phase = NULL, progress = 100, total_rows = saved_rows + skipped_rows + error_rows, worker_pid = NULL, deaths = 0,"
		" updated_at = clock_timestamp(), completed_at = clock_timestamp(), " COUNTERS_SET " WHERE id = $1",
		1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task->id)};

	if (task->file == 0)
		queue_remove_working_rows(task->id);
	progress_completed(&task->progress);
	counters_end(task->id, COUNTERS_SUCCESS);
	private_sql_run(&update, values, NULL, NULL);
	if (task->file != 0)
		task_file_spend(task->file);
	record_job(task->id, NULL);
	audit_note(task->id, AUDIT_END, AUDIT_NO_ROWS);
	progress_terminal(task->id);
	task_set_sum(task->set);
	after_ended(task->id, TASK_COMPLETED);
}

/* The set that a task is one of; 0: none. */
static int64
set_of(int64 task)
{
	static PrivateStatement select = {
		"SELECT set_id FROM xlsx_private.task WHERE id = $1 AND set_id IS NOT NULL", 1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task)};
	PrivateRow	row;

	return private_sql_run(&select, values, NULL, &row) > 0 ? DatumGetInt64(row.values[0]) : 0;
}

void
queue_end(int64 task, TaskStatus status, const ErrorData *error)
{
	queue_end_one(task, status, error);
	after_ended(task, status);
}

void
queue_end_one(int64 task, TaskStatus status, const ErrorData *error)
{
	static PrivateStatement update = {
		"UPDATE xlsx_private.task SET status = $2, phase = NULL, worker_pid = NULL, deaths = 0,"
		" error_code = $3, error_message = $4, error_detail = $5, error_hint = $6,"
		" updated_at = clock_timestamp(), completed_at = clock_timestamp(), " COUNTERS_SET " WHERE id = $1",
		6, {INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID}, NULL
	};
	Datum		values[6] = {Int64GetDatum(task), CStringGetTextDatum(task_status_names.texts[status])};
	char		nulls[6] = {' ', ' '};

	private_sql_set_text(values, nulls, 2, unpack_sql_state(error->sqlerrcode));
	private_sql_set_text(values, nulls, 3, error->message);
	private_sql_set_text(values, nulls, 4, shown_row_detail(error));
	private_sql_set_text(values, nulls, 5, error->hint);
	counters_end(task, (int) status);
	private_sql_run(&update, values, nulls, NULL);
	record_job(task, NULL);
	audit_note(task, AUDIT_END, AUDIT_NO_ROWS);
	progress_terminal(task);
	task_set_sum(set_of(task));
	/* After that time its file and packets expire. */
	dispatch_due(TimestampTzPlusMilliseconds(GetCurrentTimestamp(), pg_xlsx_upload_ttl * INT64CONST(1000)));
}

bool
queue_has_ended(int64 task)
{
	static PrivateStatement select = {
		"SELECT FROM xlsx_private.task WHERE id = $1 AND status = 'PROCESSING'", 1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task)};

	return private_sql_run(&select, values, NULL, NULL) == 0;
}

bool
queue_postpone(const Task *task, const ErrorData *error)
{
	static PrivateStatement update = {
		"UPDATE xlsx_private.task SET status = 'PENDING', phase = NULL, worker_pid = NULL, deaths = 0,"
		" run_at = clock_timestamp() + $2 * interval '1 millisecond', wait_ms = $2, error_code = $3, error_message = $4,"
		" updated_at = clock_timestamp() WHERE id = $1",
		4, {INT8OID, INT8OID, TEXTOID, TEXTOID}, NULL
	};
	Datum		values[4];
	char		nulls[4] = {' ', ' ', ' ', ' '};
	int64		delay_ms;

	if (task->attempt >= pg_xlsx_max_attempts)
		return false;
	/* 2, 6, 14, ... seconds: (2^n - 1) times the delay, the rule of the Bull queue */
	delay_ms = (((int64) 1 << Min(task->attempt, 20)) - 1) * pg_xlsx_retry_delay;
	values[0] = Int64GetDatum(task->id);
	values[1] = Int64GetDatum(delay_ms);
	private_sql_set_text(values, nulls, 2, unpack_sql_state(error->sqlerrcode));
	private_sql_set_text(values, nulls, 3, error->message);
	private_sql_run(&update, values, nulls, NULL);
	record_job(task->id, "RETRYING");
	progress_retrying(task->id, task->attempt + 1, delay_ms);
	dispatch_due(TimestampTzPlusMilliseconds(GetCurrentTimestamp(), delay_ms));
	return true;
}

/* Ends a task whose trouble has lasted too long. */
static void
lose_patience(int64 task, const ErrorData *error)
{
	ErrorData	last = *error;

	last.detail = psprintf("%s%sIt was tried again and again for %s (pg_xlsx.patience).", error->detail != NULL ? error->detail : "",
						   error->detail != NULL ? " " : "", GetConfigOptionByName("pg_xlsx.patience", NULL, false));
	last.hint = psprintf("%s%sxlsx.retry goes on where the task stopped.", error->hint != NULL ? error->hint : "",
						 error->hint != NULL ? " " : "");
	queue_end(task, TASK_FAILED, &last);
}

void
queue_wait_on(int64 task, const ErrorData *error)
{
	static PrivateStatement update = {
		"UPDATE xlsx_private.task t SET status = 'PENDING', phase = NULL, worker_pid = NULL, deaths = 0,"
		" attempts = attempts - CASE WHEN status = 'PROCESSING' THEN 1 ELSE 0 END,"
		" work_ms = CASE WHEN attempt_started_at IS NULL THEN work_ms ELSE coalesce(work_ms, 0)"
		" + round(1000 * extract(epoch FROM clock_timestamp() - attempt_started_at))::bigint END, attempt_started_at = NULL,"
		" run_at = clock_timestamp() + w.ms * interval '1 millisecond', wait_ms = w.ms, waited_ms = waited_ms + w.ms,"
		" error_code = $2, error_message = $3, error_detail = $4, error_hint = $5, updated_at = clock_timestamp()"
		" FROM (SELECT least(greatest(waited_ms, $6), $7, $8 - waited_ms) AS ms FROM xlsx_private.task WHERE id = $1) AS w"
		" WHERE id = $1 AND w.ms > 0 RETURNING wait_ms, attempts + 1",
		8, {INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, INT8OID, INT8OID, INT8OID}, NULL
	};
	Datum		values[8];
	char		nulls[8] = {' ', ' ', ' ', ' ', ' ', ' ', ' ', ' '};
	PrivateRow	row;
	int64		delay_ms;

	values[0] = Int64GetDatum(task);
	private_sql_set_text(values, nulls, 1, unpack_sql_state(error->sqlerrcode));
	private_sql_set_text(values, nulls, 2, error->message);
	private_sql_set_text(values, nulls, 3, shown_row_detail(error));
	private_sql_set_text(values, nulls, 4, error->hint);
	values[5] = Int64GetDatum(LEAST_WAIT_MS);
	values[6] = Int64GetDatum(MOST_WAIT_MS);
	values[7] = Int64GetDatum(pg_xlsx_patience * INT64CONST(1000));
	if (private_sql_run(&update, values, nulls, &row) == 0)
	{
		lose_patience(task, error);
		return;
	}
	delay_ms = DatumGetInt64(row.values[0]);
	progress_retrying(task, DatumGetInt32(row.values[1]), delay_ms);
	dispatch_due(TimestampTzPlusMilliseconds(GetCurrentTimestamp(), delay_ms));
}

void
queue_again(int64 task)
{
	static PrivateStatement update = {
		"UPDATE xlsx_private.task SET status = 'PENDING', phase = NULL, worker_pid = NULL, deaths = 0,"
		" attempts = attempts - 1, run_at = clock_timestamp(), wait_ms = 0, updated_at = clock_timestamp()"
		" WHERE id = $1",
		1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task)};

	private_sql_run(&update, values, NULL, NULL);
}

void
queue_end_waits(void)
{
	static PrivateStatement update = {
		"UPDATE xlsx_private.task SET run_at = clock_timestamp(), wait_ms = 0 WHERE id IN (SELECT id FROM xlsx_private.task"
		" WHERE status = 'PENDING' AND NOT held AND run_at IS NOT NULL AND run_at > $1 AND wait_ms IS NOT NULL"
		" AND xlsx_private.is_due(run_at, wait_ms) FOR UPDATE SKIP LOCKED)",
		1, {TIMESTAMPTZOID}, NULL
	};
	Datum		values[] = {TimestampTzGetDatum(GetCurrentTimestamp())};

	private_sql_run(&update, values, NULL, NULL);
}
