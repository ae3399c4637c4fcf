/*
 * owner.c
 *	  Works as the extension's owner.
 */
#include "tables/owner.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_extension.h"
#include "commands/dbcommands.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "pg/query.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#define PRIVATE_SCHEMA "xlsx_private"

Oid
owner_table(const char *name)
{
	Oid			schema = get_namespace_oid(PRIVATE_SCHEMA, true);

	return OidIsValid(schema) ? get_relname_relid(name, schema) : InvalidOid;
}

bool
owner_hold(void)
{
	Oid			extension = get_extension_oid("pg_xlsx", true);

	if (!OidIsValid(extension))
		return false;
	LockDatabaseObject(ExtensionRelationId, extension, 0, AccessShareLock);
	return OidIsValid(owner_table("task"));
}

Oid
owner_oid(void)
{
	Oid			table = owner_table("task");
	HeapTuple	tuple = OidIsValid(table) ? SearchSysCache1(RELOID, ObjectIdGetDatum(table)) : NULL;
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("extension \"pg_xlsx\" is not installed in database \"%s\"",
						get_database_name(MyDatabaseId)),
				 errhint("Run CREATE EXTENSION pg_xlsx.")));
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

void
owner_enter(OwnerState *state)
{
	GetUserIdAndSecContext(&state->user, &state->security_context);
	SetUserIdAndSecContext(owner_oid(), state->security_context | SECURITY_LOCAL_USERID_CHANGE |
						   SECURITY_NOFORCE_RLS);
	state->guc_level = NewGUCNestLevel();
	query_set_option("search_path", "pg_catalog, pg_temp");
	query_fix_syntax();
	query_prefer_indexes();
}

void
owner_leave(const OwnerState *state)
{
	AtEOXact_GUC(true, state->guc_level);
	SetUserIdAndSecContext(state->user, state->security_context);
}
