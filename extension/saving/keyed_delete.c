/*
 * keyed_delete.c
 *	  Rows of the file that delete the rows of the target with their keys.
 */
#include "saving/keyed_delete.h"

#include "catalog/pg_type.h"
#include "kept/unnest.h"
#include "lib/stringinfo.h"
#include "pg/query.h"
#include "saving/insert_sql.h"
#include "saving/keyed_count.h"
#include "saving/keyed_look.h"
#include "saving/keyed_write.h"
#include "saving/undo_rows.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

typedef struct KeyedDelete
{
	MemoryContext context;		/* of the plan */
	SPIPlanPtr	plan;
	Oid		   *types;
	int64		batches;		/* so far */
	int64		plan_batches;	/* use the plan up to this number of batches */
} KeyedDelete;

/* Columns of the result */
enum
{
	RESULT_MET = 1,				/* places of rows whose key is there */
	RESULT_DELETED,				/* places of rows whose row was deleted, one for each row of the target */
	RESULT_OLD,					/* by those: the row as jsonb; NULL without undo */
	RESULT_RETURNED				/* by those: what is to be returned of it, as text */
};

/* The rows of the round with what their key reads, and ord. */
static char *
given(const KeyedState *state, Oid *types)
{
	const Profile *profile = state->task->profile;
	char	   *from = unnest_from(profile, types);
	StringInfoData select;

	initStringInfo(&select);
	for (int i = 0; i < profile->count; i++)
		if (state->key.reads[i])
			appendStringInfo(&select, "CAST(u.c%d AS %s) AS %c%d, ", i, unnest_type_name(profile->columns[i].type), keyed_has_own_form(profile, &state->key, i) ? 'd' : 'c', i);
	return keyed_given(state->task, &state->key, psprintf("SELECT %su.ord FROM %s", select.data, from));
}

static char *
statement(const KeyedState *state, Oid *types)
{
	const SaveTask *task = state->task;
	Oid			relation = task->profile->target;
	char	   *target = quote_qualified_identifier(get_namespace_name(get_rel_namespace(relation)), get_rel_name(relation));
	char	   *match = keyed_same_key(state);
	char	   *returned = state->tell != NULL ? tell_returned_sql(state->tell, "t") : NULL;

	return psprintf("WITH given AS MATERIALIZED (%s),"
					" met AS MATERIALIZED (SELECT DISTINCT g.ord FROM given AS g JOIN %s AS t ON %s),"
					" del AS (DELETE FROM %s AS t USING given AS g WHERE %s RETURNING g.ord, %s AS old, %s AS returned)"
					" SELECT ARRAY(SELECT ord FROM met), ARRAY(SELECT ord FROM del ORDER BY ord),"
					" ARRAY(SELECT old FROM del ORDER BY ord), ARRAY(SELECT returned FROM del ORDER BY ord)",
					given(state, types), target, match, target, match,
					task->undo ? keyed_row_texts(task->profile) : "NULL::pg_catalog.jsonb",
					returned != NULL ? returned : "NULL::pg_catalog.text");
}

/* As in by_key.c, a new plan is made whenever the number of batches has doubled. */
static KeyedDelete *
plan_batch(KeyedState *state)
{
	KeyedDelete *deletion = state->deletion;
	int			count = state->task->profile->count;
	MemoryContext life = GetMemoryChunkContext(state);

	if (deletion == NULL)
	{
		deletion = state->deletion = MemoryContextAllocZero(life, sizeof(KeyedDelete));
		deletion->context = AllocSetContextCreate(life, "pg_xlsx keyed delete", ALLOCSET_SMALL_SIZES);
		deletion->types = MemoryContextAlloc(life, sizeof(Oid) * (size_t) count);
	}
	if (deletion->plan == NULL || deletion->batches >= deletion->plan_batches)
	{
		deletion->plan = NULL;
		MemoryContextReset(deletion->context);
		deletion->plan = query_prepare_by_index(statement(state, deletion->types), count, deletion->types, deletion->context);
		deletion->plan_batches = Max(1, 2 * deletion->batches);
	}
	deletion->batches++;
	return deletion;
}

static int
result_items(int column, Oid element, Datum **items, bool **nulls)
{
	bool		null;
	Datum		array = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column, &null);
	int16		length;
	bool		by_value;
	char		alignment;
	int			count;

	get_typlenbyvalalign(element, &length, &by_value, &alignment);
	deconstruct_array(DatumGetArrayTypeP(array), element, length, by_value, alignment, items, nulls, &count);
	return count;
}

static void
keep_undo(const KeyedState *state, const Round *round, const Datum *places, int count)
{
	UndoRow    *rows = palloc0(sizeof(UndoRow) * (size_t) Max(count, 1));
	Datum	   *old;
	bool	   *nulls;

	if (result_items(RESULT_OLD, JSONBOID, &old, &nulls) != count)
		elog(ERROR, "rows before and after deleting by key do not agree");
	for (int i = 0; i < count; i++)
		rows[i] = (UndoRow) {
			.row = (int32) round->rows->sheet_rows[keyed_row_of_place(round, places[i])],.old = old[i],.old_null = nulls[i],.new_null = true
		};
	undo_rows_keep(state->task->task, rows, count);
}

static void
tell(const Round *round, const Datum *met, int met_count, const Datum *deleted, int deleted_count, RowFates *fates)
{
	Datum	   *returned;
	bool	   *nulls;

	if (fates == NULL)
		return;
	row_fates_set(fates, round->first, round->last, ROW_UNCHANGED);
	for (int i = 0; i < met_count; i++)
		fates->rows[keyed_row_of_place(round, met[i])].action = ROW_SKIPPED;
	if (result_items(RESULT_RETURNED, TEXTOID, &returned, &nulls) != deleted_count)
		elog(ERROR, "deleted rows and what they return do not agree");
	for (int i = 0; i < deleted_count; i++)
	{
		RowFate    *fate = &fates->rows[keyed_row_of_place(round, deleted[i])];

		fate->action = ROW_DELETED;
		if (!nulls[i])
			fate->returned = row_fates_text(fates, returned[i]);
	}
}

void
keyed_delete(KeyedState *state, const Round *round, SaveOutcome *outcome)
{
	const Profile *profile = state->task->profile;
	KeyedDelete *deletion = plan_batch(state);
	Datum	   *arguments = palloc(sizeof(Datum) * (size_t) profile->count);
	Datum	   *met;
	Datum	   *deleted;
	int			met_count;
	int			deleted_count;
	int			rows = 0;

	for (int i = 0; i < profile->count; i++)
		arguments[i] = unnest_array(&profile->columns[i], round->rows, round->first, round->last, i);
	if (SPI_execute_plan(deletion->plan, arguments, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not delete by key");
	met_count = result_items(RESULT_MET, INT8OID, &met, NULL);
	deleted_count = result_items(RESULT_DELETED, INT8OID, &deleted, NULL);
	for (int i = 0; i < deleted_count; i++)
		rows += i == 0 || DatumGetInt64(deleted[i]) != DatumGetInt64(deleted[i - 1]);
	outcome->counts.deleted += rows;
	outcome->counts.skipped += met_count - rows;
	outcome->counts.unchanged += round->last - round->first - met_count;
	tell(round, met, met_count, deleted, deleted_count, outcome->fates);
	if (state->task->undo)
		keep_undo(state, round, deleted, deleted_count);
}
