/*
 * after.c
 *	  Tasks that start after another one.
 */
#include "tasks/after.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "tables/private_sql.h"
#include "tasks/dispatch.h"
#include "tasks/queue.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

/* Tasks that wait for another one. */
#define WAITS "status = 'PENDING' AND run_at = 'infinity'"

bool
after_share(int64 task, TaskStatus *status)
{
	static PrivateStatement lock = {
		"SELECT status FROM xlsx_private.task WHERE id = $1 FOR SHARE", 1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task)};
	PrivateRow	row;

	if (private_sql_run(&lock, values, NULL, &row) == 0)
		return false;
	*status = (TaskStatus) names_find(&task_status_names, TextDatumGetCString(row.values[0]));
	return true;
}

/* The tasks after it may start, at their times. */
static void
release(int64 task)
{
	static PrivateStatement update = {
		"WITH released AS (UPDATE xlsx_private.task SET run_at = coalesce(after_run_at, clock_timestamp()),"
		" wait_ms = CASE WHEN after_run_at IS NULL THEN 0 END, updated_at = clock_timestamp()"
		" WHERE after_task = $1 AND " WAITS " RETURNING login::oid AS login, run_at)"
		" SELECT array_agg(DISTINCT login), min(run_at) FILTER (WHERE run_at > clock_timestamp()) FROM released",
		1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task)};
	PrivateRow	row;
	Datum	   *logins;
	int			count;

	private_sql_run(&update, values, NULL, &row);
	if (row.nulls[0])
		return;
	deconstruct_array(DatumGetArrayTypeP(row.values[0]), OIDOID, sizeof(Oid), true, TYPALIGN_INT, &logins, NULL, &count);
	for (int i = 0; i < count; i++)
		dispatch_want(DatumGetObjectId(logins[i]));
	if (!row.nulls[1])
		dispatch_due(DatumGetTimestampTz(row.values[1]));
}

/* Cancels a task if it still waits. */
static void
cancel(int64 task, int64 before, const char *what)
{
	static PrivateStatement lock = {
		"SELECT FROM xlsx_private.task WHERE id = $1 AND " WAITS " FOR NO KEY UPDATE", 1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task)};
	ErrorData	error = {
		.sqlerrcode = ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
		.message = psprintf("task " INT64_FORMAT ", which comes first, %s", before, what),
		.hint = psprintf("Retry task " INT64_FORMAT ", then this one.", before)
	};

	if (private_sql_run(&lock, values, NULL, NULL) > 0)
		queue_end_one(task, TASK_CANCELLED, &error);
}

/* Cancels the tasks after it, and those after these, in the order of their numbers: each after the one before it. */
static void
cancel_all(int64 task, const char *what)
{
	static PrivateStatement select = {
		"WITH RECURSIVE late AS (SELECT id, after_task FROM xlsx_private.task WHERE after_task = $1 AND " WAITS
		" UNION ALL SELECT t.id, t.after_task FROM late JOIN xlsx_private.task t ON t.after_task = late.id AND t.status = 'PENDING'"
		" AND t.run_at = 'infinity')"
		" SELECT array_agg(id ORDER BY id), array_agg(after_task ORDER BY id) FROM late", 1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task)};
	PrivateRow	row;
	Datum	   *ids;
	Datum	   *befores;
	int			count;

	private_sql_run(&select, values, NULL, &row);
	if (row.nulls[0])
		return;
	deconstruct_array(DatumGetArrayTypeP(row.values[0]), INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &ids, NULL, &count);
	deconstruct_array(DatumGetArrayTypeP(row.values[1]), INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &befores, NULL, &count);
	for (int i = 0; i < count; i++)
	{
		int64		before = DatumGetInt64(befores[i]);

		CHECK_FOR_INTERRUPTS();
		cancel(DatumGetInt64(ids[i]), before, before == task ? what : "was cancelled");
	}
}

void
after_ended(int64 task, TaskStatus status)
{
	if (task_status_meaning(status) & TASK_SUCCESS)
		release(task);
	else
		cancel_all(task, status == TASK_FAILED ? "has failed" : "was cancelled");
}
