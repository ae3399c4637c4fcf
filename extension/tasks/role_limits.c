/*
 * role_limits.c
 *	  What a role may have at most.
 */
#include "tasks/role_limits.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "tables/private_sql.h"
#include "tasks/task_file.h"
#include "tasks/task_lock.h"
#include "utils/builtins.h"

/* -1: no limit */
typedef struct Limits
{
	int64		waiting_tasks;
	int64		tasks_per_hour;
	int64		stored_bytes;
} Limits;

static bool
find_limits(Oid role, Limits *limits)
{
	static PrivateStatement select = {
		"SELECT coalesce(waiting_tasks, -1)::bigint, coalesce(tasks_per_hour, -1)::bigint, coalesce(stored_bytes, -1)"
		" FROM xlsx_private.role_limit WHERE role::oid = $1", 1, {OIDOID}, NULL
	};
	Datum		values[] = {ObjectIdGetDatum(role)};
	PrivateRow	row;

	if (private_sql_run(&select, values, NULL, &row) == 0)
		return false;
	*limits = (Limits) {DatumGetInt64(row.values[0]), DatumGetInt64(row.values[1]), DatumGetInt64(row.values[2])};
	return true;
}

/* Until the transaction ends. The statements that follow see what others have committed. */
static void
check_alone(Oid role)
{
	LOCKTAG		tag = task_lock_tag((int64) role, TASK_LOCK_ROLE);

	(void) LockAcquire(&tag, ExclusiveLock, false, false);
}

static void
refuse(Oid role, const char *limit, const char *detail, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
			 errmsg("limit \"%s\" of role \"%s\" is reached", limit, GetUserNameFromId(role, true)),
			 errdetail_internal("%s", detail),
			 errhint("%s", hint)));
}

/* Counting stops at the limit, so it costs the same however long the history is. */
static void
check_waiting(Oid role, const char *tenant, int64 most)
{
	static PrivateStatement count = {
		"SELECT count(*) FROM (SELECT FROM xlsx_private.task WHERE owner::oid = $1 AND tenant = $3 AND status = 'PENDING' LIMIT $2) AS t",
		3, {OIDOID, INT8OID, TEXTOID}, NULL
	};
	Datum		values[] = {ObjectIdGetDatum(role), Int64GetDatum(most), CStringGetTextDatum(tenant)};
	PrivateRow	row;

	if (most < 0)
		return;
	private_sql_run(&count, values, NULL, &row);
	if (DatumGetInt64(row.values[0]) >= most)
		refuse(role, "waiting_tasks", psprintf(INT64_FORMAT " tasks may wait at a time.", most),
			   "Submit it again when one of them has started.");
}

static void
check_hour(Oid role, const char *tenant, int64 most)
{
	static PrivateStatement count = {
		"SELECT count(*), ceil(extract(epoch FROM min(happened_at) + interval '1 hour' - clock_timestamp()))::bigint"
		" FROM (SELECT happened_at FROM xlsx_private.audit WHERE owner::oid = $1 AND tenant = $3 AND action IN ('submit', 'import')"
		" AND happened_at > clock_timestamp() - interval '1 hour' ORDER BY happened_at DESC LIMIT $2) AS t",
		3, {OIDOID, INT8OID, TEXTOID}, NULL
	};
	Datum		values[] = {ObjectIdGetDatum(role), Int64GetDatum(most), CStringGetTextDatum(tenant)};
	PrivateRow	row;

	if (most < 0)
		return;
	private_sql_run(&count, values, NULL, &row);
	if (DatumGetInt64(row.values[0]) >= most)
		refuse(role, "tasks_per_hour", psprintf(INT64_FORMAT " tasks may be submitted within 60 minutes.", most),
			   row.nulls[1] ? "A member of xlsx_admin can raise the limit with xlsx.limit_role." :
			   psprintf("Submit it again in " INT64_FORMAT " seconds.", Max(DatumGetInt64(row.values[1]), 1)));
}

static void
check_bytes(Oid role, const char *tenant, int64 most)
{
	static PrivateStatement sum = {
		"SELECT coalesce(sum(size), 0)::bigint FROM xlsx_private.file WHERE owner::oid = $1 AND tenant = $2", 2, {OIDOID, TEXTOID}, NULL
	};
	Datum		values[] = {ObjectIdGetDatum(role), CStringGetTextDatum(tenant)};
	PrivateRow	row;

	if (most < 0)
		return;
	private_sql_run(&sum, values, NULL, &row);
	if (DatumGetInt64(row.values[0]) > most)
	{
		task_file_make_room(role, tenant, DatumGetInt64(row.values[0]) - most);
		private_sql_run(&sum, values, NULL, &row);
	}
	if (DatumGetInt64(row.values[0]) > most)
		refuse(role, "stored_bytes", psprintf("Its files may have " INT64_FORMAT " bytes, and would have " INT64_FORMAT ".", most,
											  DatumGetInt64(row.values[0])),
			   "Upload it again when other tasks have ended, or delete tasks and uploads that are not needed.");
}

void
role_limits_check_task(Oid role, const char *tenant, bool waits)
{
	Limits		limits;

	if (!find_limits(role, &limits))
		return;
	if (waits)
	{
		check_alone(role);
		check_waiting(role, tenant, limits.waiting_tasks);
	}
	check_hour(role, tenant, limits.tasks_per_hour);
}

void
role_limits_check_retry(Oid role, const char *tenant)
{
	Limits		limits;

	if (!find_limits(role, &limits))
		return;
	check_alone(role);
	check_waiting(role, tenant, limits.waiting_tasks);
}

void
role_limits_check_bytes(Oid role, const char *tenant)
{
	Limits		limits;

	if (!find_limits(role, &limits) || limits.stored_bytes < 0)
		return;
	check_alone(role);
	check_bytes(role, tenant, limits.stored_bytes);
}

void
role_limits_refuse_row(const char *role, int64 rows_per_task)
{
	ereport(ERROR,
			(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
			 errmsg("limit \"rows_per_task\" of role \"%s\" is reached", role),
			 errdetail("A task may have " INT64_FORMAT " rows.", rows_per_task),
			 errhint("Split the sheet into several files, or ask a member of xlsx_admin for a higher limit.")));
	pg_unreachable();
}
