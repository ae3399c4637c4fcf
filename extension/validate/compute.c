/*
 * compute.c
 *	  Transformations and lookups of a batch, by one query.
 */
#include "validate/compute.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "pg/query.h"
#include "pg/subtransaction.h"
#include "pg/text_encoding.h"
#include "profile/params.h"
#include "profile/sql.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "validate/lookup.h"

/* A query for some of the computed columns. */
typedef struct ComputePlan
{
	int			count;
	int		   *columns;		/* their indexes in the profile */
	bool		deletes;		/* it also says which rows ask for their row of the target to be deleted */
	SPIPlanPtr	plan;			/* NULL: not made yet */
} ComputePlan;

struct Compute
{
	const Profile *profile;
	Judge	   *judge;
	bool		sees_extra;
	bool		sees_facts;		/* a transformation asks about its cell */
	const XlsxBook *book;		/* for number formats */
	Lookup	   *lookups;		/* by column of the profile */
	const char *row_message;	/* that the row could not be transformed */
	MemoryContext context;		/* of the plans */
	ComputePlan all;
	ComputePlan *alone;			/* one for each column, to find the column that throws */
	ComputePlan deletion;		/* the same for delete_when */
};

/*
 * The query
 */

/* Is it asked for: fact i % CELL_FACTS of the cell of column i / CELL_FACTS? */
static bool
is_seen(const Profile *profile, int i)
{
	return (profile->columns[i / CELL_FACTS].sees & (1 << i % CELL_FACTS)) != 0;
}

static int
count_seen(const Profile *profile)
{
	int			count = 0;

	for (int i = 0; i < profile->count * CELL_FACTS; i++)
		count += is_seen(profile, i);
	return count;
}

/* Number of the argument with params, the last one. Those before: the texts of each column, extra, facts. */
static int
params_argument(const Profile *profile)
{
	return profile->count + 1 + count_seen(profile) + 1;
}

/* The text that column i contributes: its cell's, or its expression over the row. */
static void
append_input(StringInfo sql, const Profile *profile, int i)
{
	const ProfileColumn *column = &profile->columns[i];

	if (column->transform == NULL)
		appendStringInfo(sql, "g.%s", quote_identifier(column->name));
	else
	{
		appendStringInfo(sql, "(SELECT (%s\n)::text FROM (SELECT g.*, $%d::jsonb AS %s", column->transform, params_argument(profile),
						 params_name(profile));
		if ((column->source == SOURCE_CELL || column->source == SOURCE_PARAM) && profile_column_index(profile, "value") < 0)
			appendStringInfo(sql, ", g.%s AS value", quote_identifier(column->name));
		for (int fact = 0; fact < CELL_FACTS; fact++)
			if (column->sees & (1 << fact))
				appendStringInfo(sql, ", g.\"$%d %d\" AS %s", i, fact, profile_cell_facts[fact]);
		appendStringInfoString(sql, ") AS " PROFILE_SQL_ROW ")");
	}
}

static char *
statement(const Compute *compute, const ComputePlan *plan)
{
	const Profile *profile = compute->profile;
	StringInfoData from;
	StringInfoData names;
	StringInfoData inputs;
	StringInfoData outputs;
	StringInfoData joins;
	StringInfoData steps;

	initStringInfo(&from);
	initStringInfo(&names);
	initStringInfo(&inputs);
	initStringInfo(&outputs);
	initStringInfo(&joins);
	initStringInfo(&steps);
	for (int i = 0; i < profile->count; i++)
	{
		appendStringInfo(&from, "unnest($%d::text[]), ", i + 1);
		appendStringInfo(&names, "%s, ", quote_identifier(profile->columns[i].name));
	}
	appendStringInfo(&from, "unnest($%d::jsonb[])", profile->count + 1);
	appendStringInfoString(&names, compute->sees_extra ? "extra" : "\"$extra\"");
	for (int i = 0, at = profile->count + 2; i < profile->count * CELL_FACTS; i++)
		if (is_seen(profile, i))
		{
			appendStringInfo(&from, ", unnest($%d::text[])", at++);
			appendStringInfo(&names, ", \"$%d %d\"", i / CELL_FACTS, i % CELL_FACTS);
		}
	for (int k = 0; k < plan->count; k++)
	{
		const ProfileColumn *column = &profile->columns[plan->columns[k]];

		appendStringInfoString(&inputs, ", ");
		append_input(&inputs, profile, plan->columns[k]);
		appendStringInfo(&inputs, " AS x%d", k);
		if (column->lookup == NULL)
		{
			appendStringInfo(&outputs, ", s.x%d, 1::bigint, NULL::text, NULL::text", k);
			continue;
		}
		lookup_append(&steps, &outputs, &joins, column, k, params_argument(profile));
	}
	if (plan->deletes)
	{
		appendStringInfo(&inputs, ", coalesce((SELECT (%s\n) FROM (SELECT g.*, $%d::jsonb AS %s) AS " PROFILE_SQL_ROW "), false) AS \"$deletes\"",
						 profile->delete_when, params_argument(profile), params_name(profile));
		appendStringInfoString(&outputs, ", s.\"$deletes\"");
	}
	return psprintf("WITH step AS MATERIALIZED (SELECT g.\"$ord\"%s FROM ROWS FROM (%s) WITH ORDINALITY AS g (%s, \"$ord\"))%s"
					" SELECT s.\"$ord\"%s FROM step s%s",
					inputs.data, from.data, names.data, steps.data, outputs.data, joins.data);
}

static void
prepare(const Compute *compute, ComputePlan *plan)
{
	const Profile *profile = compute->profile;
	int			count = params_argument(profile);
	Oid		   *types = palloc(sizeof(Oid) * (size_t) count);
	MemoryContext caller = MemoryContextSwitchTo(compute->context);

	for (int i = 0; i < count; i++)
		types[i] = i == profile->count ? JSONBARRAYOID : i == count - 1 ? JSONBOID : TEXTARRAYOID;
	plan->plan = profile_sql_prepare(profile, statement(compute, plan), count, types);
	MemoryContextSwitchTo(caller);
}

Compute *
compute_create(const JudgeTask *task, Judge *judge)
{
	const Profile *profile = task->profile;
	Compute    *compute = palloc0(sizeof(Compute));
	ComputePlan *all = &compute->all;

	compute->profile = profile;
	compute->judge = judge;
	compute->row_message = fault_text_of_row(ROW_TRANSFORM, task->locale);
	compute->context = CurrentMemoryContext;
	compute->sees_extra = profile_sees_extra(profile);
	compute->sees_facts = count_seen(profile) > 0;
	compute->book = task->book;
	all->columns = palloc(sizeof(int) * (size_t) profile->count);
	for (int i = 0; i < profile->count; i++)
		if (profile_computes(&profile->columns[i]))
			all->columns[all->count++] = i;
	all->deletes = profile->delete_when != NULL;
	compute->deletion.deletes = true;
	if (all->count == 0 && !all->deletes)
		return NULL;
	compute->alone = palloc0(sizeof(ComputePlan) * (size_t) all->count);
	for (int k = 0; k < all->count; k++)
		compute->alone[k] = (ComputePlan) {.count = 1,.columns = &all->columns[k]};
	compute->lookups = lookups_create(profile);
	prepare(compute, all);
	return compute;
}

/*
 * A batch
 */

/* A text of a lookup that has not one value. */
typedef struct Miss
{
	JudgedRow  *row;
	int			column;
	int64		found;			/* so many values */
	const char *word;			/* the one of several words that is at fault; NULL: the whole text */
	const char *text;
} Miss;

/* Rows first to last - 1 of a batch. */
typedef struct ComputeCall
{
	Compute    *compute;
	ComputePlan *plan;
	JudgedRow  *rows;
	int			first;
	int			last;
	Miss	   *misses;			/* of lookups, in the order of rows and columns */
	int			miss_count;
	int			miss_room;
} ComputeCall;

/* The texts of a column; of fact i of all columns (is_seen) if fact is not negative. */
static Datum
texts_array(const ComputeCall *call, int column, int fact)
{
	int			count = call->last - call->first;
	int			lower = 1;
	Datum	   *values = palloc0(sizeof(Datum) * (size_t) count);
	bool	   *nulls = palloc(sizeof(bool) * (size_t) count);

	for (int i = 0; i < count; i++)
	{
		const JudgedRow *row = &call->rows[call->first + i];
		const char *text = fact >= 0 ? row->facts[fact] : row->texts[column];

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

/* Texts of lookups that have not one value. SPI is connected. */
static void
note_misses(ComputeCall *call)
{
	for (int i = 0; i < call->miss_count; i++)
	{
		Miss	   *miss = &call->misses[i];
		const char *detail = miss->word == NULL ? NULL :
			psprintf(miss->found == 0 ? "\"%s\" is unknown." : "\"%s\" is ambiguous.", miss->word);
		const char *hint = miss->found != 0 ? NULL :
			lookup_hint(call->compute->lookups, miss->column, miss->word != NULL ? miss->word : miss->text);

		judge_fault(call->compute->judge, miss->row, miss->column, miss->found == 0 ? FAULT_LOOKUP : FAULT_AMBIGUOUS, detail, hint);
	}
	call->miss_count = 0;
}

static void
add_miss(ComputeCall *call, const Miss *miss)
{
	if (call->miss_count == call->miss_room)
	{
		call->miss_room = Max(16, 2 * call->miss_room);
		call->misses = call->misses == NULL ? palloc(sizeof(Miss) * (size_t) call->miss_room) :
			repalloc(call->misses, sizeof(Miss) * (size_t) call->miss_room);
	}
	call->misses[call->miss_count++] = *miss;
}

/* Text of a column of the result, in the current memory context; NULL for NULL. */
static char *
result_text(HeapTuple tuple, TupleDesc desc, int column)
{
	bool		null;
	Datum		value = SPI_getbinval(tuple, desc, column, &null);

	return null ? NULL : TextDatumGetCString(value);
}

static void
take_result(ComputeCall *call, uint64 found, MemoryContext context)
{
	HeapTuple	tuple = SPI_tuptable->vals[found];
	TupleDesc	desc = SPI_tuptable->tupdesc;
	bool		null;
	Datum		place = SPI_getbinval(tuple, desc, 1, &null);
	JudgedRow  *row = &call->rows[call->first + query_index(place, null, call->last - call->first)];
	MemoryContext spi = MemoryContextSwitchTo(context);

	for (int k = 0; k < call->plan->count; k++)
	{
		int			column = call->plan->columns[k];
		Datum		matches = SPI_getbinval(tuple, desc, 3 + 4 * k, &null);

		if (!null && DatumGetInt64(matches) != 1)
			add_miss(call, &(Miss) {row, column, DatumGetInt64(matches), result_text(tuple, desc, 4 + 4 * k), result_text(tuple, desc, 5 + 4 * k)});
		row->texts[column] = result_text(tuple, desc, 2 + 4 * k);
	}
	if (call->plan->deletes)
		row->deletes = DatumGetBool(SPI_getbinval(tuple, desc, 2 + 4 * call->plan->count, &null)) && !null;
	MemoryContextSwitchTo(spi);
}

static void
execute(void *argument)
{
	ComputeCall *call = argument;
	const Profile *profile = call->compute->profile;
	Datum	   *arguments = palloc(sizeof(Datum) * (size_t) params_argument(profile));
	MemoryContext context = CurrentMemoryContext;
	RoleSql		sql;

	for (int i = 0; i < profile->count; i++)
		arguments[i] = texts_array(call, i, -1);
	arguments[profile->count] = extras_array(call);
	for (int i = 0, at = profile->count + 1; i < profile->count * CELL_FACTS; i++)
		if (is_seen(profile, i))
			arguments[at++] = texts_array(call, -1, i);
	arguments[params_argument(profile) - 1] = params_datum(profile);
	role_sql_enter_query(&sql, profile->confined);
	SPI_connect();
	if (SPI_execute_plan(call->plan->plan, arguments, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not compute the columns of profile \"%s\"", profile->name);
	for (uint64 found = 0; found < SPI_processed; found++)
		take_result(call, found, context);
	MemoryContextSwitchTo(context);
	note_misses(call);
	SPI_finish();
	role_sql_leave(&sql);
}

static void
note_failure(const Compute *compute, JudgedRow *row, int column, const ErrorData *error)
{
	judge_fault(compute->judge, row, column, FAULT_TRANSFORM, error->message, error->hint);
}

/* The error concerns the row, because no column throws by itself. */
static void
note_failed_row(const Compute *compute, JudgedRow *row, const ErrorData *error)
{
	Violation	violation = {
		.code = "transform", .message = compute->row_message, .detail = error->message, .hint = error->hint
	};

	judge_violate(row, -1, false, &violation);
	for (int k = 0; k < compute->all.count; k++)
		row->states[compute->all.columns[k]] = VALUE_UNKNOWN;
}

/* Does the row that throws ask for its row to be deleted? When this is what throws, it is an error of the row. */
static void
run_deletion(Compute *compute, JudgedRow *row)
{
	ComputeCall call = {compute, &compute->deletion, row, 0, 1};
	ErrorData  *error;

	if (call.plan->plan == NULL)
		prepare(compute, call.plan);
	error = profile_sql_try(compute->profile, execute, &call);
	if (error != NULL && !subtransaction_row_fault(error))
		ReThrowError(error);
	if (error != NULL)
		note_failed_row(compute, row, error);
}

/*
 * Computes the row that throws column by column: each column that throws reports its error, and the others get
 * their values. The row will not be saved, so everything that an expression writes is taken back.
 */
static void
run_row(Compute *compute, JudgedRow *row, const ErrorData *error)
{
	size_t		bytes = sizeof(char *) * (size_t) compute->profile->count;
	char	  **given = row->texts;
	char	  **computed = memcpy(palloc(bytes), given, bytes);

	if (compute->all.deletes)
		run_deletion(compute, row);
	for (int k = 0; k < compute->all.count; k++)
	{
		ComputeCall call = {compute, &compute->alone[k], row, 0, 1};
		int			column = compute->all.columns[k];
		ErrorData  *own;

		if (call.plan->plan == NULL)
			prepare(compute, call.plan);
		/* An expression sees the original texts, not the results of other expressions. */
		row->texts = memcpy(palloc(bytes), given, bytes);
		own = profile_sql_try(compute->profile, execute, &call);
		if (own != NULL && !subtransaction_row_fault(own))
			ReThrowError(own);
		if (own != NULL)
			note_failure(compute, row, column, own);
		computed[column] = row->texts[column];
	}
	row->texts = computed;
	if (!row->bad)
		note_failed_row(compute, row, error);
}

static void
run(Compute *compute, JudgedRow *rows, int first, int last)
{
	ComputeCall call = {compute, &compute->all, rows, first, last};
	ErrorData  *error;
	int			middle = first + (last - first) / 2;

	if (first == last)
		return;
	error = profile_sql_try(compute->profile, execute, &call);
	if (error == NULL)
		return;
	if (!subtransaction_row_fault(error))
		ReThrowError(error);
	if (last - first == 1 && compute->all.count == 1 && !compute->all.deletes)
		note_failure(compute, &rows[first], compute->all.columns[0], error);
	else if (last - first == 1)
		run_row(compute, &rows[first], error);
	else
	{
		run(compute, rows, first, middle);
		run(compute, rows, middle, last);
	}
}

static const char *
kind_of(const XlsxCell *cell)
{
	if (cell == NULL)
		return "blank";
	switch ((XlsxKind) cell->kind)
	{
		case XLSX_TEXT:
			return "text";
		case XLSX_NUMBER:
			return "number";
		case XLSX_DATE:
			return "date";
		case XLSX_BOOL:
			return "boolean";
		case XLSX_ERROR:
			return "error";
		default:
			return "blank";
	}
}

/* As it stands in the file. NULL: there is no value. */
static char *
raw_of(const XlsxCell *cell)
{
	if (cell == NULL || (cell->kind != XLSX_BOOL && cell->text == NULL))
		return NULL;
	return cell->kind == XLSX_BOOL ? pstrdup(cell->boolean ? "1" : "0") : text_for_people(cell->text, cell->length);
}

static char *
fact_of(const Compute *compute, const XlsxCell *cell, int fact)
{
	const char *code;

	switch (1 << fact)
	{
		case CELL_KIND:
			return pstrdup(kind_of(cell));
		case CELL_RAW:
			return raw_of(cell);
		default:
			code = cell != NULL && compute->book != NULL ? xlsx_book_number_format(compute->book, cell->style) : NULL;
			return code != NULL ? text_for_people(code, strlen(code)) : NULL;
	}
}

static void
take_facts(const Compute *compute, JudgedRow *row)
{
	int			count = compute->profile->count * CELL_FACTS;

	row->facts = palloc0(sizeof(char *) * (size_t) count);
	for (int i = 0; i < count; i++)
		if (is_seen(compute->profile, i))
			row->facts[i] = fact_of(compute, row->cells[i / CELL_FACTS], i % CELL_FACTS);
}

void
compute_take(const Compute *compute, JudgedRow *row)
{
	if (compute->sees_facts)
		take_facts(compute, row);
	row->texts = palloc(sizeof(char *) * (size_t) compute->profile->count);
	row->marks = palloc0(sizeof(uint8) * (size_t) compute->profile->count);
	for (int i = 0; i < compute->profile->count; i++)
		row->texts[i] = judge_text(compute->judge, row, i);
}

void
compute_run(Compute *compute, JudgedRow *rows, int count)
{
	run(compute, rows, 0, count);
}
