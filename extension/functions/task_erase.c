/*
 * task_erase.c
 *	  Takes away what a task keeps of the data of its file (xlsx.erase).
 */
#include "functions/subject.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "tables/private_sql.h"
#include "tasks/audit.h"
#include "tasks/mirror.h"
#include "tasks/queue.h"
#include "tasks/task_file.h"
#include "tasks/task_set.h"
#include "utils/array.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(pg_xlsx_erase);

/* A task that has not ended needs the file. */
static void
refuse_while_needed(const Subject *task)
{
	static PrivateStatement select = {
		"SELECT min(id) FROM xlsx_private.task WHERE file_id = $1 AND xlsx_private.is_active(status)", 1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task->file)};
	PrivateRow	row;

	private_sql_run(&select, values, NULL, &row);
	if (row.nulls[0])
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("cannot erase task " INT64_FORMAT " because task " INT64_FORMAT " has the same file and has not ended",
					task->id, DatumGetInt64(row.values[0])),
			 errhint("Wait for that task, or cancel it.")));
}

/* What else stands in the rows of the task and of its attempts: texts of errors may have values in them, headers are texts of the file. */
static void
forget_texts(int64 task)
{
	static PrivateStatement update = {
		"WITH jobs AS (UPDATE xlsx_private.job SET error_message = $2 WHERE task_id = $1 AND error_message IS NOT NULL),"
		/* which tells of the first of its tasks that has failed */
		" sets AS (UPDATE xlsx_private.task s SET error_message = $2, error_detail = NULL, error_hint = NULL, updated_at = clock_timestamp()"
		" FROM xlsx_private.task t WHERE t.id = $1 AND s.id = t.set_id AND s.error_message IS NOT NULL)"
		" UPDATE xlsx_private.task SET erased_at = clock_timestamp(), updated_at = clock_timestamp(), findings = NULL, missing = '[]', unused = '[]',"
		" duplicates = '[]', notes = '[]', found_headers = NULL, found_sheet = NULL, found_sheets = NULL, mapping = NULL, error_detail = NULL, error_hint = NULL,"
		" error_message = CASE WHEN error_message IS NOT NULL THEN $2 END WHERE id = $1", 2, {INT8OID, TEXTOID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task), CStringGetTextDatum("The message was erased.")};

	private_sql_run(&update, values, NULL, NULL);
}

static void
erase_one(int64 number)
{
	Subject		task = subject_lock(number);
	Datum		id[] = {Int64GetDatum(task.id)};

	if (subject_is_active(&task))
		subject_refuse(&task, "erase");
	if (task.file != 0)
	{
		refuse_while_needed(&task);
		task_file_remove(task.file, FILE_GONE_ERASED);
	}
	queue_remove_rows(PointerGetDatum(construct_array(id, 1, INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE)));
	forget_texts(task.id);
	audit_note(task.id, AUDIT_ERASE, AUDIT_NO_ROWS);
	mirror_task(task.id);
}

/* Of a set, its tasks have the data. They are locked before it. */
Datum
pg_xlsx_erase(PG_FUNCTION_ARGS)
{
	Subject		task = subject_find(PG_GETARG_INT64(0));

	if (subject_is_active(&task))
		subject_refuse(&task, "erase");
	if (task.set_size > 0)
	{
		int			count;
		int64	   *tasks = task_set_tasks(task.id, &count);

		for (int i = 0; i < count; i++)
			erase_one(tasks[i]);
	}
	erase_one(task.id);
	PG_RETURN_VOID();
}
