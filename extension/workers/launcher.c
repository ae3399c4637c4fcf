/*
 * launcher.c
 *	  Starts workers for databases and roles that want one.
 *
 * Whenever the launcher starts, also after a crash of the server, it has every database swept
 * once. The sweep finds tasks whose worker is gone.
 */
#include "workers/launcher.h"

#include "pg/pg_xlsx.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_database.h"
#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "pg/guc.h"
#include "pg/transaction.h"
#include "pg/wait_events.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lock.h"
#include "tasks/dispatch.h"
#include "tasks/slots.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"
#include "workers/dues.h"
#include "workers/shut.h"
#include "workers/trouble.h"

/* How long to wait when no background worker slot of the server is free. */
#define START_AGAIN_MS 500

/* While something is due later, the clock is looked at this often. */
#define CLOCK_LOOK_MS 5000

/* After a larger step back of the clock every database is swept. */
#define CLOCK_STEP_MS 500

/* All databases are swept at most this often for requests that were lost. */
#define OVERFLOW_AGAIN_MS 10000

/* How long to wait while a database is locked, or allows no connections. */
#define LOOK_AGAIN_MS 1000

/* A worker that has been started. */
typedef struct Start
{
	BackgroundWorkerHandle *handle; /* NULL: free */
	DispatchOrder order;
} Start;

static Start starts[SLOTS];

/* Databases to sweep when nothing is more urgent, and those that allow no connections. Both live in TopMemoryContext. */
static List *unswept = NIL;
static List *closed = NIL;

PGDLLEXPORT void pg_xlsx_launcher_main(Datum arg);

void
launcher_register(void)
{
	BackgroundWorker worker = {0};

	worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker.bgw_restart_time = 1;
	strlcpy(worker.bgw_library_name, "pg_xlsx", sizeof(worker.bgw_library_name));
	strlcpy(worker.bgw_function_name, "pg_xlsx_launcher_main", sizeof(worker.bgw_function_name));
	strlcpy(worker.bgw_name, "pg_xlsx launcher", sizeof(worker.bgw_name));
	strlcpy(worker.bgw_type, "pg_xlsx launcher", sizeof(worker.bgw_type));
	RegisterBackgroundWorker(&worker);
}

/* Notes every database for a sweep. */
static void
note_all_databases(void)
{
	Relation	relation;
	TableScanDesc scan;
	HeapTuple	tuple;

	transaction_start();
	(void) GetTransactionSnapshot();
	relation = table_open(DatabaseRelationId, AccessShareLock);
	scan = table_beginscan_catalog(relation, 0, NULL);
	while (HeapTupleIsValid(tuple = heap_getnext(scan, ForwardScanDirection)))
	{
		Form_pg_database database = (Form_pg_database) GETSTRUCT(tuple);
		MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);

		/* Imports do not run in a template database, and a connection to one would block CREATE DATABASE. */
		if (!database->datistemplate)
			unswept = list_append_unique_oid(unswept, database->oid);
		MemoryContextSwitchTo(caller);
	}
	table_endscan(scan);
	table_close(relation, AccessShareLock);
	CommitTransactionCommand();
}

typedef enum DatabaseState
{
	DATABASE_OPEN,
	DATABASE_LOCKED,			/* a transaction that renames, copies or drops it has not ended */
	DATABASE_CLOSED,			/* it allows no connections */
	DATABASE_GONE
} DatabaseState;

static DatabaseState
state_of(HeapTuple database)
{
	if (!HeapTupleIsValid(database))
		return DATABASE_GONE;
	return ((Form_pg_database) GETSTRUCT(database))->datallowconn ? DATABASE_OPEN : DATABASE_CLOSED;
}

/* A worker for a locked database would hang while it starts, and keep its slot from others. */
static DatabaseState
database_state(Oid database)
{
	DatabaseState state = DATABASE_LOCKED;
	LOCKTAG		tag;

	SET_LOCKTAG_OBJECT(tag, InvalidOid, DatabaseRelationId, database, 0);
	transaction_start();
	if (LockAcquire(&tag, RowExclusiveLock, false, true) != LOCKACQUIRE_NOT_AVAIL)
	{
		HeapTuple	tuple = SearchSysCache1(DATABASEOID, ObjectIdGetDatum(database));

		state = state_of(tuple);
		if (HeapTupleIsValid(tuple))
			ReleaseSysCache(tuple);
	}
	CommitTransactionCommand();
	CurrentMemoryContext = TopMemoryContext;
	return state;
}

/*
 * The tasks of a database that allows no connections wait, without a process that fails. A sweep
 * finds them when it allows connections again. The log says it once.
 */
static void
note_closed(Oid database)
{
	MemoryContext caller;

	if (list_member_oid(closed, database))
		return;
	transaction_start();
	ereport(LOG,
			(errmsg("database \"%s\" allows no connections, so its tasks wait", get_database_name(database))));
	CommitTransactionCommand();
	caller = MemoryContextSwitchTo(TopMemoryContext);
	closed = lappend_oid(closed, database);
	MemoryContextSwitchTo(caller);
}

static void
look_again(Oid database)
{
	dues_note(database, TimestampTzPlusMilliseconds(GetCurrentTimestamp(), LOOK_AGAIN_MS));
}

/* Forgets workers that have ended. What a worker that never came should have done is found by a sweep. */
static void
reap_workers(void)
{
	for (int i = 0; i < SLOTS; i++)
	{
		Start	   *start = &starts[i];
		pid_t		pid;

		if (start->handle == NULL || GetBackgroundWorkerPid(start->handle, &pid) != BGWH_STOPPED)
			continue;
		pfree(start->handle);
		start->handle = NULL;
		if (slots_break(&start->order))
			dispatch_due_now(start->order.database, TimestampTzPlusMilliseconds(GetCurrentTimestamp(), START_AGAIN_MS));
	}
}

/* Returns false when the server had no background worker slot. The want must be met later, then. */
static bool
start_worker(Oid database, Oid login)
{
	DispatchOrder order = {.database = database,.login = login};
	BackgroundWorker worker;
	Start	   *start;

	if (!slots_promise(&order))
	{
		/* a worker that has come by another way has the place */
		dispatch_put_back(database, login);
		return true;
	}
	/* Its last worker has given the slot back, and may still be about to exit. */
	start = &starts[order.slot];
	if (start->handle != NULL)
		pfree(start->handle);
	*start = (Start) {NULL, order};
	dispatch_describe_worker(&worker, &order);
	worker.bgw_notify_pid = MyProcPid;
	if (RegisterDynamicBackgroundWorker(&worker, &start->handle))
		return true;
	start->handle = NULL;
	(void) slots_break(&order);
	dispatch_put_back(database, login);
	return false;
}

static bool
fits(Oid database, Oid login)
{
	return !shut_is_shut(database) && slots_fit(database, login) && !trouble_holds(database, login);
}

/* The most urgent want: what a session asked for first, then sweeps. */
static bool
next_want(Oid *database, Oid *login)
{
	if (dispatch_take(fits, database, login))
		return true;
	for (int i = 0; i < list_length(unswept); i++)
		if (fits(list_nth_oid(unswept, i), DISPATCH_SWEEP))
		{
			*database = list_nth_oid(unswept, i);
			*login = DISPATCH_SWEEP;
			unswept = list_delete_nth_cell(unswept, i);
			return true;
		}
	return false;
}

/* Starts wanted workers while there is room. Returns false when the server had no background worker slot. */
static bool
start_workers(void)
{
	Oid			database;
	Oid			login;

	while (next_want(&database, &login))
		switch (database_state(database))
		{
			case DATABASE_OPEN:
				closed = list_delete_oid(closed, database);
				if (!start_worker(database, login))
					return false;
				break;
			case DATABASE_CLOSED:
				note_closed(database);
				look_again(database);
				break;
			case DATABASE_LOCKED:
				look_again(database);
				break;
			case DATABASE_GONE:
				dispatch_forget_database(database);
				break;
		}
	return true;
}

/*
 * The launcher is not notified when the clock is set. What is due by the new time is found at the
 * next look. After a step back every database is swept, because due times that were noted before
 * may now lie far in the future.
 */
static void
watch_clock(void)
{
	static TimestampTz last = 0;
	TimestampTz now = GetCurrentTimestamp();

	if (now < last - CLOCK_STEP_MS * INT64CONST(1000))
		note_all_databases();
	last = now;
}

/*
 * While the server has no background worker slot, workers are tried again twice a second, however
 * often the launcher is woken, and the log says it once.
 */
static TimestampTz
start_or_wait(TimestampTz starved_at)
{
	TimestampTz now = GetCurrentTimestamp();

	if (starved_at != 0 && now >= starved_at && !TimestampDifferenceExceeds(starved_at, now, START_AGAIN_MS))
		return starved_at;
	if (start_workers())
		return 0;
	if (starved_at == 0)
		ereport(LOG,
				(errmsg("no background worker is free, so tasks wait"),
				 errhint("Increase max_worker_processes.")));
	return now;
}

/*
 * When more requests for sweeps come than the launcher has taken, all databases are swept, but not
 * again and again.
 */
static void
watch_overflow(void)
{
	static TimestampTz last = 0;
	TimestampTz now = GetCurrentTimestamp();

	if (now >= last && !TimestampDifferenceExceeds(last, now, OVERFLOW_AGAIN_MS))
		return;
	if (!dispatch_take_overflow())
		return;
	last = now;
	note_all_databases();
}

/* starved_at: since when the server has had no background worker slot; 0: it has. */
static void
launcher_step(TimestampTz *starved_at)
{
	Oid			database;
	TimestampTz when;

	watch_clock();
	reap_workers();
	watch_overflow();
	while (dispatch_take_due(&database, &when))
		dues_note(database, when);
	while (dues_take(GetCurrentTimestamp(), &database))
		dispatch_put_back(database, DISPATCH_SWEEP);
	if (pg_xlsx_enabled)
		*starved_at = start_or_wait(*starved_at);
}

static long
milliseconds_to_sleep(bool starved)
{
	TimestampTz due = Min(dues_next(), trouble_next());
	long		sleep = -1;

	if (due != DT_NOEND)
		sleep = Min(TimestampDifferenceMilliseconds(GetCurrentTimestamp(), due) + 1, CLOCK_LOOK_MS);

	if (starved && (sleep < 0 || sleep > START_AGAIN_MS))
		sleep = START_AGAIN_MS;
	return sleep;
}

void
pg_xlsx_launcher_main(Datum arg)
{
	TimestampTz starved_at = 0;

	(void) arg;
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, SignalHandlerForShutdownRequest);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnection(NULL, NULL, 0);
	CurrentMemoryContext = TopMemoryContext;
	SetConfigOption("application_name", "pg_xlsx launcher", PGC_USERSET, PGC_S_SESSION);
	slots_recall();
	dispatch_attach_launcher();
	note_all_databases();
	while (!ShutdownRequestPending)
	{
		long		sleep;

		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
		if (ConfigReloadPending)
		{
			ConfigReloadPending = false;
			ProcessConfigFile(PGC_SIGHUP);
		}
		launcher_step(&starved_at);
		sleep = milliseconds_to_sleep(starved_at != 0);
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_EXIT_ON_PM_DEATH | (sleep >= 0 ? WL_TIMEOUT : 0), sleep,
						 wait_event_of(WAIT_FOR_ORDERS));
	}
	/* Exit code 0 would stop the launcher for good. So after pg_terminate_backend a new one is started. */
	proc_exit(1);
}
