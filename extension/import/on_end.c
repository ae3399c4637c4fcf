/*
 * on_end.c
 *	  The function of an application that an import calls at its end.
 */
#include "import/on_end.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "tables/role_sql.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"

/* The name was checked when it was given to the profile, and is looked up again: text that is no name of a function calls nothing. */
static Oid
find_function(const char *name)
{
	LOCAL_FCINFO(fcinfo, 1);
	Datum		function;

	InitFunctionCallInfoData(*fcinfo, NULL, 1, InvalidOid, NULL, NULL);
	fcinfo->args[0].value = CStringGetTextDatum(psprintf("%s(pg_catalog.int8)", name));
	fcinfo->args[0].isnull = false;
	function = to_regprocedure(fcinfo);
	if (fcinfo->isnull)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("function %s(bigint) does not exist", name),
				 errdetail("The profile has it called at the end of each import (on_end).")));
	return DatumGetObjectId(function);
}

static void
note_caller(void *argument)
{
	errcontext("function %s, called at the end of the import (on_end)", (const char *) argument);
}

static void
call(Oid function, int64 task)
{
	char	   *statement = psprintf("SELECT %s($1)",
									 quote_qualified_identifier(get_namespace_name(get_func_namespace(function)), get_func_name(function)));
	Oid			types[] = {INT8OID};
	Datum		values[] = {Int64GetDatum(task)};

	SPI_connect();
	if (SPI_execute_with_args(statement, 1, types, values, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not call \"%s\"", statement);
	SPI_finish();
}

void
import_call_on_end(const Import *import)
{
	const Profile *profile = import->profile;
	ErrorContextCallback context = {.callback = note_caller,.arg = profile->on_end,.previous = error_context_stack};
	RoleSql		sql;

	if (profile->on_end == NULL || import->task->dry_run)
		return;
	error_context_stack = &context;
	role_sql_enter_query(&sql, profile->confined);
	call(find_function(profile->on_end), import->task->id);
	role_sql_leave(&sql);
	error_context_stack = context.previous;
}
