/*
 * worker.c
 *	  The process that runs tasks, one after another, logged in as their submitter.
 */
#include "pg/pg_xlsx.h"

#include "access/xact.h"
#include "import/import.h"
#include "libpq/pqsignal.h"
#include "miscadmin.h"
#include "pg/deadline.h"
#include "pg/guc.h"
#include "pg/place.h"
#include "pg/process_memory.h"
#include "pg/transaction.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lmgr.h"
#include "tables/owner.h"
#include "tables/role_sql.h"
#include "tasks/dispatch.h"
#include "tasks/membership.h"
#include "tasks/queue.h"
#include "tasks/slots.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"
#include "workers/shut.h"
#include "workers/sweep.h"

PGDLLEXPORT void pg_xlsx_worker_main(Datum arg);

/* Without a launcher a worker waits itself for its role's next task, if that comes soon. */
#define LINGER_MS 10000

/* Rows of tasks that are due may be held by sessions, of which nobody says when they end. */
#define LOOK_AGAIN_MS 2000

/* The end of an attempt is written to a row that a session may hold. */
#define SETTLE_WAIT "5s"

/* After a sweep that failed. */
#define SWEEP_AGAIN_MS 10000

/* Deadlocks and serialization failures that a task may have before one counts as a failed attempt. */
#define MAX_CONFLICTS 10

/* For the books, whatever the role's own transactions are like. */
static void
transaction_begin(void)
{
	transaction_start();
	XactIsoLevel = XACT_READ_COMMITTED;
	XactReadOnly = false;
	PushActiveSnapshot(GetTransactionSnapshot());
}

static void
transaction_end(void)
{
	PopActiveSnapshot();
	CommitTransactionCommand();
}

static void
set_session(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SET, true, 0, false);
}

/* The worker's own, for whatever task. */
static void
set_worker_session(void)
{
	/* Many short statements over tables that have no statistics yet: compiling one takes a second. */
	set_session("jit", "off");
}

/* The work is done with the settings of the submit, and in each transaction as the role of the submit. */
static void
set_task_session(const Task *task)
{
	transaction_begin();
	(void) GetUserNameFromId(task->owner, false);	/* an error when it is gone */
	membership_require(task->id);
	set_session("TimeZone", task->time_zone);
	set_session("DateStyle", task->date_style);
	set_session("synchronous_commit", "off");
	transaction_end();
}

/* What the task's SQL has left would meet the next task, and our own work for this one. */
static void
clean_session(void *argument)
{
	(void) argument;
	transaction_begin();
	role_sql_clean_session();
	set_worker_session();
	transaction_end();
}

/* Can another attempt help?  Not where the file, the profile or the target is at fault. */
static bool
is_passing(int sqlstate)
{
	if (sqlstate == ERRCODE_DATA_CORRUPTED || sqlstate == ERRCODE_INDEX_CORRUPTED)
		return false;
	switch (ERRCODE_TO_CATEGORY(sqlstate))
	{
		case ERRCODE_CONNECTION_EXCEPTION:
		case ERRCODE_TRANSACTION_ROLLBACK:
		case ERRCODE_INSUFFICIENT_RESOURCES:
		case ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE:
		case MAKE_SQLSTATE('5', '7', '0', '0', '0'):
		case ERRCODE_SYSTEM_ERROR:
		case ERRCODE_INTERNAL_ERROR:
			return true;
		default:
			return false;
	}
}

/* Was another transaction in the way, so that the same can go well at once?  After MAX_CONFLICTS of a task it is time to wait. */
static bool
is_mere_conflict(const Task *task, int sqlstate)
{
	static int64 last_task = 0;
	static int	conflicts;

	if (ERRCODE_TO_CATEGORY(sqlstate) != ERRCODE_TRANSACTION_ROLLBACK)
		return false;
	if (task->id != last_task)
		conflicts = 0;
	last_task = task->id;
	return conflicts++ < MAX_CONFLICTS;
}

/* Does something in transactions of its own. NULL, or the error, which is in the log then. */
static ErrorData *
attempt(void (*work) (void *argument), void *argument, MemoryContext context)
{
	ErrorData  *volatile error = NULL;

	PG_TRY();
	{
		MemoryContextSwitchTo(context);
		work(argument);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		deadline_explain();
		error = CopyErrorData();
		EmitErrorReport();
		FlushErrorState();
		AbortCurrentTransaction();
	}
	PG_END_TRY();
	return error;
}

typedef struct Failure
{
	const Task *task;
	ErrorData  *error;
} Failure;

/* Ends the attempt that failed, in a transaction of its own. */
static void
settle_failure(void *argument)
{
	const Task *task = ((Failure *) argument)->task;
	ErrorData  *error = ((Failure *) argument)->error;
	int64		delay_ms;

	transaction_begin();
	(void) owner_hold();
	(void) set_config_option("lock_timeout", SETTLE_WAIT, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
	if (queue_has_ended(task->id))
		ereport(LOG,
				(errmsg("task " INT64_FORMAT " had ended before its worker was interrupted", task->id)));
	else if (deadline_passed())
		queue_end(task->id, TASK_FAILED, deadline_error());
	else if (error->sqlerrcode == ERRCODE_QUERY_CANCELED)
	{
		error->message = "Task was cancelled";
		queue_end(task->id, TASK_CANCELLED, error);
	}
	else if (is_mere_conflict(task, error->sqlerrcode))
		queue_again(task->id);
	else if (error->sqlerrcode == ERRCODE_READ_ONLY_SQL_TRANSACTION)
		dispatch_due(TimestampTzPlusMilliseconds(GetCurrentTimestamp(), queue_wait_on(task, error)));
	else if (!is_passing(error->sqlerrcode) || !queue_postpone(task, error, &delay_ms))
		queue_end(task->id, TASK_FAILED, error);
	else
		dispatch_due(TimestampTzPlusMilliseconds(GetCurrentTimestamp(), delay_ms));
	transaction_end();
}

/*
 * Where the end of the attempt cannot be written, because a session holds the
 * row or the server is short of something, the task is left as if its worker had died: another
 * one will go on.
 */
static void
settle(const Task *task, ErrorData *error, MemoryContext context)
{
	Failure		failure = {task, error};

	if (attempt(settle_failure, &failure, context) != NULL)
		dispatch_due_now(MyDatabaseId, TimestampTzPlusMilliseconds(GetCurrentTimestamp(), LOOK_AGAIN_MS));
}

static void
import_as_owner(void *argument)
{
	Task	   *task = argument;
	MemoryContext context = CurrentMemoryContext;

	set_task_session(task);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		import_run(task);
	}
	PG_CATCH();
	{
		/* The task must be ours until its failure is settled. */
		if (IsTransactionState())
			queue_keep(task->id);
		PG_RE_THROW();
	}
	PG_END_TRY();
}

/* Nobody waits for this, and nothing is lost by a failure: a sweep will do it. */
static void
remove_spent_file(void *argument)
{
	const Task *task = argument;

	transaction_begin();
	if (owner_hold())
		queue_remove_spent(task);
	transaction_end();
}

/* A task that has ended may let one start that a limit held back, of whatever role. */
static void
wake_limited(void)
{
	bool		limited;

	transaction_begin();
	limited = owner_hold() && queue_is_limited();
	transaction_end();
	if (limited)
		dispatch_want_now(MyDatabaseId, DISPATCH_SWEEP);
}

/* The next task, in the context; NULL when there is none.  What is wanted for the others is told. */
static Task *
claim(Oid login, MemoryContext context)
{
	QueueClaim	found = {0};
	uint64		freed = dispatch_freed();

	transaction_begin();
	if (owner_hold())
	{
		MemoryContextSwitchTo(context);
		queue_claim(login, &found);
	}
	if (found.task != NULL)
		slots_set_task(found.task->id);	/* before others can see that it runs */
	if (found.locked)
		dispatch_due(TimestampTzPlusMilliseconds(GetCurrentTimestamp(), LOOK_AGAIN_MS));
	transaction_end();
	if (found.more)
		dispatch_want_now(MyDatabaseId, login); /* a second worker, if one is free */
	else if (found.held)
		dispatch_want_when_freed(login, freed);
	return found.task;
}

/* Runs a task to its end, and leaves nothing of it in this process. False when that did not go well. */
static bool
run_task(Task *task, MemoryContext context)
{
	ErrorData  *error;
	bool		clean;

	place_enter(task->id, task->profile_name, task->file_name);
	deadline_start(pg_xlsx_task_timeout);
	error = attempt(import_as_owner, task, context);
	deadline_stop();
	place_set_rows(0, 0);
	slots_end_attempt();
	clean = attempt(clean_session, task, context) == NULL;
	if (error != NULL)
		settle(task, error, context);
	slots_set_task(0);
	queue_unlock_all();
	dispatch_task_ended();
	wake_limited();
	(void) attempt(remove_spent_file, task, context);
	place_leave();
	return clean;
}

/* Claims a task and runs it to an end. False when there is none for the order's role, or this process is no place for another. */
static bool
run_next_task(const DispatchOrder *order)
{
	MemoryContext context = AllocSetContextCreate(TopMemoryContext, "pg_xlsx task", ALLOCSET_DEFAULT_SIZES);
	Task	   *task = claim(order->login, context);
	bool		clean = true;

	MemoryContextSwitchTo(context);
	if (task != NULL)
	{
		pgstat_report_activity(STATE_RUNNING, psprintf("task " INT64_FORMAT, task->id));
		clean = run_task(task, context);
		pgstat_report_activity(STATE_IDLE, NULL);
	}
	MemoryContextSwitchTo(TopMemoryContext);
	MemoryContextDelete(context);
	if (!clean)
		dispatch_want_now(MyDatabaseId, order->login);
	return task != NULL && clean;
}

/* Without a launcher: waits for this role's next task. False when it is far off. */
static bool
linger(Oid login)
{
	TimestampTz due;
	long		wait;

	transaction_begin();
	due = owner_hold() ? queue_next_due(login) : DT_NOEND;
	transaction_end();
	if (due == DT_NOEND)
		return false;
	wait = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), due);
	if (wait > LINGER_MS)
		return false;
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, wait + 1, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
	return true;
}

static void
reload_settings(void)
{
	if (!ConfigReloadPending)
		return;
	ConfigReloadPending = false;
	ProcessConfigFile(PGC_SIGHUP);
}

/* Without a launcher nobody sweeps: who has done his work tidies. */
static void
tidy(void)
{
	transaction_begin();
	if (owner_hold())
		sweep_tidy();
	transaction_end();
}

static void
run_tasks(const DispatchOrder *order)
{
	do
	{
		while (reload_settings(), run_next_task(order))
			if (dispatch_crowded(order->login, slots_may_run))
			{
				/* Others wait for a worker: stand in line again. */
				dispatch_want_now(MyDatabaseId, order->login);
				return;
			}
	} while (!dispatch_shared() && linger(order->login));
	if (!dispatch_shared())
		tidy();
}

/* The steps of a sweep, each in a transaction of its own: what hinders one does not hinder the next. */
typedef void (*SweepStep) (void);

static void
run_sweep_step(void *argument)
{
	const SweepStep *step = argument;

	transaction_begin();
	if (owner_hold())
		(*step) ();
	transaction_end();
}

static void
sweep(void)
{
	SweepStep	steps[] = {sweep_start, sweep_tidy, sweep_plan};
	bool		failed = false;

	for (int i = 0; i < (int) lengthof(steps); i++)
		failed = attempt(run_sweep_step, &steps[i], TopMemoryContext) != NULL || failed;
	if (failed)
		dispatch_due_now(MyDatabaseId, TimestampTzPlusMilliseconds(GetCurrentTimestamp(), SWEEP_AGAIN_MS));
}

void
pg_xlsx_worker_main(Datum arg)
{
	DispatchOrder order;

	(void) arg;
	memcpy(&order, MyBgworkerEntry->bgw_extra, sizeof(order));
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	process_memory_keep();
	if (!slots_take(&order))
	{
		/* More are on their way than may be: stand in line again. */
		dispatch_want_now(order.database, order.login);
		proc_exit(0);
	}
	BackgroundWorkerInitializeConnectionByOid(order.database, order.login, 0);
	slots_logged_in();
	set_worker_session();
	if (shut_is_shut(MyDatabaseId))
		proc_exit(0);			/* before it is done: a sweep will follow, if the database stays */
	if (VirtualTransactionIdIsValid(order.starter))
	{
		transaction_start();
		(void) VirtualXactLock(order.starter, true);
		CommitTransactionCommand();
	}
	if (order.login == DISPATCH_SWEEP)
		sweep();
	else
		run_tasks(&order);
	slots_done();
	proc_exit(0);
}
