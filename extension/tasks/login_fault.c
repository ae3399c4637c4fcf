/*
 * login_fault.c
 *	  Why no worker can log in as a role.
 */
#include "tasks/login_fault.h"

#include "access/htup_details.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_database.h"
#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "pg/compat.h"
#include "storage/procarray.h"
#include "utils/builtins.h"
#include "utils/syscache.h"

/* Copies what is asked about a role. Returns false when it is gone. */
static bool
find_role(Oid login, FormData_pg_authid *role)
{
	HeapTuple	tuple = SearchSysCache1(AUTHOID, ObjectIdGetDatum(login));

	if (!HeapTupleIsValid(tuple))
		return false;
	*role = *(Form_pg_authid) GETSTRUCT(tuple);
	ReleaseSysCache(tuple);
	return true;
}

/* The most connections that this database may have; -1: without limit. */
static int
database_limit(void)
{
	HeapTuple	tuple = SearchSysCache1(DATABASEOID, ObjectIdGetDatum(MyDatabaseId));
	int			limit = -1;

	if (HeapTupleIsValid(tuple))
	{
		limit = ((Form_pg_database) GETSTRUCT(tuple))->datconnlimit;
		ReleaseSysCache(tuple);
	}
	return limit;
}

static void
set(ErrorData *error, int sqlstate, char *message, char *hint)
{
	error->sqlerrcode = sqlstate;
	error->message = message;
	error->hint = hint;
}

/* The rules of the server's InitPostgres. */
bool
login_fault_find(Oid login, ErrorData *error, bool *passes)
{
	FormData_pg_authid role;
	const char *name;
	const char *database = quote_identifier(get_database_name(MyDatabaseId));
	int			limit = database_limit();

	*error = (ErrorData) {0};
	*passes = false;
	if (!find_role(login, &role))
	{
		set(error, ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION,
			"the role that submitted this task cannot log in any more, because it was dropped", "Upload the file as another role.");
		return true;
	}
	name = quote_identifier(NameStr(role.rolname));
	if (!role.rolcanlogin)
		set(error, ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION, psprintf("role %s, which submitted this task, cannot log in any more", name),
			psprintf("Use: ALTER ROLE %s LOGIN; then retry the task.", name));
	else if (compat_database_aclcheck(MyDatabaseId, login, ACL_CONNECT) != ACLCHECK_OK)
		set(error, ERRCODE_INSUFFICIENT_PRIVILEGE, psprintf("role %s, which submitted this task, may not connect to database %s any more", name, database),
			psprintf("Use: GRANT CONNECT ON DATABASE %s TO %s; then retry the task.", database, name));
	else if (role.rolsuper)
		return false;
	else if (role.rolconnlimit >= 0 && CountUserBackends(login) > role.rolconnlimit)
		set(error, ERRCODE_TOO_MANY_CONNECTIONS, psprintf("role %s has %d connections, and may have %d", name, CountUserBackends(login), role.rolconnlimit),
			psprintf("Close some, or use: ALTER ROLE %s CONNECTION LIMIT -1;", name));
	else if (limit >= 0 && CountDBConnections(MyDatabaseId) > limit)
		set(error, ERRCODE_TOO_MANY_CONNECTIONS, psprintf("database %s has %d connections, and may have %d", database, CountDBConnections(MyDatabaseId), limit),
			psprintf("Close some, or use: ALTER DATABASE %s CONNECTION LIMIT -1;", database));
	*passes = error->sqlerrcode == ERRCODE_TOO_MANY_CONNECTIONS;
	return error->sqlerrcode != 0;
}
