/*
 * task_rows.c
 *	  The rows that a task imported: delete them, undo what it did.
 */
#include "functions/subject.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "functions/task_rows.h"
#include "pg/query.h"
#include "tables/carried.h"
#include "tables/private_sql.h"
#include "tables/role_sql.h"
#include "tasks/audit.h"
#include "tasks/progress.h"
#include "tasks/task_set.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(pg_xlsx_note_undone);
PG_FUNCTION_INFO_V1(pg_xlsx_delete_rows);
PG_FUNCTION_INFO_V1(pg_xlsx_undo);
PG_FUNCTION_INFO_V1(pg_xlsx_path_of_statements);

/*
 * Keeps the records of xlsx.undo. Rows that were undone are removed from them, the task counts
 * the rows that are left, and a retry begins at the first row. What became of the rows is not true
 * any more once one of them is undone.
 */
Datum
pg_xlsx_note_undone(PG_FUNCTION_ARGS)
{
	static PrivateStatement delete = {
		"WITH rows AS (DELETE FROM xlsx_private.undo_row WHERE task_id = $1 AND no = ANY ($2))"
		" DELETE FROM xlsx_private.undo_xid WHERE task_id = $1 AND $3", 3, {INT8OID, INT8ARRAYOID, BOOLOID}, NULL
	};
	static PrivateStatement forget = {
		"DELETE FROM xlsx_private.row_page p WHERE p.task_id = $1"
		" AND EXISTS (SELECT FROM xlsx_private.task t WHERE t.id = $1 AND (t.inserted_rows > $3 OR t.updated_rows > $4))",
		4, {INT8OID, BOOLOID, INT8OID, INT8OID}, NULL
	};
	static PrivateStatement update = {
		"UPDATE xlsx_private.task SET undone = undone OR $2, restart = true, undone_rows = undone_rows"
		" + greatest(inserted_rows - $3, 0) + greatest(updated_rows - $4, 0) + greatest(deleted_rows - $5, 0) + greatest(absent_rows - $6, 0),"
		" inserted_rows = least(inserted_rows, $3), updated_rows = least(updated_rows, $4), deleted_rows = least(deleted_rows, $5),"
		" absent_rows = least(absent_rows, $6), saved_rows = least(inserted_rows, $3) + least(updated_rows, $4)"
		" + unchanged_rows + least(deleted_rows, $5), updated_at = clock_timestamp() WHERE id = $1",
		6, {INT8OID, BOOLOID, INT8OID, INT8OID, INT8OID, INT8OID}, NULL
	};
	Subject		task = subject_find(PG_GETARG_INT64(0));
	Datum		rows[] = {Int64GetDatum(task.id), PG_GETARG_DATUM(1), PG_GETARG_DATUM(4)};
	Datum		state[] = {
		Int64GetDatum(task.id), PG_GETARG_DATUM(4), PG_GETARG_DATUM(2), PG_GETARG_DATUM(3), PG_GETARG_DATUM(5), PG_GETARG_DATUM(6)
	};

	private_sql_run(&delete, rows, NULL, NULL);
	private_sql_run(&forget, state, NULL, NULL);
	private_sql_run(&update, state, NULL, NULL);
	task_set_count(task.set);
	PG_RETURN_VOID();
}

/*
 * The rows that a task imported. SQL on them runs with the rights of the task's owner only: the
 * owner must not gain rights from an administrator or the sidecar that calls, and they must not
 * lose any to him. The owner's triggers find their names through the same search_path as in the
 * import.
 */

typedef struct OwnerSql
{
	RoleSql		sql;
	int			guc_level;
	char	   *outer_path;		/* statements_path of an outer call */
} OwnerSql;

/*
 * The search_path for statements on the target of the task at hand. Allocated in
 * TopMemoryContext; NULL outside of a call.
 */
static char *statements_path = NULL;

static void
become(const Subject *task, OwnerSql *sql)
{
	role_sql_enter(&sql->sql, task->owner);
	/*
	 * Makes a row that a deferred constraint still refers to stay, too. In the caller's own
	 * transaction block he may still correct that, so his constraints are left alone.
	 */
	if (!IsTransactionBlock())
		AfterTriggerSetState(makeNode(ConstraintsSetStmt));
	sql->guc_level = NewGUCNestLevel();
	role_sql_set_path(&sql->sql, task->login);
	carried_apply(task->settings);
	sql->outer_path = statements_path;
	statements_path = MemoryContextStrdup(TopMemoryContext, GetConfigOption("search_path", false, false));
	/* Old values were written as text with these settings. */
	query_set_option("DateStyle", task->date_style);
	query_set_option("TimeZone", task->time_zone);
	SPI_connect();
}

static void
come_back(OwnerSql *sql)
{
	SPI_finish();
	AtEOXact_GUC(false, sql->guc_level);
	role_sql_leave(&sql->sql);
	pfree(statements_path);
	statements_path = sql->outer_path;
}

Datum
pg_xlsx_path_of_statements(PG_FUNCTION_ARGS)
{
	(void) fcinfo;
	PG_RETURN_TEXT_P(cstring_to_text(statements_path != NULL ? statements_path : GetConfigOption("search_path", false, false)));
}

/*
 * Finds the target of the task's profile and the column with the task's id. Returns false when
 * there is no such table or column, or the task's owner may not delete from it.
 */
static bool
find_rows(const Subject *task, Datum *target, Datum *column)
{
	static PrivateStatement select = {
		"SELECT c.oid::regclass, (p.content ->> 'task_column')::name FROM xlsx_private.task t"
		" JOIN xlsx_private.frozen_profile p ON p.id = t.frozen_id JOIN pg_class c ON c.oid = coalesce(t.target, p.target)::oid JOIN pg_roles o ON o.oid = t.owner::oid"
		" WHERE t.id = $1 AND p.content ->> 'task_column' IS NOT NULL AND NOT t.dry_run AND has_table_privilege(o.oid, c.oid, 'DELETE')",
		1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task->id)};
	PrivateRow	row;

	if (private_sql_run(&select, values, NULL, &row) == 0)
		return false;
	*target = row.values[0];
	*column = row.values[1];
	return true;
}

/* Runs a statement as the task's owner. Returns its only row as a value of the function's return type. */
static Datum
row_as_owner(FunctionCallInfo fcinfo, const Subject *task, const char *sql, int arguments, Oid *types, Datum *values)
{
	MemoryContext context = CurrentMemoryContext;
	OwnerSql	owner;
	MemoryContext spi;
	TupleDesc	descriptor;
	Datum		result;

	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	descriptor = BlessTupleDesc(descriptor);
	become(task, &owner);
	if (SPI_execute_with_args(sql, arguments, types, values, NULL, false, 0) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not take back rows of task " INT64_FORMAT, task->id);
	spi = MemoryContextSwitchTo(context);
	result = heap_copy_tuple_as_datum(SPI_tuptable->vals[0], descriptor);
	MemoryContextSwitchTo(spi);
	come_back(&owner);
	return result;
}

/* The first column of a row, a bigint; -1: it is null. */
static int64
first_number(Datum row)
{
	bool		is_null;
	Datum		number = GetAttributeByNum(DatumGetHeapTupleHeader(row), 1, &is_null);

	return is_null ? AUDIT_NO_ROWS : DatumGetInt64(number);
}

typedef struct LastDeleted
{
	int64		task;
	TransactionId transaction;
	int64		rows;
} LastDeleted;

static LastDeleted last_deleted;

int64
task_rows_deleted(int64 task)
{
	return last_deleted.task == task && last_deleted.transaction == GetCurrentTransactionIdIfAny() ? last_deleted.rows : AUDIT_NO_ROWS;
}

Datum
pg_xlsx_delete_rows(PG_FUNCTION_ARGS)
{
	Subject		task = subject_lock(PG_GETARG_INT64(0));
	Oid			types[] = {INT8OID, REGCLASSOID, NAMEOID};
	Datum		values[] = {Int64GetDatum(task.id), (Datum) 0, (Datum) 0};
	Datum		result;

	if (subject_is_active(&task))
		subject_refuse(&task, "delete rows of");
	last_deleted.task = 0;
	if (!find_rows(&task, &values[1], &values[2]))
		PG_RETURN_NULL();
	result = row_as_owner(fcinfo, &task, "SELECT deleted, kept, reason FROM xlsx_private.delete_imported($1, $2, $3)",
						  lengthof(types), types, values);
	last_deleted = (LastDeleted) {task.id, GetCurrentTransactionId(), first_number(result)};
	PG_RETURN_DATUM(result);
}

Datum
pg_xlsx_undo(PG_FUNCTION_ARGS)
{
	Subject		task = subject_lock(PG_GETARG_INT64(0));
	Oid			types[] = {INT8OID};
	Datum		values[] = {Int64GetDatum(task.id)};
	Datum		result = row_as_owner(fcinfo, &task, "SELECT undone, kept, reasons FROM xlsx_private.undo_task($1)",
									  lengthof(types), types, values);

	audit_note(task.id, AUDIT_UNDO, first_number(result));
	progress_undone(task.id);
	PG_RETURN_DATUM(result);
}
