/*
 * dispatch.c
 *	  Wake-ups between sessions, the launcher and the workers.
 */
#include "dispatch.h"

#include <signal.h>

#include "access/xact.h"
#include "miscadmin.h"
#include "postmaster/bgworker.h"
#include "storage/condition_variable.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "storage/shmem.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#define MAX_WANTS 128
#define MAX_DATABASES 128

typedef struct Want
{
	Oid			database;
	Oid			login;
} Want;

typedef struct Due
{
	Oid			database;		/* InvalidOid: free entry */
	TimestampTz when;
} Due;

typedef struct WorkerSlot
{
	DispatchSlotState state;
	Oid			database;
	int64		task;			/* 0: between two */
	pid_t		pid;
} WorkerSlot;

typedef struct DispatchShared
{
	LWLock	   *lock;			/* protects all below but the condition variable */
	Latch	   *launcher;		/* NULL while there is none */
	ConditionVariable task_ended;
	bool		overflow;		/* a want or a due time found no place */
	int			wants;
	Want		want[MAX_WANTS];	/* oldest first, no two alike */
	Oid			shut;			/* no workers for this database, InvalidOid: for all */
	Due			due[MAX_DATABASES];
	WorkerSlot	slot[DISPATCH_MAX_WORKERS];
} DispatchShared;

static DispatchShared *shared = NULL;
static shmem_request_hook_type previous_request_hook = NULL;
static shmem_startup_hook_type previous_startup_hook = NULL;

/* Login roles wanted by the current transaction; lives in TopTransactionContext. */
static List *wanted_logins = NIL;

static void
shmem_request(void)
{
	if (previous_request_hook)
		previous_request_hook();
	RequestAddinShmemSpace(MAXALIGN(sizeof(DispatchShared)));
	RequestNamedLWLockTranche("pg_xlsx", 1);
}

static void
shmem_startup(void)
{
	bool		found;

	if (previous_startup_hook)
		previous_startup_hook();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	shared = ShmemInitStruct("pg_xlsx dispatch", sizeof(DispatchShared), &found);
	if (!found)
	{
		memset(shared, 0, sizeof(*shared));
		shared->lock = &(GetNamedLWLockTranche("pg_xlsx"))->lock;
		ConditionVariableInit(&shared->task_ended);
	}
	LWLockRelease(AddinShmemInitLock);
}

void
dispatch_init(void)
{
	previous_request_hook = shmem_request_hook;
	shmem_request_hook = shmem_request;
	previous_startup_hook = shmem_startup_hook;
	shmem_startup_hook = shmem_startup;
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

static bool
want_exists(Oid database, Oid login)
{
	for (int i = 0; i < shared->wants; i++)
		if (shared->want[i].database == database && shared->want[i].login == login)
			return true;
	return false;
}

void
dispatch_want_now(Oid database, Oid login)
{
	if (shared == NULL)
		return;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	if (!want_exists(database, login))
	{
		if (shared->wants < MAX_WANTS)
			shared->want[shared->wants++] = (Want){database, login};
		else
			shared->overflow = true;
	}
	wake_launcher();
	LWLockRelease(shared->lock);
}

static void
at_transaction_end(XactEvent event, void *arg)
{
	ListCell   *cell;

	(void) arg;
	if (event == XACT_EVENT_COMMIT)
		foreach(cell, wanted_logins)
			dispatch_want_now(MyDatabaseId, lfirst_oid(cell));
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
		wanted_logins = NIL;
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

/* Without a launcher: a worker of our own, which waits for the end of our transaction. */
static void
start_worker_here(Oid login)
{
	DispatchOrder order = {MyDatabaseId, login, -1, {0}};
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
	static bool registered = false;
	MemoryContext caller;

	if (list_member_oid(wanted_logins, login))
		return;
	if (!registered)
	{
		RegisterXactCallback(at_transaction_end, NULL);
		registered = true;
	}
	if (shared == NULL)
		start_worker_here(login);
	caller = MemoryContextSwitchTo(TopTransactionContext);
	wanted_logins = lappend_oid(wanted_logins, login);
	MemoryContextSwitchTo(caller);
}

bool
dispatch_crowded(Oid login)
{
	bool		crowded = false;

	if (shared == NULL)
		return false;
	LWLockAcquire(shared->lock, LW_SHARED);
	for (int i = 0; i < shared->wants && !crowded; i++)
		crowded = shared->want[i].database != MyDatabaseId || shared->want[i].login != login;
	LWLockRelease(shared->lock);
	return crowded;
}

void
dispatch_due(Oid database, TimestampTz when)
{
	Due		   *place = NULL;

	if (shared == NULL)
		return;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < MAX_DATABASES; i++)
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
		*place = (Due){database, when};
	wake_launcher();
	LWLockRelease(shared->lock);
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
		(void) ConditionVariableTimedSleep(&shared->task_ended, milliseconds, PG_WAIT_EXTENSION);
		return;
	}
	/* Nobody tells us: look again soon. */
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, Min(milliseconds, 50), PG_WAIT_EXTENSION);
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

bool
dispatch_take(Oid *database, Oid *login)
{
	bool		taken = false;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < shared->wants && !taken; i++)
	{
		if (shared->want[i].database == shared->shut)
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
dispatch_take_due(TimestampTz now, Oid *database)
{
	bool		taken = false;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < MAX_DATABASES && !taken; i++)
		if (OidIsValid(shared->due[i].database) && shared->due[i].when <= now)
		{
			*database = shared->due[i].database;
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

TimestampTz
dispatch_next_due(void)
{
	TimestampTz next = DT_NOEND;

	LWLockAcquire(shared->lock, LW_SHARED);
	for (int i = 0; i < MAX_DATABASES; i++)
		if (OidIsValid(shared->due[i].database) && shared->due[i].when < next)
			next = shared->due[i].when;
	LWLockRelease(shared->lock);
	return next;
}

void
dispatch_slot_set(int slot, DispatchSlotState state)
{
	if (shared == NULL || slot < 0)
		return;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	shared->slot[slot] = (WorkerSlot){.state = state,.pid = MyProcPid,.database = MyDatabaseId};
	LWLockRelease(shared->lock);
}

void
dispatch_slot_task(int slot, int64 task)
{
	if (shared == NULL || slot < 0)
		return;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	shared->slot[slot].task = task;
	LWLockRelease(shared->lock);
	/* A cancel of the task before came too late; it is not meant for the next one. */
	QueryCancelPending = false;
}

bool
dispatch_cancel(int64 task)
{
	bool		found = false;

	if (shared == NULL)
		return false;
	LWLockAcquire(shared->lock, LW_SHARED);
	for (int i = 0; i < DISPATCH_MAX_WORKERS && !found; i++)
	{
		WorkerSlot *slot = &shared->slot[i];

		found = slot->task == task && slot->database == MyDatabaseId && slot->state == DISPATCH_SLOT_BUSY;
		if (found)
			(void) kill(slot->pid, SIGINT);
	}
	LWLockRelease(shared->lock);
	return found;
}

DispatchSlotState
dispatch_slot_state(int slot)
{
	DispatchSlotState state;

	LWLockAcquire(shared->lock, LW_SHARED);
	state = shared->slot[slot].state;
	LWLockRelease(shared->lock);
	return state;
}

void
dispatch_shut(Oid database)
{
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	shared->shut = database;
	for (int i = 0; i < DISPATCH_MAX_WORKERS; i++)
		if (shared->slot[i].database == database && shared->slot[i].state == DISPATCH_SLOT_BUSY)
			(void) kill(shared->slot[i].pid, SIGTERM);
	LWLockRelease(shared->lock);
}

/* Nothing is wanted for a database that is gone. */
static void
forget_database(Oid database)
{
	int			kept = 0;

	for (int i = 0; i < shared->wants; i++)
		if (shared->want[i].database != database)
			shared->want[kept++] = shared->want[i];
	shared->wants = kept;
	for (int i = 0; i < MAX_DATABASES; i++)
		if (shared->due[i].database == database)
			shared->due[i].database = InvalidOid;
}

void
dispatch_reopen(Oid database, bool stays)
{
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	if (shared->shut == database)
		shared->shut = InvalidOid;
	if (!stays)
		forget_database(database);
	LWLockRelease(shared->lock);
	if (stays)
		dispatch_want_now(database, DISPATCH_SWEEP);
}

bool
dispatch_is_shut(Oid database)
{
	bool		is_shut;

	if (shared == NULL)
		return false;
	LWLockAcquire(shared->lock, LW_SHARED);
	is_shut = shared->shut == database;
	LWLockRelease(shared->lock);
	return is_shut;
}
