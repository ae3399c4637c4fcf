/*
 * subject.c
 *	  A task, as the functions need it that act on one.
 */
#include "functions/subject.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "pg/subtransaction.h"
#include "tables/private_sql.h"
#include "tasks/membership.h"
#include "tasks/queue.h"
#include "utils/builtins.h"

Subject
subject_find(int64 id)
{
	static PrivateStatement select = {
		"SELECT owner::oid, status, worker_pid, login::oid, file_id, validated,"
		" xmin = pg_current_xact_id_if_assigned()::xid, restart,"
		" status = 'FAILED' AND error_code = $2 AND saved_rows = 0 AND skipped_rows = 0, inserted_rows,"
		" EXISTS (SELECT FROM xlsx_private.undo_row u WHERE u.task_id = id), date_style, time_zone, tenant, settings::text,"
		" coalesce(set_id, 0), coalesce(set_size, 0), atomic, coalesce(after_task, 0)"
		" FROM xlsx_private.task WHERE id = $1",
		2, {INT8OID, TEXTOID}, NULL
	};
	Datum		values[] = {Int64GetDatum(id), CStringGetTextDatum(unpack_sql_state(QUEUE_BAD_ROWS))};
	Subject		subject = {.id = id};
	PrivateRow	row;

	if (private_sql_run(&select, values, NULL, &row) == 0 ||
		!membership_may_act(DatumGetObjectId(row.values[0]), TextDatumGetCString(row.values[13])))
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("task " INT64_FORMAT " does not exist", id),
				 errdetail("Or it belongs to another role.")));
	subject.owner = DatumGetObjectId(row.values[0]);
	subject.status = (TaskStatus) names_find(&task_status_names, TextDatumGetCString(row.values[1]));
	subject.worker_pid = row.nulls[2] ? 0 : DatumGetInt32(row.values[2]);
	subject.login = DatumGetObjectId(row.values[3]);
	subject.file = row.nulls[4] ? 0 : DatumGetInt64(row.values[4]);
	subject.validated = DatumGetBool(row.values[5]);
	subject.uncommitted = !row.nulls[6] && DatumGetBool(row.values[6]);
	subject.restart = DatumGetBool(row.values[7]);
	subject.spoiled = DatumGetBool(row.values[8]);
	subject.inserted = DatumGetInt64(row.values[9]);
	subject.keeps_rows = DatumGetBool(row.values[10]);
	subject.date_style = TextDatumGetCString(row.values[11]);
	subject.time_zone = TextDatumGetCString(row.values[12]);
	subject.tenant = TextDatumGetCString(row.values[13]);
	subject.settings = private_sql_text(&row, 14);
	subject.set = DatumGetInt64(row.values[15]);
	subject.set_size = DatumGetInt32(row.values[16]);
	subject.atomic = DatumGetBool(row.values[17]);
	subject.after = DatumGetInt64(row.values[18]);
	return subject;
}

Subject
subject_lock(int64 id)
{
	static PrivateStatement lock = {
		"SELECT FROM xlsx_private.task WHERE id = $1 FOR NO KEY UPDATE", 1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(id)};

	(void) subject_find(id);		/* a role that may not see the task must not lock it either */
	private_sql_run(&lock, values, NULL, NULL);
	return subject_find(id);
}

bool
subject_is_active(const Subject *task)
{
	return (task_status_meaning(task->status) & TASK_ACTIVE) != 0;
}

void
subject_refuse(const Subject *task, const char *action)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("cannot %s task " INT64_FORMAT " because it is %s", action, task->id, task_status_names.texts[task->status])));
}

typedef struct WantedRow
{
	int64		task;
	Wanted		wanted;
	bool		locked;
} WantedRow;

static void
lock_wanted_row(void *argument)
{
	static PrivateStatement lock = {
		"SELECT FROM xlsx_private.task WHERE id = $1 AND xlsx_private.is_active(status) = $2"
		" AND (NOT $3 OR status = 'PENDING') FOR NO KEY UPDATE", 3, {INT8OID, BOOLOID, BOOLOID}, NULL
	};
	WantedRow  *row = argument;
	Datum		values[] = {
		Int64GetDatum(row->task), BoolGetDatum(row->wanted != WANTED_ENDED), BoolGetDatum(row->wanted == WANTED_WAITING)
	};

	row->locked = private_sql_run(&lock, values, NULL, NULL) > 0;
}

bool
subject_lock_wanted(int64 task, Wanted wanted)
{
	WantedRow	row = {task, wanted, false};
	ErrorData  *error = subtransaction_try_keep(lock_wanted_row, &row, &row.locked);

	if (error != NULL)
		ReThrowError(error);
	return row.locked;
}
