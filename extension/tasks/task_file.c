/*
 * task_file.c
 *	  How long the stored file of a task stays.
 */
#include "tasks/task_file.h"

#include "catalog/pg_type.h"
#include "files/store.h"
#include "miscadmin.h"
#include "pg/guc.h"
#include "pg/subtransaction.h"
#include "tables/private_sql.h"
#include "tasks/queue.h"
#include "utils/array.h"
#include "utils/builtins.h"

NAMES_DEFINE(file_gone_names, FILE_GONES);

/*
 * Removing
 */

/*
 * Locks the tasks first and then the file, in the same order as everybody who removes a task. A
 * task that was made from the file meanwhile is seen by the statements that follow.
 */
void
task_file_remove(int64 file, FileGone why)
{
	static PrivateStatement delete_working_rows = {
		"WITH locked AS MATERIALIZED (SELECT id FROM xlsx_private.task WHERE file_id = $1 FOR UPDATE),"
		" packets AS (DELETE FROM xlsx_private.packet p USING locked WHERE p.task_id = locked.id),"
		" keys AS (DELETE FROM xlsx_private.seen_key k USING locked WHERE k.task_id = locked.id)"
		" DELETE FROM xlsx_private.seen_value v USING locked WHERE v.task_id = locked.id", 1, {INT8OID}, NULL
	};
	static PrivateStatement delete = {
		"DELETE FROM xlsx_private.file WHERE id = $1", 1, {INT8OID}, NULL
	};
	static PrivateStatement forget = {
		"WITH uploads AS (UPDATE xlsx_private.resumable SET file_id = NULL WHERE file_id = $1)"
		" UPDATE xlsx_private.task SET file_id = NULL, file_gone = $2, file_gone_at = clock_timestamp() WHERE file_id = $1",
		2, {INT8OID, TEXTOID}, NULL
	};
	Datum		values[] = {Int64GetDatum(file), CStringGetTextDatum(file_gone_names.texts[why])};
	const Store *store = store_of(file);

	private_sql_run(&delete_working_rows, values, NULL, NULL);
	private_sql_run(&delete, values, NULL, NULL);
	store->remove(file);
	private_sql_run(&forget, values, NULL, NULL);
}

/* Locks the file and all its tasks without waiting. Returns false when that is not possible. */
static bool
lock_file(int64 file)
{
	static PrivateStatement lock = {
		"WITH files AS MATERIALIZED (SELECT id FROM xlsx_private.file WHERE id = $1 FOR UPDATE SKIP LOCKED),"
		" tasks AS MATERIALIZED (SELECT id FROM xlsx_private.task WHERE file_id = $1 FOR UPDATE SKIP LOCKED)"
		" SELECT FROM files"
		" WHERE (SELECT count(*) FROM tasks) = (SELECT count(*) FROM xlsx_private.task WHERE file_id = $1)",
		1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(file)};

	return private_sql_run(&lock, values, NULL, NULL) > 0;
}

static bool
is_needed(int64 file)
{
	static PrivateStatement select = {
		"SELECT FROM xlsx_private.task t WHERE t.file_id = $1 AND xlsx_private.needs_file(t)", 1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(file)};

	return private_sql_run(&select, values, NULL, NULL) > 0;
}

typedef struct Removal
{
	int64		file;
	FileGone	why;
} Removal;

static void
remove_file(void *argument)
{
	Removal    *removal = argument;

	task_file_remove(removal->file, removal->why);
}

/* The tasks are looked at again under the locks: one may have been made from the file since. */
bool
task_file_try_remove(int64 file, FileGone why)
{
	Removal		removal = {file, why};

	return lock_file(file) && !is_needed(file) && subtransaction_try_unlocked(remove_file, &removal);
}

void
task_file_release(int64 file, FileGone why)
{
	static PrivateStatement lock = {"SELECT FROM xlsx_private.file WHERE id = $1 FOR UPDATE", 1, {INT8OID}, NULL};
	static PrivateStatement tasks = {"SELECT FROM xlsx_private.task WHERE file_id = $1 FOR UPDATE", 1, {INT8OID}, NULL};
	Datum		values[] = {Int64GetDatum(file)};

	private_sql_run(&tasks, values, NULL, NULL);
	private_sql_run(&lock, values, NULL, NULL);
	if (!is_needed(file))
		task_file_remove(file, why);
}

/*
 * When
 */

void
task_file_spend(int64 file)
{
	static PrivateStatement update = {
		"UPDATE xlsx_private.file f SET spent = true WHERE f.id = $1"
		" AND NOT EXISTS (SELECT FROM xlsx_private.task t WHERE t.file_id = f.id AND xlsx_private.needs_file(t))", 1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(file)};

	private_sql_run(&update, values, NULL, NULL);
}

void
task_file_tidy(int64 task, int64 file)
{
	static PrivateStatement select = {
		"SELECT EXISTS (SELECT FROM xlsx_private.file f WHERE f.id = $2 AND f.spent) FROM xlsx_private.task t"
		" WHERE t.id = $1 AND xlsx_private.is_success(t.status)", 2, {INT8OID, INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task), Int64GetDatum(file)};
	PrivateRow	row;

	if (file == 0 || private_sql_run(&select, values, NULL, &row) == 0)
		return;
	if (!DatumGetBool(row.values[0]) || !task_file_try_remove(file, FILE_GONE_DONE))
		queue_remove_working_rows(task);
}

int64
task_file_sweep(int most, bool *more)
{
	static PrivateStatement select = {
		"SELECT array_agg(l.id), array_agg(l.spent) FROM (SELECT f.id, f.spent FROM xlsx_private.file f"
		" WHERE (f.spent OR f.used_at < clock_timestamp() - $1 * interval '1 second'"
		" OR EXISTS (SELECT FROM xlsx_private.task t WHERE t.file_id = f.id OFFSET 0))"
		" AND NOT EXISTS (SELECT FROM xlsx_private.task t WHERE t.file_id = f.id AND xlsx_private.needs_file(t) OFFSET 0)"
		" LIMIT $2 FOR UPDATE SKIP LOCKED) AS l",
		2, {INT4OID, INT4OID}, NULL
	};
	Datum		values[] = {Int32GetDatum(pg_xlsx_upload_ttl), Int32GetDatum(most)};
	PrivateRow	row;
	Datum	   *files;
	Datum	   *spent;
	int			count;
	int64		removed = 0;

	*more = false;
	private_sql_run(&select, values, NULL, &row);
	if (row.nulls[0])
		return 0;
	deconstruct_array(DatumGetArrayTypeP(row.values[0]), INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &files, NULL, &count);
	deconstruct_array(DatumGetArrayTypeP(row.values[1]), BOOLOID, 1, true, TYPALIGN_CHAR, &spent, NULL, &count);
	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		removed += task_file_try_remove(DatumGetInt64(files[i]), DatumGetBool(spent[i]) ? FILE_GONE_DONE : FILE_GONE_EXPIRED);
	}
	*more = removed == most;
	return removed;
}

void
task_file_make_room(Oid role, const char *tenant, int64 bytes)
{
	static PrivateStatement select = {
		"SELECT array_agg(o.id ORDER BY o.before) FROM (SELECT f.id, sum(f.size) OVER (ORDER BY f.used_at, f.id) - f.size AS before"
		" FROM xlsx_private.file f WHERE f.owner::oid = $1 AND f.tenant = $3 AND f.complete AND (SELECT bool_and(xlsx_private.is_success(t.status) AND NOT t.dry_run)"
		" FROM xlsx_private.task t WHERE t.file_id = f.id)) AS o WHERE o.before < $2", 3, {OIDOID, INT8OID, TEXTOID}, NULL
	};
	Datum		values[] = {ObjectIdGetDatum(role), Int64GetDatum(bytes), CStringGetTextDatum(tenant)};
	PrivateRow	row;
	Datum	   *files;
	int			count;

	private_sql_run(&select, values, NULL, &row);
	if (row.nulls[0])
		return;
	deconstruct_array(DatumGetArrayTypeP(row.values[0]), INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &files, NULL, &count);
	for (int i = 0; i < count; i++)
	{
		Removal		removal = {DatumGetInt64(files[i]), FILE_GONE_LIMIT};

		CHECK_FOR_INTERRUPTS();
		if (lock_file(removal.file))
			(void) subtransaction_try_unlocked(remove_file, &removal);
	}
}

int64
task_file_use(int64 task)
{
	static PrivateStatement use = {
		"UPDATE xlsx_private.file f SET used_at = clock_timestamp(), spent = false FROM xlsx_private.task t"
		" WHERE t.id = $1 AND f.id = t.file_id RETURNING f.id", 1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task)};
	PrivateRow	row;

	return private_sql_run(&use, values, NULL, &row) > 0 ? DatumGetInt64(row.values[0]) : 0;
}

char *
task_file_why_gone(int64 task)
{
	static PrivateStatement explain = {
		"SELECT coalesce(xlsx_private.why_no_file(t), '') FROM xlsx_private.task t WHERE t.id = $1", 1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task)};
	PrivateRow	row;

	return private_sql_run(&explain, values, NULL, &row) > 0 ? private_sql_text(&row, 0) : pstrdup("");
}

int64
task_file_require(int64 task)
{
	int64		file = task_file_use(task);

	if (file == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FILE),
				 errmsg("the file of task " INT64_FORMAT " is not there any more", task),
				 errdetail_internal("%s", task_file_why_gone(task)),
				 errhint("Upload the file again.")));
	return file;
}
