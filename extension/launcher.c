/*
 * launcher.c
 *	  Starts workers for databases and roles that want one.
 *
 * At its own start, so after each crash of the server, every database is
 * swept once: that finds tasks whose worker is gone.
 */
#include "launcher.h"

#include "pg_xlsx.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_database.h"
#include "dispatch.h"
#include "guc.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "tcop/tcopprot.h"
#include "transaction.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

/* When no background worker slot was free: try again after so long. */
#define START_AGAIN_MS 500

/* After a worker died in mid-work, and after one could not even log in. */
#define SWEEP_AFTER_DEATH_MS 100
#define SWEEP_AFTER_REFUSAL_MS 10000

typedef struct Slot
{
	BackgroundWorkerHandle *handle; /* NULL: free */
	DispatchOrder order;
} Slot;

static Slot slots[DISPATCH_MAX_WORKERS];

/* Databases to look through when nothing is more urgent; lives in TopMemoryContext. */
static List *unswept = NIL;

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

/* Notes every database that takes connections for a sweep. */
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

		/* Nobody imports into a template, and a connection to one would block CREATE DATABASE. */
		if (database->datallowconn && !database->datistemplate)
			unswept = list_append_unique_oid(unswept, database->oid);
		MemoryContextSwitchTo(caller);
	}
	table_endscan(scan);
	table_close(relation, AccessShareLock);
	CommitTransactionCommand();
}

static bool
database_exists(Oid database)
{
	bool		exists;

	transaction_start();
	exists = SearchSysCacheExists1(DATABASEOID, ObjectIdGetDatum(database));
	CommitTransactionCommand();
	CurrentMemoryContext = TopMemoryContext;
	return exists;
}

/* Frees the slots of workers that have ended; a database that lost one in mid-work is swept. */
static void
reap_workers(void)
{
	for (int i = 0; i < DISPATCH_MAX_WORKERS; i++)
	{
		DispatchSlotState state;
		pid_t		pid;

		if (slots[i].handle == NULL ||
			GetBackgroundWorkerPid(slots[i].handle, &pid) != BGWH_STOPPED)
			continue;
		pfree(slots[i].handle);
		slots[i].handle = NULL;
		state = dispatch_slot_state(i);
		if (state != DISPATCH_SLOT_IDLE && database_exists(slots[i].order.database))
			dispatch_due(slots[i].order.database,
						 TimestampTzPlusMilliseconds(GetCurrentTimestamp(), state == DISPATCH_SLOT_BUSY ?
													 SWEEP_AFTER_DEATH_MS : SWEEP_AFTER_REFUSAL_MS));
	}
}

static int
free_slot(void)
{
	int			limit = Min(pg_xlsx_max_workers, DISPATCH_MAX_WORKERS);
	int			used = 0;
	int			first = -1;

	for (int i = 0; i < DISPATCH_MAX_WORKERS; i++)
		if (slots[i].handle != NULL)
			used++;
		else if (first < 0)
			first = i;
	return used < limit ? first : -1;
}

static bool
start_worker(int slot, Oid database, Oid login)
{
	BackgroundWorker worker;

	slots[slot].order = (DispatchOrder){database, login, slot, {0}};
	dispatch_describe_worker(&worker, &slots[slot].order);
	worker.bgw_notify_pid = MyProcPid;
	dispatch_slot_set(slot, DISPATCH_SLOT_STARTED);
	return RegisterDynamicBackgroundWorker(&worker, &slots[slot].handle);
}

/* The most urgent want: what somebody asked for, then sweeps. */
static bool
next_want(Oid *database, Oid *login)
{
	if (dispatch_take(database, login))
		return true;
	if (unswept == NIL)
		return false;
	*database = linitial_oid(unswept);
	*login = DISPATCH_SWEEP;
	unswept = list_delete_first(unswept);
	return true;
}

/* Starts what is wanted and fits. False when the server had no worker to give. */
static bool
start_workers(void)
{
	Oid			database;
	Oid			login;
	int			slot;

	while ((slot = free_slot()) >= 0 && next_want(&database, &login))
		if (!start_worker(slot, database, login))
		{
			slots[slot].handle = NULL;
			dispatch_want_now(database, login);
			return false;
		}
	return true;
}

static void
launcher_step(bool *starved)
{
	Oid			database;

	reap_workers();
	if (dispatch_take_overflow())
		note_all_databases();
	while (dispatch_take_due(GetCurrentTimestamp(), &database))
		dispatch_want_now(database, DISPATCH_SWEEP);
	*starved = !start_workers();
}

static long
milliseconds_to_sleep(bool starved)
{
	TimestampTz due = dispatch_next_due();
	long		sleep = due == DT_NOEND ? -1 : TimestampDifferenceMilliseconds(GetCurrentTimestamp(), due) + 1;

	if (starved && (sleep < 0 || sleep > START_AGAIN_MS))
		sleep = START_AGAIN_MS;
	return sleep;
}

void
pg_xlsx_launcher_main(Datum arg)
{
	(void) arg;
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, SignalHandlerForShutdownRequest);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnection(NULL, NULL, 0);
	CurrentMemoryContext = TopMemoryContext;
	dispatch_attach_launcher();
	note_all_databases();
	while (!ShutdownRequestPending)
	{
		bool		starved;
		long		sleep;

		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
		if (ConfigReloadPending)
		{
			ConfigReloadPending = false;
			ProcessConfigFile(PGC_SIGHUP);
		}
		launcher_step(&starved);
		sleep = milliseconds_to_sleep(starved);
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_EXIT_ON_PM_DEATH | (sleep >= 0 ? WL_TIMEOUT : 0), sleep,
						 PG_WAIT_EXTENSION);
	}
	/* Not 0, which would mean for good: whoever terminated it gets a new one. */
	proc_exit(1);
}
