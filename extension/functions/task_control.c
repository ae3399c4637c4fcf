/*
 * task_control.c
 *	  What a user can do to a task: wait, cancel, retry, remove.
 */
#include "functions/subject.h"

#include <signal.h>

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "functions/task_rows.h"
#include "functions/task_run.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "portability/instr_time.h"
#include "storage/procarray.h"
#include "tables/private_sql.h"
#include "tasks/after.h"
#include "tasks/audit.h"
#include "tasks/counters.h"
#include "tasks/dispatch.h"
#include "tasks/mirror.h"
#include "tasks/progress.h"
#include "tasks/queue.h"
#include "tasks/role_limits.h"
#include "tasks/slots.h"
#include "tasks/task_file.h"
#include "tasks/task_set.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(pg_xlsx_wait);
PG_FUNCTION_INFO_V1(pg_xlsx_wait_for);
PG_FUNCTION_INFO_V1(pg_xlsx_cancel);
PG_FUNCTION_INFO_V1(pg_xlsx_end_task);
PG_FUNCTION_INFO_V1(pg_xlsx_retry);
PG_FUNCTION_INFO_V1(pg_xlsx_remove_task);

/* xlsx.wait looks at least this often, in case a wake-up is missed. */
#define LOOK_AGAIN_MS 1000

/*
 * How often xlsx.cancel interrupts a worker that does not stop, before it terminates the worker.
 * Then another worker takes over.
 */
#define INTERRUPT_AGAIN_MS	200
#define MOST_INTERRUPTS		50
#define TERMINATE_AGAIN_MS	10

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
	if (!subject_is_active(task))
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
	task = subject_find(PG_GETARG_INT64(0));
	check_can_wait(&task);
	INSTR_TIME_SET_CURRENT(since);
	for (;;)
	{
		long		left;

		dispatch_wait_prepare();
		task = subject_find(task.id);
		left = patience_left(patience, since);
		if (!subject_is_active(&task) || left <= 0)
			break;
		dispatch_wait(Min(left, LOOK_AGAIN_MS));
	}
	dispatch_wait_end();
	PG_RETURN_TEXT_P(cstring_to_text(task_status_names.texts[task.status]));
}

/* One look at a task, which leaves no snapshot behind. */
static Subject
look_at(int64 id)
{
	Subject		task;

	PushActiveSnapshot(GetTransactionSnapshot());
	task = subject_find(id);
	PopActiveSnapshot();
	return task;
}

/* Looks in transactions of their own until the task has ended or the patience is over. Returns the status. */
static TaskStatus
wait_in_pieces(int64 id, long patience)
{
	instr_time	since;
	Subject		task;

	INSTR_TIME_SET_CURRENT(since);
	for (;;)
	{
		long		left;

		dispatch_wait_prepare();
		task = look_at(id);
		left = patience_left(patience, since);
		SPI_commit();
		if (!subject_is_active(&task) || left <= 0)
			break;
		dispatch_wait(Min(left, LOOK_AGAIN_MS));
	}
	dispatch_wait_end();
	return task.status;
}

static Datum
status_row(const char *status)
{
	TupleDesc	desc = CreateTemplateTupleDesc(1);
	Datum		value = status != NULL ? CStringGetTextDatum(status) : (Datum) 0;
	bool		null = status == NULL;

	TupleDescInitEntry(desc, 1, "status", TEXTOID, -1, 0);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), &value, &null));
}

/* A procedure. PostgreSQL calls it without a snapshot, unless it is in a transaction block or in a function. */
Datum
pg_xlsx_wait_for(PG_FUNCTION_ARGS)
{
	long		patience = patience_of(fcinfo, 1);
	TaskStatus	status;

	if (!IsA(fcinfo->context, CallContext) || ((CallContext *) fcinfo->context)->atomic)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_TERMINATION),
				 errmsg("xlsx.wait_for cannot run in a transaction block or a function"),
				 errdetail("It ends its transaction between looks, so that it holds no snapshot."),
				 errhint("Call it by itself, or use xlsx.wait.")));
	if (PG_ARGISNULL(0))
		PG_RETURN_DATUM(status_row(NULL));
	if (SPI_connect_ext(SPI_OPT_NONATOMIC) != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	status = wait_in_pieces(PG_GETARG_INT64(0), patience);
	SPI_finish();
	PG_RETURN_DATUM(status_row(task_status_names.texts[status]));
}

/*
 * Cancelling
 */

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
	if (!subject_lock_wanted(task->id, runs ? WANTED_ACTIVE : WANTED_WAITING))
		return false;
	queue_end(task->id, TASK_CANCELLED, &error);
	return true;
}

/* Cancels it, and again when somebody has it run again meanwhile.  Returns the task as it was looked at last. */
static Subject
cancel_active(Subject task)
{
	while (subject_is_active(&task) && !try_cancel(&task))
	{
		CHECK_FOR_INTERRUPTS();
		task = subject_find(task.id);
	}
	return task;
}

/* The same for a set whose tasks run by themselves: it ends with the last of them. */
static Subject
cancel_set(Subject set)
{
	int			count;
	int64	   *tasks = task_set_tasks(set.id, &count);

	for (int i = 0; i < count; i++)
		(void) cancel_active(subject_find(tasks[i]));
	return subject_find(set.id);
}

static Subject
cancel_any(Subject task)
{
	return task.set_size > 0 && !task.atomic ? cancel_set(task) : cancel_active(task);
}

Datum
pg_xlsx_cancel(PG_FUNCTION_ARGS)
{
	Subject		task = subject_find(PG_GETARG_INT64(0));

	if (!subject_is_active(&task))
		subject_refuse(&task, "cancel");
	task = cancel_any(task);
	/* It may have ended by itself, or somebody else has cancelled it. */
	if (!subject_is_active(&task) && task.status != TASK_CANCELLED)
		subject_refuse(&task, "cancel");
	audit_note(task.id, AUDIT_CANCEL, AUDIT_NO_ROWS);
	PG_RETURN_TEXT_P(cstring_to_text(task_status_names.texts[TASK_CANCELLED]));
}

Datum
pg_xlsx_end_task(PG_FUNCTION_ARGS)
{
	Subject		task;

	do
	{
		CHECK_FOR_INTERRUPTS();
		task = subject_find(PG_GETARG_INT64(0));
		(void) cancel_any(task);
	} while (!subject_lock_wanted(task.id, WANTED_ENDED));
	PG_RETURN_VOID();
}

/*
 * Retrying
 */

static void
remove_reports(int64 task)
{
	static PrivateStatement delete = {
		"WITH errors AS (DELETE FROM xlsx_private.error_page WHERE task_id = $1),"
		" warnings AS (DELETE FROM xlsx_private.warning_page WHERE task_id = $1),"
		" blocks AS (DELETE FROM xlsx_private.error_block WHERE task_id = $1),"
		" kept AS (DELETE FROM xlsx_private.row_page WHERE task_id = $1)"
		" DELETE FROM xlsx_private.error_count WHERE task_id = $1", 1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task)};

	private_sql_run(&delete, values, NULL, NULL);
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
		" packets = 0, packets_saved = 0, packet_rows_saved = 0, tallied_saved = 0, tallied_errors = 0 WHERE id = $1", 1, {INT8OID}, NULL
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

/*
 * A task whose predecessor runs waits for its end. One whose predecessor has not ended well cannot run; one whose predecessor is
 * gone can.
 */
static bool
must_wait_again(const Subject *task)
{
	TaskStatus	before;

	if (task->after == 0 || !after_share(task->after, &before))
		return false;
	if (task_status_meaning(before) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("cannot retry task " INT64_FORMAT " because task " INT64_FORMAT ", which comes first, is %s", task->id,
						task->after, task_status_names.texts[before]),
				 errhint("Retry task " INT64_FORMAT " first.", task->after)));
	return (task_status_meaning(before) & TASK_ACTIVE) != 0;
}

static void
retry_one(Subject task)
{
	static PrivateStatement update = {
		"UPDATE xlsx_private.task SET status = 'PENDING', home = xlsx_private.installation(), phase = NULL, attempts = 0, deaths = 0,"
		" run_at = CASE WHEN $2 THEN 'infinity' ELSE clock_timestamp() END, wait_ms = CASE WHEN NOT $2 THEN 0 END, after_run_at = NULL,"
		" waited_ms = 0, completed_at = NULL, error_code = NULL, error_message = NULL,"
		" error_detail = NULL, error_hint = NULL, updated_at = clock_timestamp() WHERE id = $1"
		" AND NOT xlsx_private.is_active(status) AND NOT xlsx_private.is_success(status)",
		2, {INT8OID, BOOLOID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task.id), (Datum) 0};

	if (task_status_meaning(task.status) != 0)
		subject_refuse(&task, "retry");
	if (!task_file_use(task.id))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("cannot retry task " INT64_FORMAT " because its file has expired", task.id),
				 errdetail_internal("%s", task_file_why_gone(task.id)),
				 errhint("Upload the file again.")));
	task_run_require_alone(task.id);
	refuse_leftovers(&task);
	values[1] = BoolGetDatum(must_wait_again(&task));
	role_limits_check_retry(task.owner, task.tenant);
	if (private_sql_run(&update, values, NULL, NULL) == 0)
		subject_refuse(&task, "retry");
	counters_again(task.id, task.status);
	if (task.restart || task.spoiled)
		begin_again(task.id);
	progress_queued_again(task.id);
	audit_note(task.id, AUDIT_RETRY, AUDIT_NO_ROWS);
	task_set_sum(task.set);
	dispatch_want(task.login);
}

/* Retries the tasks of a set that have not ended well, in their order. */
static void
retry_set(const Subject *set)
{
	int			count;
	int64	   *tasks = task_set_tasks(set->id, &count);
	bool		any = false;

	if (task_status_meaning(set->status) != 0)
		subject_refuse(set, "retry");
	for (int i = 0; i < count; i++)
	{
		Subject		task = subject_lock(tasks[i]);

		if (task_status_meaning(task.status) != 0)
			continue;
		retry_one(task);
		any = true;
	}
	if (!any)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("cannot retry set " INT64_FORMAT " because its tasks that did not end well were deleted", set->id)));
}

Datum
pg_xlsx_retry(PG_FUNCTION_ARGS)
{
	Subject		task = subject_find(PG_GETARG_INT64(0));

	/* The tasks of a set are locked before it. */
	if (task.set_size > 0 && !task.atomic)
		retry_set(&task);
	else
		retry_one(subject_lock(task.id));
	PG_RETURN_TEXT_P(cstring_to_text(task_status_names.texts[TASK_PENDING]));
}

/*
 * Removing
 */

Datum
pg_xlsx_remove_task(PG_FUNCTION_ARGS)
{
	static PrivateStatement delete_task = {
		"WITH gone AS (DELETE FROM xlsx_private.task WHERE id = $1 AND NOT xlsx_private.is_active(status) RETURNING owner, tenant, status) "
		COUNTERS_GONE, 1, {INT8OID}, NULL
	};
	Subject		task = subject_find(PG_GETARG_INT64(0));
	Datum		id[] = {Int64GetDatum(task.id)};

	if (subject_is_active(&task))
		subject_refuse(&task, "remove");
	audit_note(task.id, AUDIT_DELETE, task_rows_deleted(task.id));
	progress_deleted(task.id);
	if (private_sql_run(&delete_task, id, NULL, NULL) == 0)
		subject_refuse(&task, "remove");
	queue_remove_rows(PointerGetDatum(construct_array(id, 1, INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE)));
	mirror_remove(task.id);
	if (task.file != 0)
		task_file_release(task.file, FILE_GONE_DELETED);
	task_set_count(task.set);
	PG_RETURN_VOID();
}
