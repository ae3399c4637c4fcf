/*
 * dispatch.c
 *	  Wake-ups between sessions, the launcher and the workers.
 */
#include "tasks/dispatch.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "pg/guc.h"
#include "pg/shared_memory.h"
#include "pg/wait_events.h"
#include "postmaster/bgworker.h"
#include "storage/condition_variable.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

/* With more wants than this at the same time, databases are swept to find them again. */
#define MAX_WANTS 16384

/* Requests for sweeps that the launcher has not taken yet: one for each database. When more come, all databases are swept. */
#define MAX_DUES 1024

typedef struct Want
{
	Oid			database;
	Oid			login;
	int			holds;			/* DispatchHold: events that it waits for; 0: none */
} Want;

typedef struct Due
{
	Oid			database;		/* InvalidOid: free entry */
	TimestampTz when;
} Due;

typedef struct DispatchShared
{
	LWLock	   *lock;			/* protects all below but the condition variable */
	Latch	   *launcher;		/* NULL while there is none */
	ConditionVariable task_ended;
	uint64		freed;			/* events so far that ended a hold */
	bool		overflow;		/* an entry did not fit, for a want or for a due time */
	int			wants;
	Want		want[MAX_WANTS];	/* oldest first, each different from the others */
	Due			due[MAX_DUES];
} DispatchShared;

static DispatchShared *shared = NULL;

/* Login roles wanted by the current transaction; lives in TopTransactionContext. */
static List *wanted_logins = NIL;

/* When to sweep the database if the current transaction commits. */
static TimestampTz wanted_sweep = DT_NOEND;

static void
fill(void *memory)
{
	DispatchShared *filled = memory;

	filled->freed = 1;			/* 0 stands for a count that nobody has read */
	ConditionVariableInit(&filled->task_ended);
}

void
dispatch_init(void)
{
	static const SharedMemory piece = {"pg_xlsx dispatch", "pg_xlsx", sizeof(DispatchShared), (void **) &shared, fill};

	shared_memory_want(&piece);
}

bool
dispatch_shared(void)
{
	return shared != NULL;
}

static void
wake_launcher(void)
{
	if (shared->launcher != NULL)
		SetLatch(shared->launcher);
}

static Want *
find_want(Oid database, Oid login)
{
	for (int i = 0; i < shared->wants; i++)
		if (shared->want[i].database == database && shared->want[i].login == login)
			return &shared->want[i];
	return NULL;
}

/* A want that is held once and not held another time is not held. Returns true when it is not. */
static bool
note_want(Oid database, Oid login, int holds)
{
	Want	   *want = find_want(database, login);

	if (want != NULL)
		want->holds = want->holds != 0 && holds != 0 ? want->holds | holds : 0;
	else if (shared->wants < MAX_WANTS)
		shared->want[shared->wants++] = (Want) {database, login, holds};
	else
		shared->overflow = true;
	return holds == 0;
}

/* since: the want is held unless there has been an event since. */
static void
add_want(Oid database, Oid login, int holds, uint64 since)
{
	if (shared == NULL)
		return;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	if (note_want(database, login, since == shared->freed ? holds : 0))
		wake_launcher();
	LWLockRelease(shared->lock);
}

void
dispatch_want_now(Oid database, Oid login)
{
	add_want(database, login, 0, 0);
}

void
dispatch_want_when_freed(Oid login, DispatchHold hold, uint64 since)
{
	add_want(MyDatabaseId, login, (int) hold, since);
}

void
dispatch_put_back(Oid database, Oid login)
{
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	(void) note_want(database, login, 0);
	LWLockRelease(shared->lock);
}

uint64
dispatch_freed(void)
{
	uint64		freed = 0;

	if (shared != NULL)
	{
		LWLockAcquire(shared->lock, LW_SHARED);
		freed = shared->freed;
		LWLockRelease(shared->lock);
	}
	return freed;
}

void
dispatch_slot_freed(void)
{
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	shared->freed++;
	for (int i = 0; i < shared->wants; i++)
		if (shared->want[i].holds & DISPATCH_HOLD_SLOT)
			shared->want[i].holds = 0;
	wake_launcher();
	LWLockRelease(shared->lock);
}

void
dispatch_limit_freed(Oid login)
{
	bool		found = false;

	if (shared == NULL)
		return;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	shared->freed++;
	for (int i = 0; i < shared->wants; i++)
	{
		Want	   *want = &shared->want[i];

		if ((want->holds & DISPATCH_HOLD_LIMIT) && want->database == MyDatabaseId && want->login != login)
		{
			want->holds = 0;
			found = true;
		}
	}
	if (found)
		wake_launcher();
	LWLockRelease(shared->lock);
}

bool
dispatch_is_wanted(Oid login)
{
	const Want *want;
	bool		wanted = false;

	if (shared == NULL)
		return false;
	LWLockAcquire(shared->lock, LW_SHARED);
	want = find_want(MyDatabaseId, login);
	wanted = want != NULL && want->holds == 0;
	LWLockRelease(shared->lock);
	return wanted;
}

static void
at_transaction_end(XactEvent event, void *arg)
{
	ListCell   *cell;

	(void) arg;
	if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT && event != XACT_EVENT_PREPARE)
		return;
	if (event == XACT_EVENT_COMMIT)
	{
		foreach(cell, wanted_logins)
			dispatch_want_now(MyDatabaseId, lfirst_oid(cell));
		if (wanted_sweep != DT_NOEND)
			dispatch_due_now(MyDatabaseId, wanted_sweep);
	}
	wanted_logins = NIL;
	wanted_sweep = DT_NOEND;
}

static void
watch_transactions(void)
{
	static bool registered = false;

	if (!registered)
		RegisterXactCallback(at_transaction_end, NULL);
	registered = true;
}

void
dispatch_describe_worker(BackgroundWorker *worker, const DispatchOrder *order)
{
	StaticAssertStmt(sizeof(DispatchOrder) <= BGW_EXTRALEN, "order must fit into bgw_extra");
	memset(worker, 0, sizeof(*worker));
	worker->bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker->bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker->bgw_restart_time = BGW_NEVER_RESTART;
	strlcpy(worker->bgw_library_name, "pg_xlsx", sizeof(worker->bgw_library_name));
	strlcpy(worker->bgw_function_name, "pg_xlsx_worker_main", sizeof(worker->bgw_function_name));
	strlcpy(worker->bgw_name, "pg_xlsx worker", sizeof(worker->bgw_name));
	strlcpy(worker->bgw_type, "pg_xlsx worker", sizeof(worker->bgw_type));
	memcpy(worker->bgw_extra, order, sizeof(*order));
}

/* Without a launcher: starts a worker from this session. The worker waits for the end of this transaction. */
static void
start_worker_here(Oid login)
{
	DispatchOrder order = {.database = MyDatabaseId,.login = login,.slot = -1};
	BackgroundWorker worker;
	BackgroundWorkerHandle *handle;

	compat_my_vxid(order.starter);
	dispatch_describe_worker(&worker, &order);
	if (!RegisterDynamicBackgroundWorker(&worker, &handle))
		ereport(WARNING,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("no background worker is free, the task waits for the next submit"),
				 errhint("Add pg_xlsx to shared_preload_libraries, or increase max_worker_processes.")));
}

void
dispatch_want(Oid login)
{
	MemoryContext caller;

	if (list_member_oid(wanted_logins, login))
		return;
	watch_transactions();
	if (shared == NULL && pg_xlsx_enabled)
		start_worker_here(login);
	caller = MemoryContextSwitchTo(TopTransactionContext);
	wanted_logins = lappend_oid(wanted_logins, login);
	MemoryContextSwitchTo(caller);
}

bool
dispatch_crowded(Oid login, bool (*may_run) (Oid login))
{
	Oid		   *waiting;
	int			count = 0;
	bool		crowded = false;

	if (shared == NULL)
		return false;
	waiting = palloc(sizeof(Oid) * MAX_WANTS);
	LWLockAcquire(shared->lock, LW_SHARED);
	for (int i = 0; i < shared->wants; i++)
	{
		const Want *want = &shared->want[i];

		if (want->login != DISPATCH_SWEEP && want->holds == 0 && (want->database != MyDatabaseId || want->login != login))
			waiting[count++] = want->login;
	}
	LWLockRelease(shared->lock);
	for (int i = 0; i < count && !crowded; i++)
		crowded = may_run(waiting[i]);
	pfree(waiting);
	return crowded;
}

void
dispatch_due_now(Oid database, TimestampTz when)
{
	Due		   *place = NULL;

	if (shared == NULL)
		return;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < MAX_DUES; i++)
	{
		Due		   *due = &shared->due[i];

		if (due->database == database || (place == NULL && !OidIsValid(due->database)))
			place = due;
		if (due->database == database)
			break;
	}
	if (place == NULL)
		shared->overflow = true;
	else if (place->database != database || when < place->when)
		*place = (Due) {database, when};
	wake_launcher();
	LWLockRelease(shared->lock);
}

void
dispatch_due(TimestampTz when)
{
	watch_transactions();
	if (when < wanted_sweep)
		wanted_sweep = when;
}

void
dispatch_wait_prepare(void)
{
	if (shared != NULL)
		ConditionVariablePrepareToSleep(&shared->task_ended);
}

void
dispatch_wait(long milliseconds)
{
	if (shared != NULL)
	{
		(void) ConditionVariableTimedSleep(&shared->task_ended, milliseconds, wait_event_of(WAIT_FOR_TASK_END));
		return;
	}
	/* Nothing wakes this process up: it looks again soon. */
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, Min(milliseconds, 50), wait_event_of(WAIT_FOR_TASK_END));
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
}

void
dispatch_wait_end(void)
{
	if (shared != NULL)
		ConditionVariableCancelSleep();
}

void
dispatch_task_ended(void)
{
	if (shared != NULL)
		ConditionVariableBroadcast(&shared->task_ended);
}

static void
detach_launcher(int code, Datum arg)
{
	(void) code;
	(void) arg;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	shared->launcher = NULL;
	LWLockRelease(shared->lock);
}

void
dispatch_attach_launcher(void)
{
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	shared->launcher = MyLatch;
	LWLockRelease(shared->lock);
	before_shmem_exit(detach_launcher, (Datum) 0);
}

/* Takes the oldest want that fits out of the line. */
bool
dispatch_take(bool (*fits) (Oid database, Oid login), Oid *database, Oid *login)
{
	bool		taken = false;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < shared->wants && !taken; i++)
	{
		if (shared->want[i].holds != 0 || !fits(shared->want[i].database, shared->want[i].login))
			continue;
		*database = shared->want[i].database;
		*login = shared->want[i].login;
		shared->wants--;
		memmove(&shared->want[i], &shared->want[i + 1], sizeof(Want) * (shared->wants - i));
		taken = true;
	}
	LWLockRelease(shared->lock);
	return taken;
}

bool
dispatch_take_due(Oid *database, TimestampTz *when)
{
	bool		taken = false;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < MAX_DUES && !taken; i++)
		if (OidIsValid(shared->due[i].database))
		{
			*database = shared->due[i].database;
			*when = shared->due[i].when;
			shared->due[i].database = InvalidOid;
			taken = true;
		}
	LWLockRelease(shared->lock);
	return taken;
}

bool
dispatch_take_overflow(void)
{
	bool		overflow;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	overflow = shared->overflow;
	shared->overflow = false;
	LWLockRelease(shared->lock);
	return overflow;
}

void
dispatch_forget_database(Oid database)
{
	int			kept = 0;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < shared->wants; i++)
		if (shared->want[i].database != database)
			shared->want[kept++] = shared->want[i];
	shared->wants = kept;
	for (int i = 0; i < MAX_DUES; i++)
		if (shared->due[i].database == database)
			shared->due[i].database = InvalidOid;
	LWLockRelease(shared->lock);
}
