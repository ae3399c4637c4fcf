/*
 * setting_fault.c
 *	  Settings of a role, a database or the server that make imports fail.
 */
#include "tasks/setting_fault.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "pg/compat.h"
#include "tables/private_sql.h"
#include "utils/builtins.h"
#include "utils/guc.h"

typedef struct SettingFault
{
	int			sqlstate;
	const char *setting;
	const char *harmless;		/* the value that makes no import fail */
	const char *message;		/* of the server, untranslated; NULL: any */
} SettingFault;

static const SettingFault setting_faults[] = {
	{ERRCODE_READ_ONLY_SQL_TRANSACTION, "default_transaction_read_only", "off", NULL},
	{ERRCODE_LOCK_NOT_AVAILABLE, "lock_timeout", "0", "canceling statement due to lock timeout"},
	{COMPAT_TRANSACTION_TIMEOUT, "transaction_timeout", "0", NULL}
};

/* The setting that may be the cause; NULL when there is none, or it has its harmless value. */
static const SettingFault *
fault_of(const ErrorData *error)
{
	for (int i = 0; i < (int) lengthof(setting_faults); i++)
	{
		const SettingFault *fault = &setting_faults[i];

		if (error->sqlerrcode == fault->sqlstate &&
			(fault->message == NULL || strcmp(error->message, _(fault->message)) == 0) &&
			GetConfigOption(fault->setting, true, false) != NULL &&	/* the version may not have it */
			strcmp(GetConfigOptionResetString(fault->setting), fault->harmless) != 0)
			return fault;
	}
	return NULL;
}

static char *
joined(const char *first, char *second)
{
	return first == NULL || first[0] == '\0' ? second : psprintf("%s %s", first, second);
}

/*
 * The value as it was written, what set it, and the statement that mends it: of the most specific
 * of the settings that PostgreSQL applies to a session.
 */
static void
find_origin(const SettingFault *fault, PrivateRow *row)
{
	static PrivateStatement select = {
		"SELECT s.value, s.subject, coalesce(s.cure, s.subject || ' RESET ' || $1)"
		" FROM (SELECT NULL AS cure, substr(c, strpos(c, '=') + 1) AS value, d.setrole = 0 AS of_all, d.setdatabase = 0 AS everywhere,"
		" CASE WHEN d.setrole <> 0 THEN format('ALTER ROLE %I', r.rolname)"
		" || CASE WHEN d.setdatabase <> 0 THEN format(' IN DATABASE %I', current_database()) ELSE '' END"
		" WHEN d.setdatabase <> 0 THEN format('ALTER DATABASE %I', current_database()) ELSE 'ALTER ROLE ALL' END AS subject"
		" FROM pg_db_role_setting d CROSS JOIN unnest(d.setconfig) AS c LEFT JOIN pg_roles r ON r.oid = d.setrole"
		" WHERE d.setrole IN (0, $2) AND d.setdatabase IN (0, $3) AND split_part(c, '=', 1) = $1"
		" UNION ALL SELECT format('ALTER SYSTEM SET %s = %s; SELECT pg_reload_conf()', $1, $4),"
		" p.reset_val || coalesce(' ' || p.unit, ''), NULL, NULL, 'the configuration of the server' FROM pg_settings p WHERE p.name = $1)"
		" AS s ORDER BY s.of_all, s.everywhere LIMIT 1",
		4, {TEXTOID, OIDOID, OIDOID, TEXTOID}, NULL
	};
	Datum		values[] = {
		CStringGetTextDatum(fault->setting), ObjectIdGetDatum(GetSessionUserId()), ObjectIdGetDatum(MyDatabaseId),
		CStringGetTextDatum(fault->harmless)
	};

	private_sql_run(&select, values, NULL, row);
}

/*
 * The server does not say which lock it was. It is likely that of a table of the import which
 * another session still holds.
 */
static char *
lock_that_was_waited_for(int64 task)
{
	static PrivateStatement select = {
		"WITH target AS (SELECT coalesce(t.target, f.target)::oid AS id FROM xlsx_private.task t JOIN xlsx_private.frozen_profile f ON f.id = t.frozen_id"
		" WHERE t.id = $1), involved AS (SELECT id FROM target UNION SELECT p.relid FROM target, pg_partition_tree(target.id) p"
		" UNION SELECT c.confrelid FROM target JOIN pg_constraint c ON c.contype = 'f' AND c.conrelid = target.id)"
		" SELECT (SELECT l.relation::regclass::text FROM pg_locks l WHERE l.locktype = 'relation' AND l.granted"
		" AND l.database = $2 AND l.pid <> pg_backend_pid() AND l.relation IN (SELECT id FROM involved)"
		" AND l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')"
		" ORDER BY l.relation <> target.id LIMIT 1), target.id::regclass::text FROM target",
		2, {INT8OID, OIDOID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task), ObjectIdGetDatum(MyDatabaseId)};
	PrivateRow	row;

	if (private_sql_run(&select, values, NULL, &row) == 0)
		return "a lock";
	return row.nulls[0] ? psprintf("a lock while it worked on table %s", TextDatumGetCString(row.values[1])) :
		psprintf("a lock on table %s", TextDatumGetCString(row.values[0]));
}

void
setting_fault_explain(int64 task, ErrorData *error)
{
	const SettingFault *fault = fault_of(error);
	PrivateRow	row;
	char	   *value;

	if (fault == NULL)
		return;
	find_origin(fault, &row);
	value = TextDatumGetCString(row.values[0]);
	if (error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE)
		error->message = psprintf("the import waited longer than %s (%s) for %s", fault->setting, value,
								  lock_that_was_waited_for(task));
	error->detail = joined(error->detail, psprintf("%s is %s, set by %s.", fault->setting, value,
												   TextDatumGetCString(row.values[1])));
	error->hint = joined(error->hint, psprintf("Use: %s;", TextDatumGetCString(row.values[2])));
}
