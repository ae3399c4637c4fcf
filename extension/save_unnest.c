/*
 * save_unnest.c
 *	  INSERT ... SELECT FROM unnest($1, $2, ...): right for any target.
 */
#include "save.h"

#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "query.h"
#include "rewrite/rewriteHandler.h"
#include "unnest.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"

PG_FUNCTION_INFO_V1(pg_xlsx_mark_row);

/*
 * The row that the statement has come to.  Where its executor takes one at a
 * time all the way, this is the row at fault when it throws in the middle; where rows are
 * buffered on the way, it is no more than a hint.
 */
static int64 marked_row;

typedef struct UnnestState
{
	const Profile *profile;
	int64		task;
	SPIPlanPtr	plan;
	int			arguments;
} UnnestState;

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

void
save_unnest_source(StringInfo select, const Profile *profile, int i)
{
	const ProfileColumn *column = &profile->columns[i];
	char	   *fallback = default_expression(profile, column);

	if (fallback != NULL)
		appendStringInfoString(select, "coalesce(");
	if (column->class == COLUMN_OTHER)
		appendStringInfo(select, "CAST(u.c%d AS %s)", i, unnest_type_name(column->type));
	else
		appendStringInfo(select, "u.c%d", i);
	/* As SQL it may have lost its type: a row's, for one. */
	if (fallback != NULL)
		appendStringInfo(select, ", CAST(%s AS %s))", fallback, unnest_type_name(column->type));
}

char *
save_unnest_select(const Profile *profile)
{
	StringInfoData columns;
	StringInfoData select;

	initStringInfo(&columns);
	initStringInfo(&select);
	for (int i = 0; i < profile->count; i++)
	{
		const char *comma = i > 0 ? ", " : "";

		appendStringInfo(&columns, "%s%s", comma, quote_identifier(profile->columns[i].name));
		appendStringInfoString(&select, comma);
		save_unnest_source(&select, profile, i);
	}
	if (profile->task_attnum != InvalidAttrNumber)
	{
		appendStringInfo(&columns, ", %s", quote_identifier(get_attname(profile->target, profile->task_attnum, false)));
		appendStringInfo(&select, ", CAST($%d AS %s)", profile->count + 1, unnest_type_name(profile->task_type));
	}
	return psprintf("(%s) SELECT %s", columns.data, select.data);
}

char *
save_unnest_statement(const Profile *profile, Oid *types)
{
	char	   *schema = get_namespace_name(get_rel_namespace(profile->target));

	types[profile->count] = INT8OID;
	return psprintf("INSERT INTO %s %s FROM %s WHERE xlsx_private.mark_row(u.ord)",
					quote_qualified_identifier(schema, get_rel_name(profile->target)),
					save_unnest_select(profile), unnest_from(profile, types));
}

Datum
pg_xlsx_mark_row(PG_FUNCTION_ARGS)
{
	marked_row = PG_GETARG_INT64(0);
	PG_RETURN_BOOL(true);
}

static void *
unnest_create(const SaveTask *task)
{
	const Profile *profile = task->profile;
	MemoryContext life = CurrentMemoryContext;
	UnnestState *state = palloc0(sizeof(UnnestState));
	Oid		   *types = palloc(sizeof(Oid) * (size_t) (profile->count + 1));
	char	   *sql = save_unnest_statement(profile, types);

	state->profile = profile;
	state->task = task->task;
	state->arguments = profile->count + (profile->task_attnum != InvalidAttrNumber);
	SPI_connect();
	state->plan = query_prepare(sql, state->arguments, types, life);
	SPI_finish();
	return state;
}

static void
unnest_save(void *opaque, const PacketRows *rows, int first, int last, SaveOutcome *outcome)
{
	UnnestState *state = opaque;
	const Profile *profile = state->profile;
	Datum	   *arguments = palloc(sizeof(Datum) * (size_t) state->arguments);
	int64		inserted;
	int			result;

	for (int i = 0; i < profile->count; i++)
		arguments[i] = unnest_array(&profile->columns[i], rows, first, last, i);
	if (profile->task_attnum != InvalidAttrNumber)
		arguments[profile->count] = Int64GetDatum(state->task);
	marked_row = 0;
	SPI_connect();
	PG_TRY();
	{
		result = SPI_execute_plan(state->plan, arguments, NULL, false, 0);
	}
	PG_CATCH();
	{
		/* At the last row it may be the end of the statement that throws, for any of them. */
		if (last - first == 1)
			outcome->failed = first;
		else if (marked_row > 0 && marked_row < last - first)
			outcome->failed = first + (int) marked_row - 1;
		PG_RE_THROW();
	}
	PG_END_TRY();
	if (result < 0)
		elog(ERROR, "could not insert: %s", SPI_result_code_string(result));
	/* A rule may have made more rows of one. */
	inserted = Min((int64) SPI_processed, last - first);
	SPI_finish();
	outcome->counts.inserted += inserted;
	outcome->counts.skipped += last - first - inserted;
}

const SaveMethod save_unnest = {"unnest", unnest_create, unnest_save, NULL};
