/*
 * save_unnest.c
 *	  INSERT ... SELECT FROM unnest($1, $2, ...): right for any target.
 */
#include "save.h"

#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "rewrite/rewriteHandler.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"

typedef struct UnnestState
{
	const Profile *profile;
	int64		task;
	SPIPlanPtr	plan;
	int			arguments;
} UnnestState;

static bool
by_text(const ProfileColumn *column)
{
	return column->class == COLUMN_OTHER || column->class == COLUMN_TEXT;
}

/* "schema"."type", without the length that format_type would read into char and bit */
static char *
qualified_type(Oid type)
{
	HeapTuple	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	Form_pg_type form;
	char	   *name;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for type %u", type);
	form = (Form_pg_type) GETSTRUCT(tuple);
	name = quote_qualified_identifier(get_namespace_name(form->typnamespace), NameStr(form->typname));
	ReleaseSysCache(tuple);
	return name;
}

/* The column's default as SQL, NULL when it has none: what a blank cell gets. */
static char *
default_expression(const Profile *profile, const ProfileColumn *column)
{
	Relation	target = table_open(profile->target, AccessShareLock);
	char	   *expression = NULL;

	if (target->rd_rel->relkind != RELKIND_VIEW &&
		TupleDescAttr(RelationGetDescr(target), column->attnum - 1)->atthasdef)
	{
		Node	   *node = build_column_default(target, column->attnum);

		if (node != NULL)
			expression = deparse_expression(node, deparse_context_for(RelationGetRelationName(target), profile->target),
											false, false);
	}
	table_close(target, NoLock);
	return expression;
}

static void
append_source(StringInfo select, const Profile *profile, int i)
{
	const ProfileColumn *column = &profile->columns[i];
	char	   *fallback = default_expression(profile, column);

	if (fallback != NULL)
		appendStringInfoString(select, "coalesce(");
	if (column->class == COLUMN_OTHER)
		appendStringInfo(select, "CAST(u.c%d AS %s)", i, qualified_type(column->type));
	else
		appendStringInfo(select, "u.c%d", i);
	if (fallback != NULL)
		appendStringInfo(select, ", %s)", fallback);
}

char *
save_unnest_statement(const Profile *profile, Oid *types)
{
	StringInfoData columns;
	StringInfoData select;
	StringInfoData from;
	StringInfoData names;
	char	   *schema = get_namespace_name(get_rel_namespace(profile->target));
	int			count = profile->count;

	initStringInfo(&columns);
	initStringInfo(&select);
	initStringInfo(&from);
	initStringInfo(&names);
	for (int i = 0; i < count; i++)
	{
		const ProfileColumn *column = &profile->columns[i];
		const char *comma = i > 0 ? ", " : "";
		Oid			element = by_text(column) ? TEXTOID : column->type;

		types[i] = get_array_type(element);
		appendStringInfo(&columns, "%s%s", comma, quote_identifier(column->name));
		appendStringInfoString(&select, comma);
		append_source(&select, profile, i);
		appendStringInfo(&from, "%spg_catalog.unnest($%d)", comma, i + 1);
		appendStringInfo(&names, "%sc%d", comma, i);
	}
	if (profile->task_attnum != InvalidAttrNumber)
	{
		types[count] = INT8OID;
		appendStringInfo(&columns, ", %s", quote_identifier(get_attname(profile->target, profile->task_attnum, false)));
		appendStringInfo(&select, ", CAST($%d AS %s)", count + 1, qualified_type(profile->task_type));
	}
	return psprintf("INSERT INTO %s (%s) SELECT %s FROM ROWS FROM (%s) AS u (%s)",
					quote_qualified_identifier(schema, get_rel_name(profile->target)),
					columns.data, select.data, from.data, names.data);
}

static void *
unnest_create(const Profile *profile, int64 task)
{
	UnnestState *state = palloc0(sizeof(UnnestState));
	Oid		   *types = palloc(sizeof(Oid) * (size_t) (profile->count + 1));
	char	   *sql = save_unnest_statement(profile, types);

	state->profile = profile;
	state->task = task;
	state->arguments = profile->count + (profile->task_attnum != InvalidAttrNumber);
	SPI_connect();
	state->plan = SPI_prepare(sql, state->arguments, types);
	if (state->plan == NULL || SPI_keepplan(state->plan) != 0)
		elog(ERROR, "could not prepare \"%s\": %s", sql, SPI_result_code_string(SPI_result));
	SPI_finish();
	return state;
}

/* One column of the rows as an array. */
static Datum
column_array(const ProfileColumn *column, const PacketRows *rows, int first, int last, int i)
{
	int			count = last - first;
	Datum	   *values = palloc(sizeof(Datum) * (size_t) count);
	bool	   *nulls = palloc(sizeof(bool) * (size_t) count);
	Oid			element = by_text(column) ? TEXTOID : column->type;
	int			lower = 1;
	int16		length;
	bool		by_value;
	char		alignment;

	for (int row = first; row < last; row++)
	{
		values[row - first] = rows->values[row * rows->columns + i];
		nulls[row - first] = rows->nulls[row * rows->columns + i];
	}
	get_typlenbyvalalign(element, &length, &by_value, &alignment);
	return PointerGetDatum(construct_md_array(values, nulls, 1, &count, &lower, element, length, by_value, alignment));
}

static void
unnest_save(void *opaque, const PacketRows *rows, int first, int last, int *failed)
{
	UnnestState *state = opaque;
	const Profile *profile = state->profile;
	Datum	   *arguments = palloc(sizeof(Datum) * (size_t) state->arguments);
	int			result;

	for (int i = 0; i < profile->count; i++)
		arguments[i] = column_array(&profile->columns[i], rows, first, last, i);
	if (profile->task_attnum != InvalidAttrNumber)
		arguments[profile->count] = Int64GetDatum(state->task);
	if (last - first == 1)
		*failed = first;
	SPI_connect();
	result = SPI_execute_plan(state->plan, arguments, NULL, false, 0);
	if (result < 0)
		elog(ERROR, "could not insert: %s", SPI_result_code_string(result));
	SPI_finish();
}

const SaveMethod save_unnest = {"unnest", unnest_create, unnest_save, NULL};
