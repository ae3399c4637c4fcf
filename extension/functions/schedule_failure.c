/*
 * schedule_failure.c
 *	  Records a run of a schedule that failed, although its transaction is rolled back.
 *
 * A run that fails raises an error, so that pg_cron, a timer or a shell sees it. Its record is
 * written by a process of its own, which the run starts and waits for.
 */
#include "pg/pg_xlsx.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "libpq/pqsignal.h"
#include "miscadmin.h"
#include "pg/transaction.h"
#include "postmaster/bgworker.h"
#include "storage/dsm.h"
#include "storage/ipc.h"
#include "tables/owner.h"
#include "tables/private_sql.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(pg_xlsx_schedule_failure);

PGDLLEXPORT void pg_xlsx_failure_main(Datum arg);

/* In the memory that both processes share. */
typedef struct Failure
{
	Oid			database;
	int64		schedule;
	TimestampTz began;
	char		message[FLEXIBLE_ARRAY_MEMBER];
} Failure;

static void
warn(void)
{
	ereport(WARNING,
			(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
			 errmsg("no background worker is free to record the failed run"),
			 errhint("Increase max_worker_processes.")));
}

static void
record_elsewhere(dsm_segment *segment)
{
	BackgroundWorker worker = {
		.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION,
		.bgw_start_time = BgWorkerStart_RecoveryFinished,.bgw_restart_time = BGW_NEVER_RESTART,
		.bgw_main_arg = UInt32GetDatum(dsm_segment_handle(segment)),.bgw_notify_pid = MyProcPid
	};
	BackgroundWorkerHandle *handle;

	strlcpy(worker.bgw_library_name, "pg_xlsx", sizeof(worker.bgw_library_name));
	strlcpy(worker.bgw_function_name, "pg_xlsx_failure_main", sizeof(worker.bgw_function_name));
	strlcpy(worker.bgw_name, "pg_xlsx schedule", sizeof(worker.bgw_name));
	strlcpy(worker.bgw_type, "pg_xlsx schedule", sizeof(worker.bgw_type));
	if (RegisterDynamicBackgroundWorker(&worker, &handle))
		(void) WaitForBackgroundWorkerShutdown(handle);
	else
		warn();
}

Datum
pg_xlsx_schedule_failure(PG_FUNCTION_ARGS)
{
	char	   *message = text_to_cstring(PG_GETARG_TEXT_PP(2));
	Size		length = strlen(message) + 1;
	dsm_segment *segment;
	Failure    *failure;

	if (RecoveryInProgress())
		PG_RETURN_VOID();
	segment = dsm_create(offsetof(Failure, message) + length, 0);
	failure = dsm_segment_address(segment);
	failure->database = MyDatabaseId;
	failure->schedule = PG_GETARG_INT64(0);
	failure->began = PG_GETARG_TIMESTAMPTZ(1);
	memcpy(failure->message, message, length);
	record_elsewhere(segment);
	dsm_detach(segment);
	PG_RETURN_VOID();
}

static void
record(const Failure *failure)
{
	static PrivateStatement note = {
		"SELECT xlsx_private.schedule_keep_run($1, $2, 0, 0, 0, $3)", 3, {INT8OID, TIMESTAMPTZOID, TEXTOID}, NULL
	};
	Datum		values[] = {
		Int64GetDatum(failure->schedule), TimestampTzGetDatum(failure->began), CStringGetTextDatum(failure->message)
	};

	private_sql_run(&note, values, NULL, NULL);
}

void
pg_xlsx_failure_main(Datum arg)
{
	dsm_segment *segment;
	Failure    *failure;

	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	CurrentResourceOwner = ResourceOwnerCreate(NULL, "pg_xlsx schedule");
	segment = dsm_attach(DatumGetUInt32(arg));
	if (segment == NULL)
		proc_exit(0);			/* nobody waits for it any more */
	dsm_pin_mapping(segment);
	failure = dsm_segment_address(segment);
	BackgroundWorkerInitializeConnectionByOid(failure->database, InvalidOid, 0);
	transaction_start();
	XactIsoLevel = XACT_READ_COMMITTED;
	XactReadOnly = false;
	PushActiveSnapshot(GetTransactionSnapshot());
	if (owner_hold())
		record(failure);
	PopActiveSnapshot();
	CommitTransactionCommand();
	proc_exit(0);
}
