/*
 * private_sql.c
 *	  Statements on the private tables.
 */
#include "tables/private_sql.h"

#include "pg/query.h"
#include "tables/owner.h"
#include "utils/builtins.h"
#include "utils/datum.h"

/* Copies a row of the SPI result out of SPI's memory. */
static void
row_copy(PrivateRow *row, uint64 index, MemoryContext context)
{
	TupleDesc	desc = SPI_tuptable->tupdesc;
	MemoryContext spi = MemoryContextSwitchTo(context);

	Assert(desc->natts <= PRIVATE_MAX_COLUMNS);
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

/* Becomes the owner, connects to SPI and runs the statement. execute_end reverses that. */
static void
execute_begin(PrivateStatement *statement, const Datum *values, const char *nulls, OwnerState *state)
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
private_sql_text(const PrivateRow *row, int i)
{
	return row->nulls[i] ? NULL : TextDatumGetCString(row->values[i]);
}

void
private_sql_set_text(Datum *values, char *nulls, int i, const char *text)
{
	nulls[i] = text == NULL ? 'n' : ' ';
	values[i] = text == NULL ? (Datum) 0 : CStringGetTextDatum(text);
}

uint64
private_sql_run(PrivateStatement *statement, const Datum *values, const char *nulls, PrivateRow *row)
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
private_sql_each(PrivateStatement *statement, const Datum *values, const char *nulls, PrivateEach each, void *argument)
{
	MemoryContext context = CurrentMemoryContext;
	OwnerState	state;
	PrivateRow	row;

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
