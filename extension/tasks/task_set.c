/*
 * task_set.c
 *	  A set: a task whose state sums up other tasks.
 */
#include "tasks/task_set.h"

#include "catalog/pg_type.h"
#include "tables/private_sql.h"
#include "tasks/after.h"
#include "tasks/audit.h"
#include "tasks/counters.h"
#include "tasks/progress.h"
#include "tasks/task_status.h"
#include "utils/array.h"
#include "utils/builtins.h"

/* Locks the row and returns its status; false if there is no such set. */
static bool
lock_set(int64 set, TaskStatus *status)
{
	static PrivateStatement lock = {
		"SELECT status FROM xlsx_private.task WHERE id = $1 AND set_size IS NOT NULL AND NOT atomic FOR NO KEY UPDATE", 1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(set)};
	PrivateRow	row;

	if (private_sql_run(&lock, values, NULL, &row) == 0)
		return false;
	*status = (TaskStatus) names_find(&task_status_names, TextDatumGetCString(row.values[0]));
	return true;
}

/* Writes what the tasks of the set say now, and returns the status that follows from it. Their rows are counted once, by themselves. */
static TaskStatus
write_sum(int64 set)
{
	static PrivateStatement update = {
		"UPDATE xlsx_private.task s SET status = m.status, progress = m.progress, total_rows = m.total_rows, validated_rows = m.validated_rows,"
		" error_rows = m.error_rows, saved_rows = m.saved_rows, tallied_saved = m.saved_rows, tallied_errors = m.error_rows, inserted_rows = m.inserted_rows, updated_rows = m.updated_rows,"
		" unchanged_rows = m.unchanged_rows, deleted_rows = m.deleted_rows, absent_rows = m.absent_rows, skipped_rows = m.skipped_rows,"
		" warning_rows = m.warning_rows, attempts = m.attempts, started_at = m.started_at, work_ms = m.work_ms, updated_at = clock_timestamp(),"
		" completed_at = CASE WHEN NOT xlsx_private.is_active(m.status) THEN clock_timestamp() END,"
		" error_code = f.error_code, error_message = f.error_message, error_detail = f.error_detail, error_hint = f.error_hint"
		" FROM (SELECT CASE WHEN bool_and(status = 'PENDING') THEN 'PENDING' WHEN bool_or(xlsx_private.is_active(status)) THEN 'PROCESSING'"
		" WHEN bool_or(status = 'FAILED') THEN 'FAILED' WHEN bool_or(status = 'CANCELLED') THEN 'CANCELLED'"
		" WHEN bool_or(status = 'HAS_ERRORS') THEN 'HAS_ERRORS' ELSE 'COMPLETED' END AS status, avg(progress)::int AS progress,"
		" sum(total_rows) AS total_rows, sum(validated_rows) AS validated_rows, sum(error_rows) AS error_rows, sum(saved_rows) AS saved_rows,"
		" sum(inserted_rows) AS inserted_rows, sum(updated_rows) AS updated_rows, sum(unchanged_rows) AS unchanged_rows,"
		" sum(deleted_rows) AS deleted_rows, sum(absent_rows) AS absent_rows, sum(skipped_rows) AS skipped_rows,"
		" sum(warning_rows) AS warning_rows, max(attempts) AS attempts, min(started_at) AS started_at, sum(work_ms) AS work_ms"
		" FROM xlsx_private.task WHERE set_id = $1) AS m"
		" LEFT JOIN LATERAL (SELECT e.error_code, format('task %s (%s): %s', e.id, e.profile, e.error_message) AS error_message, e.error_detail,"
		" 'xlsx.retry of the set goes on with this task.' AS error_hint FROM xlsx_private.task e"
		" WHERE e.set_id = $1 AND e.status = m.status AND NOT xlsx_private.is_active(m.status) AND NOT xlsx_private.is_success(m.status)"
		" ORDER BY e.id LIMIT 1) AS f ON true"
		" WHERE s.id = $1 RETURNING s.status",
		1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(set)};
	PrivateRow	row;

	private_sql_run(&update, values, NULL, &row);
	return (TaskStatus) names_find(&task_status_names, TextDatumGetCString(row.values[0]));
}

/*
 * What the tasks say that are left. The status stays: the set has ended so, and was counted so.
 */
static void
write_numbers(int64 set)
{
	static PrivateStatement update = {
		"UPDATE xlsx_private.task s SET total_rows = m.total_rows, validated_rows = m.validated_rows, error_rows = m.error_rows,"
		" saved_rows = m.saved_rows, tallied_saved = m.saved_rows, tallied_errors = m.error_rows, inserted_rows = m.inserted_rows,"
		" updated_rows = m.updated_rows, unchanged_rows = m.unchanged_rows, deleted_rows = m.deleted_rows, absent_rows = m.absent_rows,"
		" skipped_rows = m.skipped_rows, warning_rows = m.warning_rows, undone_rows = m.undone_rows, updated_at = clock_timestamp()"
		" FROM (SELECT coalesce(sum(total_rows), 0) AS total_rows, coalesce(sum(validated_rows), 0) AS validated_rows,"
		" coalesce(sum(error_rows), 0) AS error_rows, coalesce(sum(saved_rows), 0) AS saved_rows, coalesce(sum(inserted_rows), 0) AS inserted_rows,"
		" coalesce(sum(updated_rows), 0) AS updated_rows, coalesce(sum(unchanged_rows), 0) AS unchanged_rows,"
		" coalesce(sum(deleted_rows), 0) AS deleted_rows, coalesce(sum(absent_rows), 0) AS absent_rows,"
		" coalesce(sum(skipped_rows), 0) AS skipped_rows, coalesce(sum(warning_rows), 0) AS warning_rows,"
		" coalesce(sum(undone_rows), 0) AS undone_rows FROM xlsx_private.task WHERE set_id = $1) AS m WHERE s.id = $1",
		1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(set)};

	private_sql_run(&update, values, NULL, NULL);
}

/* Ends the set, for its listeners, for those who count ends, and for the tasks after it. */
static void
end_set(int64 set, TaskStatus status)
{
	counters_end(set, (int) status);
	audit_note(set, AUDIT_END, AUDIT_NO_ROWS);
	progress_terminal(set);
	after_ended(set, status);
}

static void
tell(int64 set)
{
	static PrivateStatement select = {
		"SELECT xlsx_private.set_members(t) FROM xlsx_private.task t WHERE id = $1", 1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(set)};
	PrivateRow	row;

	private_sql_run(&select, values, NULL, &row);
	(void) progress_emit(set, "task-progress", TextDatumGetCString(row.values[0]));
}

void
task_set_sum(int64 set)
{
	TaskStatus	before;
	TaskStatus	now;

	if (set == 0 || !lock_set(set, &before))
		return;
	now = write_sum(set);
	if (task_status_meaning(now) & TASK_ACTIVE)
	{
		if (!(task_status_meaning(before) & TASK_ACTIVE))
			counters_again(set, before);
		tell(set);
	}
	else if (task_status_meaning(before) & TASK_ACTIVE)
		end_set(set, now);
}

void
task_set_count(int64 set)
{
	TaskStatus	status;

	if (set != 0 && lock_set(set, &status))
		write_numbers(set);
}

int64 *
task_set_tasks(int64 set, int *count)
{
	static PrivateStatement select = {
		"SELECT array(SELECT id FROM xlsx_private.task WHERE set_id = $1 ORDER BY id)", 1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(set)};
	PrivateRow	row;
	Datum	   *elements;
	int64	   *ids;

	private_sql_run(&select, values, NULL, &row);
	deconstruct_array(DatumGetArrayTypeP(row.values[0]), INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &elements, NULL, count);
	ids = palloc(sizeof(int64) * (size_t) Max(*count, 1));
	for (int i = 0; i < *count; i++)
		ids[i] = DatumGetInt64(elements[i]);
	return ids;
}
