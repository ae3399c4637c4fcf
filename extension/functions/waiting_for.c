/*
 * waiting_for.c
 *	  What install/waiting.sql has to know of the server to say what a task waits for.
 */
#include "pg/pg_xlsx.h"

#include "access/htup_details.h"
#include "access/multixact.h"
#include "access/stratnum.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "pg/guc.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "tables/private_rows.h"
#include "tables/private_sql.h"
#include "tables/tenant.h"
#include "tasks/membership.h"
#include "tasks/slots.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/snapmgr.h"
#include "utils/wait_event.h"

PG_FUNCTION_INFO_V1(pg_xlsx_worker_waits_for);
PG_FUNCTION_INFO_V1(pg_xlsx_blockers);
PG_FUNCTION_INFO_V1(pg_xlsx_row_holders);
PG_FUNCTION_INFO_V1(pg_xlsx_place_for);

/* The class of a wait event is its first byte. */
#define WAIT_CLASS(event) ((event) & 0xFF000000)

/* May the current role see the task? */
static bool
may_see(Datum task)
{
	static PrivateStatement select = {"SELECT owner::oid, tenant FROM xlsx_private.task WHERE id = $1", 1, {INT8OID}, NULL};
	PrivateRow	row;

	return private_sql_run(&select, &task, NULL, &row) > 0 && 
		membership_may_see(DatumGetObjectId(row.values[0]), TextDatumGetCString(row.values[1]));
}

/* "lock", "standby", or NULL: the process works, or is not at the task any more. */
Datum
pg_xlsx_worker_waits_for(PG_FUNCTION_ARGS)
{
	PGPROC	   *process = BackendPidGetProc(PG_GETARG_INT32(1));
	uint32		event;

	if (process == NULL || !may_see(PG_GETARG_DATUM(0)) || (dispatch_shared() && !slots_signal(PG_GETARG_INT64(0), 0)))
		PG_RETURN_NULL();
	event = *(volatile uint32 *) &process->wait_event_info;
	if (WAIT_CLASS(event) == WAIT_CLASS(PG_WAIT_LOCK))
		PG_RETURN_TEXT_P(cstring_to_text("lock"));
	if (event == WAIT_EVENT_SYNC_REP)
		PG_RETURN_TEXT_P(cstring_to_text("standby"));
	PG_RETURN_NULL();
}

/* pg_blocking_pids, in a function that is read in one query like others: it is labelled STABLE. */
Datum
pg_xlsx_blockers(PG_FUNCTION_ARGS)
{
	return DirectFunctionCall1(pg_blocking_pids, PG_GETARG_DATUM(0));
}

/* The transactions that the header of a row names as having locked or changed it. Many of them may have ended. */
static ArrayType *
holders_of(HeapTupleHeader row)
{
	TransactionId xmax = HeapTupleHeaderGetRawXmax(row);
	MultiXactMember *members = NULL;
	int			count = 0;
	Datum	   *xids;

	if (row->t_infomask & HEAP_XMAX_INVALID)
		return construct_empty_array(XIDOID);
	if (row->t_infomask & HEAP_XMAX_IS_MULTI)
		count = Max(GetMultiXactIdMembers(xmax, &members, false, HEAP_XMAX_IS_LOCKED_ONLY(row->t_infomask)), 0);
	xids = palloc(sizeof(Datum) * (size_t) (count + 1));
	for (int i = 0; i < count; i++)
		xids[i] = TransactionIdGetDatum(members[i].xid);
	if (!(row->t_infomask & HEAP_XMAX_IS_MULTI))
		xids[count++] = TransactionIdGetDatum(xmax);
	return construct_array(xids, count, XIDOID, sizeof(TransactionId), true, TYPALIGN_INT);
}

Datum
pg_xlsx_row_holders(PG_FUNCTION_ARGS)
{
	Relation	tasks;
	Relation	index;
	ArrayType  *holders = NULL;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	row;

	if (!may_see(PG_GETARG_DATUM(0)))
		PG_RETURN_NULL();
	tasks = private_rows_open("task", AccessShareLock);
	index = private_rows_open("task_pkey", AccessShareLock);
	ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_INT8EQ, PG_GETARG_DATUM(0));
	scan = systable_beginscan_ordered(tasks, index, GetActiveSnapshot(), 1, &key);
	row = systable_getnext_ordered(scan, ForwardScanDirection);
	if (HeapTupleIsValid(row))
		holders = holders_of(row->t_data);
	systable_endscan_ordered(scan);
	private_rows_close(index);
	private_rows_close(tasks);
	if (holders == NULL)
		PG_RETURN_NULL();
	PG_RETURN_ARRAYTYPE_P(holders);
}

/* What keeps a due task of a login and an owner from a worker, as far as workers are concerned. */
Datum
pg_xlsx_place_for(PG_FUNCTION_ARGS)
{
	Oid			owner = PG_GETARG_OID(1);
	const char *tenant = text_to_cstring(PG_GETARG_TEXT_PP(2));
	SlotsUse	use;

	if (!membership_may_see(owner, tenant) || !slots_use(PG_GETARG_OID(0), tenant_party(owner, tenant, strlen(tenant)), &use))
		PG_RETURN_TEXT_P(cstring_to_text("a worker"));
	if (use.busy >= pg_xlsx_max_workers)
		PG_RETURN_TEXT_P(cstring_to_text(psprintf("a worker: all %d are at work (pg_xlsx.max_workers)", use.busy)));
	if (use.of_role >= use.most_of_role)
		PG_RETURN_TEXT_P(cstring_to_text(psprintf("a worker: the role has all %d that it may have (pg_xlsx.max_workers_per_role)",
												  use.of_role)));
	PG_RETURN_TEXT_P(cstring_to_text("a worker, which is about to start"));
}
