/*
 * owner.c
 *	  Bookkeeping as the extension's owner.
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
#include "utils/datum.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
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

/* Copies a row of the SPI result out of SPI's memory. */
static void
row_copy(OwnerRow *row, uint64 index, MemoryContext context)
{
	TupleDesc	desc = SPI_tuptable->tupdesc;
	MemoryContext spi = MemoryContextSwitchTo(context);

	Assert(desc->natts <= OWNER_MAX_COLUMNS);
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);
		Datum		value = SPI_getbinval(SPI_tuptable->vals[index], desc, i + 1, &row->nulls[i]);

		if (row->nulls[i])
			row->values[i] = (Datum) 0;
		else if (attribute->attlen == -1)
			row->values[i] = PointerGetDatum(PG_DETOAST_DATUM_COPY(value));
		else
			row->values[i] = datumCopy(value, attribute->attbyval, attribute->attlen);
	}
	MemoryContextSwitchTo(spi);
}

/* Becomes the owner, connects to SPI and runs the statement; execute_end undoes it. */
static void
execute_begin(OwnerStatement *statement, const Datum *values, const char *nulls, OwnerState *state)
{
	int			result;

	owner_enter(state);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	if (statement->plan == NULL)
		statement->plan = query_prepare(statement->sql, statement->arguments, statement->types, NULL);
	result = SPI_execute_plan(statement->plan, (Datum *) values, nulls, false, 0);
	if (result < 0)
		elog(ERROR, "could not run \"%s\": %s", statement->sql, SPI_result_code_string(result));
}

static void
execute_end(const OwnerState *state)
{
	SPI_finish();
	owner_leave(state);
}

char *
owner_text(const OwnerRow *row, int i)
{
	return row->nulls[i] ? NULL : TextDatumGetCString(row->values[i]);
}

void
owner_set_text(Datum *values, char *nulls, int i, const char *text)
{
	nulls[i] = text == NULL ? 'n' : ' ';
	values[i] = text == NULL ? (Datum) 0 : CStringGetTextDatum(text);
}

uint64
owner_run(OwnerStatement *statement, const Datum *values, const char *nulls, OwnerRow *row)
{
	MemoryContext context = CurrentMemoryContext;
	OwnerState	state;
	uint64		processed;

	execute_begin(statement, values, nulls, &state);
	processed = SPI_processed;
	if (row != NULL && processed > 0 && SPI_tuptable != NULL)
		row_copy(row, 0, context);
	execute_end(&state);
	return processed;
}

void
owner_each(OwnerStatement *statement, const Datum *values, const char *nulls, OwnerEach each, void *argument)
{
	MemoryContext context = CurrentMemoryContext;
	OwnerState	state;
	OwnerRow	row;

	execute_begin(statement, values, nulls, &state);
	for (uint64 i = 0; SPI_tuptable != NULL && i < SPI_processed; i++)
	{
		MemoryContext spi = MemoryContextSwitchTo(context);

		row_copy(&row, i, context);
		each(argument, &row);
		MemoryContextSwitchTo(spi);
	}
	execute_end(&state);
}
