/*
 * task_control.c
 *	  What a user can do to a task: wait, cancel, retry, remove, undo.
 */
#include "pg/pg_xlsx.h"

#include <signal.h>

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "pg/query.h"
#include "pg/subtransaction.h"
#include "portability/instr_time.h"
#include "storage/procarray.h"
#include "tables/private_sql.h"
#include "tables/role_sql.h"
#include "tasks/dispatch.h"
#include "tasks/mirror.h"
#include "tasks/progress.h"
#include "tasks/queue.h"
#include "tasks/slots.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(pg_xlsx_wait);
PG_FUNCTION_INFO_V1(pg_xlsx_cancel);
PG_FUNCTION_INFO_V1(pg_xlsx_end_task);
PG_FUNCTION_INFO_V1(pg_xlsx_retry);
PG_FUNCTION_INFO_V1(pg_xlsx_remove_task);
PG_FUNCTION_INFO_V1(pg_xlsx_note_undone);
PG_FUNCTION_INFO_V1(pg_xlsx_delete_rows);
PG_FUNCTION_INFO_V1(pg_xlsx_undo);
PG_FUNCTION_INFO_V1(pg_xlsx_path_of_statements);

/* xlsx.wait looks at least this often, in case a wake-up is missed. */
#define LOOK_AGAIN_MS 1000

/*
 * How often xlsx.cancel interrupts a worker that does not stop, before it terminates the worker.
 * Then another worker takes over.
 */
#define INTERRUPT_AGAIN_MS	200
#define MOST_INTERRUPTS		50
#define TERMINATE_AGAIN_MS	10

/* A task, as far as these functions need it. */
typedef struct Subject
{
	int64		id;
	TaskStatus	status;
	int			worker_pid;		/* 0: none */
	Oid			owner;
	Oid			login;
	int64		file;			/* 0: the file is gone */
	bool		validated;
	bool		uncommitted;	/* inserted by this same transaction */
	bool		restart;		/* rows of it were undone */
	bool		spoiled;		/* it failed and saved nothing, because rows have errors */
	int64		inserted;		/* rows of it that are in the target */
	bool		keeps_rows;		/* undo information for its rows is kept, by key */
	char	   *date_style;
	char	   *time_zone;
} Subject;

/* Reads a task. Raises an error unless the current role owns it or may act for its owner. */
static Subject
find_task(int64 id)
{
	static PrivateStatement select = {
		"SELECT owner::oid, status, worker_pid, login::oid, file_id, validated,"
		" xmin = pg_current_xact_id_if_assigned()::xid, restart,"
		" status = 'FAILED' AND error_code = '22000' AND saved_rows = 0 AND skipped_rows = 0 AND error_rows > 0, inserted_rows,"
		" EXISTS (SELECT FROM xlsx_private.undo_row u WHERE u.task_id = id), date_style, time_zone"
		" FROM xlsx_private.task WHERE id = $1",
		1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(id)};
	Subject		subject = {.id = id};
	PrivateRow	row;

	if (private_sql_run(&select, values, NULL, &row) == 0 ||
		(!has_privs_of_role(GetUserId(), DatumGetObjectId(row.values[0])) &&
		 !has_privs_of_role(GetUserId(), get_role_oid("xlsx_admin", false))))
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
	return subject;
}

/* The same. No other session can retry, undo or delete the task before this transaction ends. */
static Subject
lock_task(int64 id)
{
	static PrivateStatement lock = {
		"SELECT FROM xlsx_private.task WHERE id = $1 FOR NO KEY UPDATE", 1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(id)};

	(void) find_task(id);		/* a role that may not see the task must not lock it either */
	private_sql_run(&lock, values, NULL, NULL);
	return find_task(id);
}

static bool
is_active(const Subject *task)
{
	return (task_status_meaning(task->status) & TASK_ACTIVE) != 0;
}

/*
 * Waiting
 */

/* How long to wait, in milliseconds; -1: without limit. */
static long
patience_of(FunctionCallInfo fcinfo, int argument)
{
	TimestampTz now = GetCurrentTimestamp();
	Datum		end;

	if (PG_ARGISNULL(argument))
		return -1;
	end = DirectFunctionCall2(timestamptz_pl_interval, TimestampTzGetDatum(now), PG_GETARG_DATUM(argument));
	return TimestampDifferenceMilliseconds(now, DatumGetTimestampTz(end));
}

/* How much of it is left since then. Does not depend on the wall clock. */
static long
patience_left(long patience, instr_time since)
{
	instr_time	now;

	if (patience < 0)
		return LOOK_AGAIN_MS;
	INSTR_TIME_SET_CURRENT(now);
	INSTR_TIME_SUBTRACT(now, since);
	return patience - (long) INSTR_TIME_GET_MILLISEC(now);
}

static void
check_can_wait(const Subject *task)
{
	if (!is_active(task))
		return;
	if (IsolationUsesXactSnapshot())
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_STATE),
				 errmsg("cannot wait for a task in a transaction with a fixed snapshot"),
				 errhint("Use READ COMMITTED.")));
	if (task->uncommitted && task->worker_pid == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_STATE),
				 errmsg("task " INT64_FORMAT " has not been committed yet", task->id),
				 errhint("A task starts after the commit of its submit: wait in another transaction.")));
}

Datum
pg_xlsx_wait(PG_FUNCTION_ARGS)
{
	long		patience = patience_of(fcinfo, 1);
	instr_time	since;
	Subject		task;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	task = find_task(PG_GETARG_INT64(0));
	check_can_wait(&task);
	INSTR_TIME_SET_CURRENT(since);
	for (;;)
	{
		long		left;

		dispatch_wait_prepare();
		task = find_task(task.id);
		left = patience_left(patience, since);
		if (!is_active(&task) || left <= 0)
			break;
		dispatch_wait(Min(left, LOOK_AGAIN_MS));
	}
	dispatch_wait_end();
	PG_RETURN_TEXT_P(cstring_to_text(task_status_names.texts[task.status]));
}

/*
 * Cancelling
 */

static void
refuse_state(const Subject *task, const char *action)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("cannot %s task " INT64_FORMAT " because it is %s", action, task->id, task_status_names.texts[task->status])));
}

static void
signal_worker(const Subject *task, int signal)
{
	if (dispatch_shared())
		(void) slots_signal(task->id, signal);
	else if (task->worker_pid != 0 && BackendPidGetProc(task->worker_pid) != NULL)
		(void) kill(task->worker_pid, signal);
}

/*
 * Interrupts the worker, and returns when it has released the task. No other worker takes the
 * task before this transaction ends. The interrupt is repeated, because SQL of the task may catch
 * it. In the end the worker is terminated.
 */
static void
stop_worker(const Subject *task)
{
	for (int i = 0; !queue_try_keep(task->id); i++)
	{
		dispatch_wait_prepare();
		signal_worker(task, i < MOST_INTERRUPTS ? SIGINT : SIGTERM);
		if (queue_try_keep(task->id))
			break;
		dispatch_wait(i < MOST_INTERRUPTS ? INTERRUPT_AGAIN_MS : TERMINATE_AGAIN_MS);
	}
	dispatch_wait_end();
}

/* What the status of a task must be, for its row to be locked. */
typedef enum Wanted
{
	WANTED_WAITING,				/* PENDING: no worker has it */
	WANTED_ACTIVE,				/* PENDING or PROCESSING */
	WANTED_ENDED
} Wanted;

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

/*
 * Waits for whoever holds the row.  A row whose task is in another state by
 * then is let go again, or its worker could not write how it ends.
 */
static bool
lock_wanted(int64 task, Wanted wanted)
{
	WantedRow	row = {task, wanted, false};
	ErrorData  *error = subtransaction_try_keep(lock_wanted_row, &row, &row.locked);

	if (error != NULL)
		ReThrowError(error);
	return row.locked;
}

/* Cancels a task as it was looked at; false where it has changed since, and is to be looked at again. */
static bool
try_cancel(const Subject *task)
{
	bool		runs = task->status == TASK_PROCESSING;
	ErrorData	error = {.sqlerrcode = ERRCODE_QUERY_CANCELED,.message = "Task was cancelled"};

	/*
	 * This same process runs the task. It would not wait for itself, and the task would end as if
	 * nobody had cancelled it.
	 */
	if (task->worker_pid == MyProcPid)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot cancel task " INT64_FORMAT " from SQL that it runs itself", task->id),
				 errhint("Raise an error to refuse a row.")));
	if (runs)
		stop_worker(task);
	if (!lock_wanted(task->id, runs ? WANTED_ACTIVE : WANTED_WAITING))
		return false;
	queue_end(task->id, TASK_CANCELLED, &error);
	return true;
}

/* Cancels it, and again when somebody has it run again meanwhile.  Returns the task as it was looked at last. */
static Subject
cancel_active(Subject task)
{
	while (is_active(&task) && !try_cancel(&task))
	{
		CHECK_FOR_INTERRUPTS();
		task = find_task(task.id);
	}
	return task;
}

Datum
pg_xlsx_cancel(PG_FUNCTION_ARGS)
{
	Subject		task = find_task(PG_GETARG_INT64(0));

	if (!is_active(&task))
		refuse_state(&task, "cancel");
	task = cancel_active(task);
	/* It may have ended by itself, or somebody else has cancelled it. */
	if (!is_active(&task) && task.status != TASK_CANCELLED)
		refuse_state(&task, "cancel");
	PG_RETURN_TEXT_P(cstring_to_text(task_status_names.texts[TASK_CANCELLED]));
}

Datum
pg_xlsx_end_task(PG_FUNCTION_ARGS)
{
	Subject		task;

	do
	{
		CHECK_FOR_INTERRUPTS();
		task = find_task(PG_GETARG_INT64(0));
		(void) cancel_active(task);
	} while (!lock_wanted(task.id, WANTED_ENDED));
	PG_RETURN_VOID();
}

/*
 * Retrying
 */

static void
remove_reports(int64 task)
{
	static PrivateStatement delete_errors = {
		"DELETE FROM xlsx_private.error_page WHERE task_id = $1", 1, {INT8OID}, NULL
	};
	static PrivateStatement delete_warnings = {
		"DELETE FROM xlsx_private.warning_page WHERE task_id = $1", 1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task)};

	private_sql_run(&delete_errors, values, NULL, NULL);
	private_sql_run(&delete_warnings, values, NULL, NULL);
}

/*
 * Sets a task back to its beginning: either its rows were undone, or it saved none because rows
 * had errors, which may be gone by now.
 */
static void
begin_again(int64 task)
{
	static PrivateStatement update = {
		"UPDATE xlsx_private.task SET restart = false, undone = false, undone_rows = 0, progress = 0,"
		" phase_progress = 0, total_rows = 0, validated_rows = 0, error_rows = 0, saved_rows = 0, inserted_rows = 0, updated_rows = 0, unchanged_rows = 0,"
		" deleted_rows = 0, absent_rows = 0, skipped_rows = 0, warning_rows = 0, cursor_row = 0, validated = false,"
		" packets = 0, packets_saved = 0, packet_rows_saved = 0 WHERE id = $1", 1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task)};

	queue_remove_working_rows(task);
	remove_reports(task);
	private_sql_run(&update, values, NULL, NULL);
}

/* Rows that it inserted and that could not be undone would be there twice. */
static void
refuse_leftovers(const Subject *task)
{
	if (!task->restart || task->keeps_rows || task->inserted == 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("cannot retry task " INT64_FORMAT " because " INT64_FORMAT " of its rows stayed when it was undone",
					task->id, task->inserted),
			 errhint("Undo it again once they may go, or delete the task and upload the file again.")));
}

Datum
pg_xlsx_retry(PG_FUNCTION_ARGS)
{
	static PrivateStatement update = {
		"WITH kept AS (UPDATE xlsx_private.file SET used_at = clock_timestamp() WHERE id = $2)"
		" UPDATE xlsx_private.task SET status = 'PENDING', home = xlsx_private.installation(), phase = NULL, attempts = 0, deaths = 0,"
		" run_at = clock_timestamp(), wait_ms = 0, completed_at = NULL, error_code = NULL, error_message = NULL,"
		" error_detail = NULL, error_hint = NULL, updated_at = clock_timestamp() WHERE id = $1"
		" AND NOT xlsx_private.is_active(status) AND NOT xlsx_private.is_success(status)",
		2, {INT8OID, INT8OID}, NULL
	};
	Subject		task = lock_task(PG_GETARG_INT64(0));
	Datum		values[] = {Int64GetDatum(task.id), Int64GetDatum(task.file)};

	if (task_status_meaning(task.status) != 0)
		refuse_state(&task, "retry");
	if (task.file == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("cannot retry task " INT64_FORMAT " because its file has expired", task.id),
				 errhint("Upload the file again.")));
	refuse_leftovers(&task);
	if (private_sql_run(&update, values, NULL, NULL) == 0)
		refuse_state(&task, "retry");
	if (task.restart || task.spoiled)
		begin_again(task.id);
	dispatch_want(task.login);
	PG_RETURN_TEXT_P(cstring_to_text(task_status_names.texts[TASK_PENDING]));
}

/*
 * Removing
 */

Datum
pg_xlsx_remove_task(PG_FUNCTION_ARGS)
{
	static PrivateStatement delete_task = {
		"DELETE FROM xlsx_private.task WHERE id = $1 AND NOT xlsx_private.is_active(status)", 1, {INT8OID}, NULL
	};
	Subject		task = find_task(PG_GETARG_INT64(0));
	Datum		id[] = {Int64GetDatum(task.id)};

	if (is_active(&task))
		refuse_state(&task, "remove");
	progress_deleted(task.id);
	if (private_sql_run(&delete_task, id, NULL, NULL) == 0)
		refuse_state(&task, "remove");
	queue_remove_rows(PointerGetDatum(construct_array(id, 1, INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE)));
	mirror_remove(task.id);
	if (task.file != 0)
		queue_remove_file(task.file);
	PG_RETURN_VOID();
}

/*
 * Keeps the records of xlsx.undo. Rows that were undone are removed from them, the task counts
 * the rows that are left, and a retry begins at the first row.
 */
Datum
pg_xlsx_note_undone(PG_FUNCTION_ARGS)
{
	static PrivateStatement delete = {
		"WITH rows AS (DELETE FROM xlsx_private.undo_row WHERE task_id = $1 AND no = ANY ($2))"
		" DELETE FROM xlsx_private.undo_xid WHERE task_id = $1 AND $3", 3, {INT8OID, INT8ARRAYOID, BOOLOID}, NULL
	};
	static PrivateStatement update = {
		"UPDATE xlsx_private.task SET undone = undone OR $2, restart = true, undone_rows = undone_rows"
		" + greatest(inserted_rows - $3, 0) + greatest(updated_rows - $4, 0), inserted_rows = least(inserted_rows, $3),"
		" updated_rows = least(updated_rows, $4), saved_rows = least(inserted_rows, $3) + least(updated_rows, $4)"
		" + unchanged_rows + deleted_rows, updated_at = clock_timestamp() WHERE id = $1",
		4, {INT8OID, BOOLOID, INT8OID, INT8OID}, NULL
	};
	Subject		task = find_task(PG_GETARG_INT64(0));
	Datum		rows[] = {Int64GetDatum(task.id), PG_GETARG_DATUM(1), PG_GETARG_DATUM(4)};
	Datum		state[] = {Int64GetDatum(task.id), PG_GETARG_DATUM(4), PG_GETARG_DATUM(2), PG_GETARG_DATUM(3)};

	private_sql_run(&delete, rows, NULL, NULL);
	private_sql_run(&update, state, NULL, NULL);
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
		" JOIN xlsx_private.frozen_profile p ON p.id = t.frozen_id JOIN pg_class c ON c.oid = p.target::oid JOIN pg_roles o ON o.oid = t.owner::oid"
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

Datum
pg_xlsx_delete_rows(PG_FUNCTION_ARGS)
{
	Subject		task = lock_task(PG_GETARG_INT64(0));
	Oid			types[] = {INT8OID, REGCLASSOID, NAMEOID};
	Datum		values[] = {Int64GetDatum(task.id), (Datum) 0, (Datum) 0};

	if (is_active(&task))
		refuse_state(&task, "delete rows of");
	if (!find_rows(&task, &values[1], &values[2]))
		PG_RETURN_NULL();
	PG_RETURN_DATUM(row_as_owner(fcinfo, &task, "SELECT deleted, kept, reason FROM xlsx_private.delete_imported($1, $2, $3)",
								 lengthof(types), types, values));
}

Datum
pg_xlsx_undo(PG_FUNCTION_ARGS)
{
	Subject		task = lock_task(PG_GETARG_INT64(0));
	Oid			types[] = {INT8OID};
	Datum		values[] = {Int64GetDatum(task.id)};
	Datum		result = row_as_owner(fcinfo, &task, "SELECT undone, kept, reasons FROM xlsx_private.undo_task($1)",
									  lengthof(types), types, values);

	progress_undone(task.id);
	PG_RETURN_DATUM(result);
}
