/*
 * query.c
 *	  Statements by SPI: plans that stay, and the rows of a cursor one by one.
 */
#include "query.h"

#include "miscadmin.h"
#include "utils/memutils.h"

/* Rows that are fetched at a time. */
#define FETCH_ROWS 1000

static void
free_plan(void *plan)
{
	(void) SPI_freeplan(plan);
}

SPIPlanPtr
query_prepare(const char *sql, int arguments, Oid *types, MemoryContext life)
{
	MemoryContextCallback *end = life == NULL ? NULL : MemoryContextAllocZero(life, sizeof(MemoryContextCallback));
	SPIPlanPtr	plan = SPI_prepare(sql, arguments, types);

	if (plan == NULL || SPI_keepplan(plan) != 0)
		elog(ERROR, "could not prepare \"%s\": %s", sql, SPI_result_code_string(SPI_result));
	if (end != NULL)
	{
		end->func = free_plan;
		end->arg = plan;
		MemoryContextRegisterResetCallback(life, end);
	}
	return plan;
}

void
query_each(Portal cursor, QueryEach each, void *argument)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx query row", ALLOCSET_DEFAULT_SIZES);

	for (;;)
	{
		SPI_cursor_fetch(cursor, true, FETCH_ROWS);
		if (SPI_processed == 0)
			break;
		for (uint64 i = 0; i < SPI_processed; i++)
		{
			MemoryContext caller = MemoryContextSwitchTo(context);

			CHECK_FOR_INTERRUPTS();
			each(argument, SPI_tuptable->vals[i], SPI_tuptable->tupdesc);
			MemoryContextSwitchTo(caller);
			MemoryContextReset(context);
		}
		SPI_freetuptable(SPI_tuptable);
	}
	SPI_cursor_close(cursor);
	MemoryContextDelete(context);
}
