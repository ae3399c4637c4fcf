/*
 * task_run.c
 *	  Dry runs that are imported for good (xlsx.run).
 */
#include "functions/task_run.h"

#include "catalog/pg_type.h"
#include "files/store.h"
#include "fmgr.h"
#include "functions/duplicates.h"
#include "functions/import_inside.h"
#include "functions/submission.h"
#include "miscadmin.h"
#include "profile/profile.h"
#include "profile/profile_trust.h"
#include "saving/rights.h"
#include "saving/save_mode.h"
#include "tables/installation.h"
#include "tables/private_sql.h"
#include "tables/tenant.h"
#include "tasks/audit.h"
#include "tasks/membership.h"
#include "tasks/role_limits.h"
#include "tasks/task_file.h"
#include "tasks/task_status.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(pg_xlsx_run);

/* What is asked of xlsx.run. */
typedef struct Order
{
	int64		dry_run;		/* its task */
	Datum		run_at;
	bool		has_run_at;
	int32		priority;
	bool		now;			/* in this transaction */
} Order;

typedef struct DryRun
{
	TaskStatus	status;
	bool		dry;
	bool		set;			/* of tasks, and no import itself */
	int64		frozen;
	Oid			owner;
	SaveMode	mode;
	char	   *options;		/* that have no column, as JSON */
	int64		profile;		/* 0: gone */
	int64		file_size;
	bool		hold;			/* its profile holds tasks, as it was or as it is now */
} DryRun;

static void
lock_task(int64 task)
{
	static PrivateStatement lock = {"SELECT FROM xlsx_private.task WHERE id = $1 FOR NO KEY UPDATE", 1, {INT8OID}, NULL};
	Datum		values[] = {Int64GetDatum(task)};

	private_sql_run(&lock, values, NULL, NULL);
}

/* Other sessions that run the same dry run wait. Who may see the task may run it. */
static DryRun
find_dry_run(int64 id)
{
	static PrivateStatement owner = {"SELECT owner::oid, tenant FROM xlsx_private.task WHERE id = $1", 1, {INT8OID}, NULL};
	static PrivateStatement select = {
		"SELECT t.status, t.dry_run, t.frozen_id, t.mode, t.options::text, t.file_size, t.profile_id, coalesce((f.content ->> 'hold')::boolean, false) OR coalesce(p.hold, false),"
		" t.set_size IS NOT NULL AND NOT t.atomic"
		" FROM xlsx_private.task t LEFT JOIN xlsx_private.frozen_profile f ON f.id = t.frozen_id LEFT JOIN xlsx_private.profile p ON p.id = t.profile_id"
		" WHERE t.id = $1",
		1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(id)};
	PrivateRow	row;
	Oid			submitter;

	if (private_sql_run(&owner, values, NULL, &row) == 0 || !membership_may_see(DatumGetObjectId(row.values[0]), TextDatumGetCString(row.values[1])))
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("task " INT64_FORMAT " does not exist", id),
				 errdetail("Or it belongs to another role.")));
	submitter = DatumGetObjectId(row.values[0]);
	lock_task(id);
	private_sql_run(&select, values, NULL, &row);
	return (DryRun) {
		.owner = submitter,
		.status = (TaskStatus) names_find(&task_status_names, TextDatumGetCString(row.values[0])),
		.dry = DatumGetBool(row.values[1]),
		.frozen = row.nulls[2] ? 0 : DatumGetInt64(row.values[2]),
		.mode = save_mode_called(private_sql_text(&row, 3)),
		.options = private_sql_text(&row, 4),
		.file_size = DatumGetInt64(row.values[5]),
		.profile = row.nulls[6] ? 0 : DatumGetInt64(row.values[6]),
		.hold = DatumGetBool(row.values[7]),
		.set = DatumGetBool(row.values[8])
	};
}

/* No other task than this one (0: none at all) imports the dry run, or has. */
static void
require_no_run(int64 dry_run, int64 task)
{
	static PrivateStatement select = {"SELECT xlsx_private.last_run_of($1)", 1, {INT8OID}, NULL};
	Datum		values[] = {Int64GetDatum(dry_run)};
	PrivateRow	row;

	private_sql_run(&select, values, NULL, &row);
	if (row.nulls[0] || DatumGetInt64(row.values[0]) == task)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("dry run " INT64_FORMAT " is imported already, by task " INT64_FORMAT, dry_run, DatumGetInt64(row.values[0])),
			 errhint("Undo or delete that task, then run the dry run again.")));
}

void
task_run_require_alone(int64 task)
{
	static PrivateStatement select = {
		"SELECT run_of FROM xlsx_private.task WHERE id = $1 AND run_of IS NOT NULL", 1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task)};
	PrivateRow	row;

	if (private_sql_run(&select, values, NULL, &row) == 0)
		return;
	lock_task(DatumGetInt64(row.values[0]));
	require_no_run(DatumGetInt64(row.values[0]), task);
}

static void
require_runnable(const Order *order, const DryRun *dry_run)
{
	if (dry_run->set)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("task " INT64_FORMAT " is a set", order->dry_run),
				 errhint("Run its tasks, the first one first.")));
	if (!dry_run->dry)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("task " INT64_FORMAT " is not a dry run", order->dry_run),
				 errhint("xlsx.run imports a dry run for good; xlsx.retry tries a task again that has failed.")));
	if ((task_status_meaning(dry_run->status) & TASK_SUCCESS) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("cannot run task " INT64_FORMAT " because it is %s", order->dry_run, task_status_names.texts[dry_run->status]),
				 errhint("Only what was checked to its end can be imported as it was checked.")));
	if (order->now && dry_run->hold)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("cannot import at once what its profile holds"),
				 errhint("Run it without now => true; it starts after xlsx.release.")));
	if (order->now && (order->has_run_at || order->priority != 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("run_at and priority have no effect with now => true")));
	require_no_run(order->dry_run, 0);
}

/* A missing right is told at once, not by a task that fails. */
static void
require_rights(const DryRun *dry_run)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx run", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	Profile    *profile = profile_load_frozen(dry_run->frozen, dry_run->options);

	if (profile_options_hold_sql(dry_run->options) && !profile_trusts(profile, dry_run->owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("the options of the dry run hold SQL of another role"),
				 errdetail("It would run as \"%s\", and was written by \"%s\", who neither is a superuser nor owns the target.",
						   GetUserNameFromId(GetUserId(), false), GetUserNameFromId(dry_run->owner, false)),
				 errhint("Put stop_at, scope and absent into the profile.")));
	save_require_all_rights(&(SaveTask) {.profile = profile,.mode = dry_run->mode});
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}

/* Columns that say how a file is imported, and are the dry run's. sql/flow.sql tells which columns are neither here nor known to begin anew. */
#define COPIED \
	"profile_id, frozen_id, profile, file_name, file_size, sheet, mode, max_errors, header_row, range, locale, mapping, options, params," \
	" time_zone, date_style, exactly_once, file_hash, on_duplicate"

static int64
insert_task(const Order *order, int64 file, const DryRun *dry_run)
{
	static PrivateStatement insert = {
		"INSERT INTO xlsx_private.task (" COPIED ", run_of, file_id, owner, login, login_was_member, owner_was_user, run_at, wait_ms, priority,"
		" born_in, home, held, submitted_by, settings, duplicate_of, status, attempts, started_at, attempt_started_at)"
		" SELECT " COPIED ", id, nullif($2, 0), $3::oid::regrole::xlsx_private.role_ref, $4::oid::regrole::xlsx_private.role_ref, $5, $6, $7,"
		" CASE WHEN coalesce($7, clock_timestamp()) <= clock_timestamp() THEN 0 END, $8, $9::uuid, $9::uuid, $10, $12, $13::jsonb, nullif($14, 0),"
		" CASE WHEN $11 THEN 'PROCESSING' ELSE 'PENDING' END, CASE WHEN $11 THEN 1 ELSE 0 END,"
		" CASE WHEN $11 THEN clock_timestamp() END, CASE WHEN $11 THEN clock_timestamp() END"
		" FROM xlsx_private.task WHERE id = $1 RETURNING id",
		14, {INT8OID, INT8OID, OIDOID, OIDOID, BOOLOID, BOOLOID, TIMESTAMPTZOID, INT4OID, TEXTOID, BOOLOID, BOOLOID, TEXTOID, TEXTOID, INT8OID}, NULL
	};
	Datum		values[14] = {
		Int64GetDatum(order->dry_run), Int64GetDatum(order->now ? 0 : file), ObjectIdGetDatum(GetUserId()),
		ObjectIdGetDatum(GetSessionUserId()), BoolGetDatum(membership_can_become(GetSessionUserId(), GetUserId())),
		BoolGetDatum(membership_may_import(GetUserId())), order->run_at, Int32GetDatum(order->priority),
		CStringGetTextDatum(installation_name()), BoolGetDatum(dry_run->hold), BoolGetDatum(order->now)
	};
	char		nulls[14];
	PrivateRow	row;

	memset(nulls, ' ', sizeof(nulls));
	nulls[6] = order->has_run_at ? ' ' : 'n';
	private_sql_set_text(values, nulls, 11, audit_subject());
	private_sql_set_text(values, nulls, 12, submission_settings(dry_run->profile));
	values[13] = Int64GetDatum(duplicate_find_of_run(order->dry_run));
	private_sql_run(&insert, values, nulls, &row);
	audit_note(DatumGetInt64(row.values[0]), order->now ? AUDIT_IMPORT : AUDIT_SUBMIT, AUDIT_NO_ROWS);
	return DatumGetInt64(row.values[0]);
}

static Order
take_order(FunctionCallInfo fcinfo)
{
	return (Order) {
		.dry_run = PG_GETARG_INT64(0),
		.has_run_at = !PG_ARGISNULL(1),
		.run_at = PG_ARGISNULL(1) ? (Datum) 0 : PG_GETARG_DATUM(1),
		.priority = PG_ARGISNULL(2) ? 0 : PG_GETARG_INT32(2),
		.now = !PG_ARGISNULL(3) && PG_GETARG_BOOL(3)
	};
}

Datum
pg_xlsx_run(PG_FUNCTION_ARGS)
{
	Order		order;
	DryRun		dry_run;
	XlsxSource	source;
	int64		file;
	int64		task;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	order = take_order(fcinfo);
	dry_run = find_dry_run(order.dry_run);
	require_runnable(&order, &dry_run);
	file = task_file_require(order.dry_run);
	require_rights(&dry_run);
	role_limits_check_task(GetUserId(), tenant_current(), !order.now);
	task = insert_task(&order, file, &dry_run);
	if (!order.now)
		submission_start(task, order.has_run_at ? DatumGetTimestampTz(order.run_at) : GetCurrentTimestamp());
	else
	{
		store_source(&source, file, (uint64) dry_run.file_size, CurrentMemoryContext);
		import_inside(task, &source, file);
	}
	PG_RETURN_INT64(task);
}
