/*
 * query.c
 *	  Runs statements through SPI: plans that are kept, and the rows of a cursor one by one.
 */
#include "pg/query.h"

#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/resowner.h"

/* Rows that are fetched together. */
#define FETCH_ROWS 1000

static void
free_plan(void *plan)
{
	(void) SPI_freeplan(plan);
}

static SPIPlanPtr
prepare(const char *sql, int arguments, Oid *types, MemoryContext life, int options)
{
	MemoryContextCallback *end = life == NULL ? NULL : MemoryContextAllocZero(life, sizeof(MemoryContextCallback));
	SPIPlanPtr	plan = SPI_prepare_cursor(sql, arguments, types, options);

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

SPIPlanPtr
query_prepare(const char *sql, int arguments, Oid *types, MemoryContext life)
{
	return prepare(sql, arguments, types, life, 0);
}

void
query_set_option(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

void
query_fix_syntax(void)
{
	query_set_option("standard_conforming_strings", "on");
	query_set_option("backslash_quote", "safe_encoding");
	query_set_option("transform_null_equals", "off");
}

void
query_prefer_indexes(void)
{
	query_set_option("enable_seqscan", "off");
	query_set_option("jit", "off");	/* otherwise a sequential scan that cannot be avoided would look expensive enough for JIT */
}

SPIPlanPtr
query_prepare_by_index(const char *sql, int arguments, Oid *types, MemoryContext life)
{
	SPIPlanPtr	plan = prepare(sql, arguments, types, life, CURSOR_OPT_GENERIC_PLAN);
	int			level = NewGUCNestLevel();
	CachedPlan *cached;

	query_prefer_indexes();
	cached = SPI_plan_get_cached_plan(plan);
	if (cached != NULL)
		ReleaseCachedPlan(cached, CurrentResourceOwner);
	AtEOXact_GUC(true, level);
	return plan;
}

int64
query_index(Datum place, bool null, int64 count)
{
	if (null || DatumGetInt64(place) < 1 || DatumGetInt64(place) > count)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("a query of the import gave a place that does not exist"),
				 errdetail("There are " INT64_FORMAT " places.", count)));
	return DatumGetInt64(place) - 1;
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
