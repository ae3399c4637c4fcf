/*
 * compute.c
 *	  Transformations and lookups of a batch, by one query.
 */
#include "compute.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "message.h"
#include "profile_sql.h"
#include "query.h"
#include "subtransaction.h"
#include "utils/array.h"
#include "utils/builtins.h"

struct Compute
{
	const StageTask *task;
	int			count;			/* computed columns */
	int		   *columns;		/* their indexes in the profile */
	bool		sees_extra;
	SPIPlanPtr	plan;
};

bool
compute_has(const ProfileColumn *column)
{
	return column->transform != NULL || column->lookup != NULL;
}

bool
compute_sees_extra(const Profile *profile)
{
	return profile_column_index(profile, "extra") < 0;
}

/*
 * The query
 */

/* The text that column i contributes: its cell's, or its expression over the row. */
static void
append_input(StringInfo sql, const Profile *profile, int i)
{
	const ProfileColumn *column = &profile->columns[i];

	if (column->transform == NULL)
		appendStringInfo(sql, "g.%s", quote_identifier(column->name));
	else if (column->source == SOURCE_CELL && profile_column_index(profile, "value") < 0)
		appendStringInfo(sql, "(SELECT (%s\n)::text FROM (SELECT g.*, g.%s AS value) AS r)", column->transform,
						 quote_identifier(column->name));
	else
		appendStringInfo(sql, "(SELECT (%s\n)::text FROM (SELECT g.*) AS r)", column->transform);
}

static char *
statement(const Compute *compute)
{
	const Profile *profile = compute->task->profile;
	StringInfoData from;
	StringInfoData names;
	StringInfoData inputs;
	StringInfoData outputs;
	StringInfoData joins;

	initStringInfo(&from);
	initStringInfo(&names);
	initStringInfo(&inputs);
	initStringInfo(&outputs);
	initStringInfo(&joins);
	for (int i = 0; i < profile->count; i++)
	{
		appendStringInfo(&from, "unnest($%d::text[]), ", i + 1);
		appendStringInfo(&names, "%s, ", quote_identifier(profile->columns[i].name));
	}
	appendStringInfo(&from, "unnest($%d::jsonb[])", profile->count + 1);
	appendStringInfoString(&names, compute->sees_extra ? "extra" : "\"$extra\"");
	for (int k = 0; k < compute->count; k++)
	{
		const ProfileColumn *column = &profile->columns[compute->columns[k]];

		appendStringInfoString(&inputs, ", ");
		append_input(&inputs, profile, compute->columns[k]);
		appendStringInfo(&inputs, " AS x%d", k);
		if (column->lookup == NULL)
		{
			appendStringInfo(&outputs, ", s.x%d, 1::bigint", k);
			continue;
		}
		appendStringInfo(&outputs, ", CASE WHEN s.x%d IS NULL THEN NULL ELSE l%d.v END,"
						 " CASE WHEN s.x%d IS NULL THEN 1 ELSE coalesce(l%d.n, 0) END", k, k, k, k);
		appendStringInfo(&joins,
						 " LEFT JOIN (SELECT q.k::text AS k, min(q.v::text) AS v, count(DISTINCT q.v::text) AS n"
						 " FROM (%s\n) AS q (k, v) WHERE q.k::text = ANY (ARRAY(SELECT DISTINCT x%d FROM step)) GROUP BY 1)"
						 " AS l%d ON l%d.k = s.x%d", column->lookup, k, k, k, k);
	}
	return psprintf("WITH step AS MATERIALIZED (SELECT g.\"$ord\"%s FROM ROWS FROM (%s) WITH ORDINALITY AS g (%s, \"$ord\"))"
					" SELECT s.\"$ord\"%s FROM step s%s",
					inputs.data, from.data, names.data, outputs.data, joins.data);
}

Compute *
compute_create(const StageTask *task)
{
	const Profile *profile = task->profile;
	Compute    *compute = palloc0(sizeof(Compute));
	Oid		   *types = palloc(sizeof(Oid) * (size_t) (profile->count + 1));

	compute->task = task;
	compute->columns = palloc(sizeof(int) * (size_t) profile->count);
	compute->sees_extra = compute_sees_extra(profile);
	for (int i = 0; i < profile->count; i++)
	{
		types[i] = TEXTARRAYOID;
		if (compute_has(&profile->columns[i]))
			compute->columns[compute->count++] = i;
	}
	types[profile->count] = JSONBARRAYOID;
	if (compute->count == 0)
		return NULL;
	compute->plan = profile_sql_prepare(profile, statement(compute), profile->count + 1, types);
	return compute;
}

/*
 * A batch
 */

/* Rows first to last - 1 of a batch. */
typedef struct ComputeCall
{
	Compute    *compute;
	StageRow   *rows;
	int			first;
	int			last;
} ComputeCall;

static Datum
texts_array(const ComputeCall *call, int column)
{
	int			count = call->last - call->first;
	int			lower = 1;
	Datum	   *values = palloc0(sizeof(Datum) * (size_t) count);
	bool	   *nulls = palloc(sizeof(bool) * (size_t) count);

	for (int i = 0; i < count; i++)
	{
		const char *text = call->rows[call->first + i].texts[column];

		nulls[i] = text == NULL;
		if (text != NULL)
			values[i] = CStringGetTextDatum(text);
	}
	return PointerGetDatum(construct_md_array(values, nulls, 1, &count, &lower, TEXTOID, -1, false, TYPALIGN_INT));
}

static Datum
extras_array(const ComputeCall *call)
{
	int			count = call->last - call->first;
	Datum	   *values = palloc(sizeof(Datum) * (size_t) count);

	for (int i = 0; i < count; i++)
	{
		const char *extra = call->rows[call->first + i].extra;

		values[i] = DirectFunctionCall1(jsonb_in, CStringGetDatum(extra != NULL ? extra : "{}"));
	}
	return PointerGetDatum(construct_array(values, count, JSONBOID, -1, false, TYPALIGN_INT));
}

/* What a lookup found for a row. */
static void
note_lookup(const Compute *compute, StageRow *row, int column, int64 found)
{
	const ProfileColumn *of = &compute->task->profile->columns[column];
	char	   *original = stage_original(compute->task, row, column);
	MessageValues values = {of->label, original, NULL};
	Violation	violation = {.code = found == 0 ? "lookup" : "ambiguous"};

	violation.message = message_own(of->messages, violation.code, compute->task->locale, &values);
	if (violation.message == NULL)
		violation.message = psprintf(found == 0 ? "%s \"%s\" is unknown" : "%s \"%s\" is ambiguous", of->label,
									 original != NULL ? original : "");
	stage_violate(row, column, false, &violation);
}

static void
take_result(const ComputeCall *call, uint64 found, MemoryContext context)
{
	Compute    *compute = call->compute;
	HeapTuple	tuple = SPI_tuptable->vals[found];
	TupleDesc	desc = SPI_tuptable->tupdesc;
	bool		null;
	Datum		place = SPI_getbinval(tuple, desc, 1, &null);
	StageRow   *row = &call->rows[call->first + query_index(place, null, call->last - call->first)];
	MemoryContext spi = MemoryContextSwitchTo(context);

	for (int k = 0; k < compute->count; k++)
	{
		int			column = compute->columns[k];
		Datum		computed = SPI_getbinval(tuple, desc, 2 + 2 * k, &null);
		int64		matches;

		row->texts[column] = null ? NULL : TextDatumGetCString(computed);
		computed = SPI_getbinval(tuple, desc, 3 + 2 * k, &null);
		matches = null ? 0 : DatumGetInt64(computed);
		if (matches != 1)
			note_lookup(compute, row, column, matches);
	}
	MemoryContextSwitchTo(spi);
}

static void
execute(void *argument)
{
	ComputeCall *call = argument;
	const Profile *profile = call->compute->task->profile;
	Datum	   *arguments = palloc(sizeof(Datum) * (size_t) (profile->count + 1));
	MemoryContext context = CurrentMemoryContext;
	RoleSql		sql;

	for (int i = 0; i < profile->count; i++)
		arguments[i] = texts_array(call, i);
	arguments[profile->count] = extras_array(call);
	role_sql_enter_query(&sql, profile->confined);
	SPI_connect();
	if (SPI_execute_plan(call->compute->plan, arguments, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not compute the columns of profile \"%s\"", profile->name);
	for (uint64 found = 0; found < SPI_processed; found++)
		take_result(call, found, context);
	SPI_finish();
	role_sql_leave(&sql);
}

/* The one row that throws. */
static void
note_failure(const Compute *compute, StageRow *row, ErrorData *error)
{
	int			column = compute->count == 1 ? compute->columns[0] : -1;
	const ProfileColumn *of = column < 0 ? NULL : &compute->task->profile->columns[column];
	char	   *original = of != NULL ? stage_original(compute->task, row, column) : NULL;
	MessageValues values = {of != NULL ? of->label : NULL, original, NULL};
	Violation	violation = {.code = "transform", .detail = error->message, .hint = error->hint};

	if (of != NULL)
		violation.message = message_own(of->messages, "transform", compute->task->locale, &values);
	if (violation.message == NULL)
		violation.message = of != NULL ? psprintf("%s could not be transformed", of->label) :
			pstrdup("Row could not be transformed");
	stage_violate(row, column, false, &violation);
}

static void
run(Compute *compute, StageRow *rows, int first, int last)
{
	ComputeCall call = {compute, rows, first, last};
	ErrorData  *error;
	int			middle = first + (last - first) / 2;

	if (first == last)
		return;
	error = profile_sql_try(compute->task->profile, execute, &call);
	if (error == NULL)
		return;
	if (!subtransaction_row_fault(error))
		ReThrowError(error);
	if (last - first == 1)
	{
		note_failure(compute, &rows[first], error);
		return;
	}
	run(compute, rows, first, middle);
	run(compute, rows, middle, last);
}

void
compute_run(Compute *compute, StageRow *rows, int count)
{
	run(compute, rows, 0, count);
}
