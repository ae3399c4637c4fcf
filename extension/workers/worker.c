/*
 * worker.c
 *	  The process that runs tasks, one after another, logged in as their submitter.
 */
#include "pg/pg_xlsx.h"

#include "access/xact.h"
#include "commands/dbcommands.h"
#include "import/import.h"
#include "libpq/pqsignal.h"
#include "miscadmin.h"
#include "pg/deadline.h"
#include "pg/guc.h"
#include "pg/place.h"
#include "pg/process_memory.h"
#include "pg/transaction.h"
#include "pg/wait_events.h"
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
#include "tasks/task_file.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "workers/settle.h"
#include "workers/shut.h"
#include "workers/sweep.h"
#include "workers/trouble.h"

PGDLLEXPORT void pg_xlsx_worker_main(Datum arg);

/* Without a launcher, a worker itself waits for the next task of its role, if it is due this soon. */
#define LINGER_MS 10000
#define LINGER_LEAST_MS 20

/* A session may hold rows of tasks that are due, and nothing notifies a worker when it releases them. */
#define LOOK_AGAIN_MS 2000

/* How long a worker serves its login before it makes room for others. */
#define TURN_MS 100

/* How long a sweep waits for a lock. What a session holds is left to a later sweep. */
#define SWEEP_WAIT "1s"

/* A transaction of the worker's own, independent of the defaults that the role has for its transactions. */
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

/* For the log. */
static char *database_name;

static void
note_database(void)
{
	transaction_begin();
	database_name = MemoryContextStrdup(TopMemoryContext, get_database_name(MyDatabaseId));
	transaction_end();
}

/* Settings of the worker's own, for all tasks. */
static void
set_worker_session(void)
{
	/*
	 * JIT does not pay for many short statements on tables without statistics: compiling one
	 * takes a second.
	 */
	set_session("jit", "off");
	/* The login may have a setting of its own, which would name some other program. */
	set_session("application_name", "pg_xlsx worker");
}

/*
 * Each task runs with the settings of its submission, and in each transaction as the role of its
 * submission.
 */
static void
set_task_session(const Task *task)
{
	transaction_begin();
	(void) GetUserNameFromId(task->owner, false);	/* raises an error when the role is gone */
	membership_require(task->id);
	set_session("TimeZone", task->time_zone);
	set_session("DateStyle", task->date_style);
	set_session("synchronous_commit", "off");
	transaction_end();
}

/*
 * What SQL of the task has left in the session must not affect the next task, nor the worker's
 * own statements.
 */
static void
clean_session(void *argument)
{
	(void) argument;
	transaction_begin();
	role_sql_clean_session();
	set_worker_session();
	transaction_end();
}

/* Runs something in transactions of its own. Returns NULL, or the error, which has been logged. */
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

/* Records the failed attempt, in a transaction of its own. */
static void
settle_failure(void *argument)
{
	const Failure *failure = argument;

	transaction_begin();
	(void) owner_hold();
	settle_attempt(failure->task, failure->error);
	transaction_end();
}

/*
 * When the end of the attempt cannot be written, because a session holds the row or the server is
 * short of something, the task is left as it is. Another worker then continues it, and does not
 * count this as a death. Returns false when this worker would fail at the next task, too.
 */
static bool
settle(const Task *task, ErrorData *error, MemoryContext context)
{
	Failure		failure = {task, error};
	ErrorData  *unsettled = attempt(settle_failure, &failure, context);

	if (unsettled == NULL)
		return true;
	slots_leave_unsettled(task->id);
	slots_note_lost();
	dispatch_due_now(MyDatabaseId, TimestampTzPlusMilliseconds(GetCurrentTimestamp(), LOOK_AGAIN_MS));
	if (unsettled->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE)
		return false;
	trouble_excuse();
	return true;
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
		/* The worker needs the lock of the task until the failure is recorded. */
		if (IsTransactionState())
			queue_keep(task->id);
		PG_RE_THROW();
	}
	PG_END_TRY();
}

/* Nobody waits for this, and a failure loses nothing: a sweep does it later. */
static void
remove_spent_file(void *argument)
{
	const Task *task = argument;

	transaction_begin();
	if (owner_hold())
		task_file_tidy(task->id, task->file);
	transaction_end();
}

/*
 * Claims the next task, in the context. Returns NULL when there is none. Asks for other workers
 * where the claim found that they are wanted.
 */
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
	if (found.locked)
		dispatch_due(TimestampTzPlusMilliseconds(GetCurrentTimestamp(), LOOK_AGAIN_MS));
	transaction_end();
	if (found.more)
		dispatch_want_now(MyDatabaseId, login); /* asks for a second worker */
	else
	{
		if (found.held)
			dispatch_want_when_freed(login, DISPATCH_HOLD_SLOT, freed);
		/* a worker with a task looks again after it */
		if (found.limited && found.task == NULL)
			dispatch_want_when_freed(login, DISPATCH_HOLD_LIMIT, freed);
	}
	return found.task;
}

/*
 * Runs a task to its end and removes everything of it from this process. Returns false when this
 * process should not run another one.
 */
static bool
run_task(Oid login, Task *task, MemoryContext context)
{
	ErrorData  *error;
	bool		clean;

	place_enter(task->id, task->profile_name, task->file_name, task->owner_name, database_name);
	trouble_pause(true);
	deadline_start(pg_xlsx_task_timeout);
	error = attempt(import_as_owner, task, context);
	deadline_stop();
	place_set_rows(0, 0);
	slots_end_attempt();
	clean = attempt(clean_session, task, context) == NULL;
	trouble_pause(false);
	if (error != NULL)
		clean = settle(task, error, context) && clean;
	slots_set_task(0);
	if (clean)
		trouble_over(database_name);
	queue_unlock_all();
	dispatch_task_ended();
	dispatch_limit_freed(login);
	(void) attempt(remove_spent_file, task, context);
	place_leave();
	return clean;
}

/*
 * Claims a task and runs it. Returns false when the order's role has no task, or this process
 * should not run another one.
 */
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
		clean = run_task(order->login, task, context);
		pgstat_report_activity(STATE_IDLE, NULL);
	}
	MemoryContextSwitchTo(TopMemoryContext);
	MemoryContextDelete(context);
	if (!clean)
		dispatch_want_now(MyDatabaseId, order->login);
	return task != NULL && clean;
}

/* Without a launcher: waits for the next task of this role. Returns false when it is too far away. */
static bool
linger(Oid login)
{
	TimestampTz due = DT_NOEND;
	long		wait;

	transaction_begin();
	if (owner_hold())
	{
		queue_end_waits();
		due = queue_next_due(login);
	}
	transaction_end();
	if (due == DT_NOEND)
		return false;
	wait = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), due);
	if (wait > LINGER_MS)
		return false;
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, Max(wait, LINGER_LEAST_MS) + 1, wait_event_of(WAIT_FOR_DUE_TASK));
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

/* Without a launcher nobody starts sweeps, so a worker tidies after its last task. */
static void
tidy(void)
{
	bool		more;

	do
	{
		transaction_begin();
		more = owner_hold() && sweep_tidy();
		transaction_end();
	} while (more);
}

/*
 * Should this worker make room? Where others wait for a worker, it does so after the task with
 * which its turn is over. The start of a process takes longer than many tasks.
 */
static bool
makes_room(Oid login, TimestampTz began)
{
	TimestampTz now = GetCurrentTimestamp();

	if (!pg_xlsx_enabled)
		return true;
	/* the clock may have been set back */
	return (now < began || TimestampDifferenceExceeds(began, now, TURN_MS)) && dispatch_crowded(login, slots_may_run);
}

static void
run_tasks(const DispatchOrder *order)
{
	TimestampTz began = GetCurrentTimestamp();

	do
	{
		while (reload_settings(), run_next_task(order))
			if (makes_room(order->login, began))
			{
				/* others wait for a worker, or nothing may start: this login gets in line again */
				dispatch_want_now(MyDatabaseId, order->login);
				return;
			}
	} while (!dispatch_shared() && linger(order->login));
	if (!dispatch_shared())
		tidy();
}

/*
 * The steps of a sweep, each in a transaction of its own, so that an error in one does not hinder
 * the next.
 */
typedef bool (*SweepStep) (void);

static void
run_sweep_step(void *argument)
{
	const SweepStep *step = argument;
	bool		more;

	do
	{
		transaction_begin();
		(void) set_config_option("lock_timeout", SWEEP_WAIT, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
		more = owner_hold() && (*step) ();
		transaction_end();
		CHECK_FOR_INTERRUPTS();
	} while (more);
}

static void
sweep(void)
{
	SweepStep	steps[] = {sweep_start, sweep_tidy, sweep_plan};

	for (int i = 0; i < (int) lengthof(steps); i++)
		(void) attempt(run_sweep_step, &steps[i], TopMemoryContext);
	if (trouble_seen())
		dispatch_want_now(MyDatabaseId, DISPATCH_SWEEP);	/* starts after the wait */
	else
		trouble_over(database_name);
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
		/* no slot is free: gets in line again */
		dispatch_want_now(order.database, order.login);
		proc_exit(0);
	}
	trouble_watch(order.database, order.login);	/* what it notes at the exit is there before the slot is free */
	BackgroundWorkerInitializeConnectionByOid(order.database, order.login, 0);
	slots_logged_in();
	set_worker_session();
	note_database();
	if (shut_is_shut(MyDatabaseId))
		proc_exit(0);			/* before the sweep is done: another one follows if the database stays */
	if (VirtualTransactionIdIsValid(order.starter))
	{
		transaction_start();
		(void) VirtualXactLock(order.starter, true);
		CommitTransactionCommand();
	}
	if (order.login == DISPATCH_SWEEP)
	{
		pgstat_report_activity(STATE_RUNNING, "sweep");
		sweep();
	}
	else
		run_tasks(&order);
	slots_done();
	proc_exit(0);
}
