/*
 * schedule.c
 *	  Runs the query of a schedule.
 */
#include "pg/pg_xlsx.h"

#include "access/htup_details.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "tables/role_sql.h"

PG_FUNCTION_INFO_V1(pg_xlsx_schedule_look);

/*
 * xlsx.run_schedule has set the current role. This runs that role's SQL, in a session that may
 * belong to another role.
 */
Datum
pg_xlsx_schedule_look(PG_FUNCTION_ARGS)
{
	MemoryContext context = CurrentMemoryContext;
	Oid			types[] = {get_fn_expr_argtype(fcinfo->flinfo, 0)};
	Datum		values[] = {PG_GETARG_DATUM(0)};
	TupleDesc	descriptor;
	RoleSql		sql;
	MemoryContext spi;
	Datum		result;

	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	descriptor = BlessTupleDesc(descriptor);
	role_sql_enter(&sql, GetUserId());
	SPI_connect();
	if (SPI_execute_with_args("SELECT files, submitted, refused, error, came FROM xlsx_private.schedule_look_openly($1)", 1, types, values, NULL,
							  false, 0) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not look for files");
	spi = MemoryContextSwitchTo(context);
	result = heap_copy_tuple_as_datum(SPI_tuptable->vals[0], descriptor);
	MemoryContextSwitchTo(spi);
	SPI_finish();
	role_sql_leave(&sql);
	PG_RETURN_DATUM(result);
}
