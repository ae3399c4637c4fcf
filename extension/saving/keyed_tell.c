/*
 * keyed_tell.c
 *	  What is kept of each row that is saved by key.
 */
#include "saving/keyed_tell.h"

#include "catalog/pg_type.h"
#include "pg/query.h"
#include "saving/keyed_count.h"
#include "saving/save_mode.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

/* An update sets some column: then the statement may have held and upd. */
static bool
keeps_changes(const KeyedState *state)
{
	bool		updates = false;

	for (int i = 0; i < state->task->profile->count; i++)
		updates = updates || state->is_updated[i];
	return state->task->keep_changes && save_mode(state->task->mode)->updates && updates;
}

/* The present values of the columns that an update sets, as "was". */
static const char *
old_values(const KeyedState *state)
{
	return keeps_changes(state) ? psprintf(", %s AS was", tell_values_sql(state->task->profile, state->is_updated, "t")) : "";
}

const char *
keyed_told_look(const KeyedState *state, const char *found)
{
	if (state->tell == NULL)
		return "";
	return psprintf(", CASE WHEN %s THEN %s END AS returned%s", found, tell_returned_sql(state->tell, "t"), old_values(state));
}

const char *
keyed_told_old(const KeyedState *state)
{
	return state->tell == NULL ? "" : old_values(state);
}

const char *
keyed_told_update(const KeyedState *state, bool holds)
{
	if (state->tell == NULL)
		return "";
	return psprintf(", %s AS returned%s", tell_returned_sql(state->tell, "t"), !keeps_changes(state) ? "" :
					psprintf(", %s.was, %s AS is_now", holds ? "h" : "g",
							 tell_values_sql(state->task->profile, state->is_updated, "t")));
}

const char *
keyed_told_insert(const KeyedState *state)
{
	if (state->tell == NULL)
		return "";
	return psprintf(", xlsx_private.marked_row() AS place, %s AS returned", tell_returned_sql(state->tell, "t"));
}

/* Each array of a part is in the order of its rows: all of them are scans of the same rows, which are kept. */
void
keyed_told_result(StringInfo sql, const KeyedState *state, bool updates, bool inserts)
{
	if (state->tell == NULL)
		return;
	appendStringInfoString(sql, ", ARRAY(SELECT ord FROM looked WHERE found) AS told_found"
						   ", ARRAY(SELECT returned FROM looked WHERE found) AS told_found_returned"
						   ", ARRAY(SELECT ord FROM looked WHERE found AND differs) AS told_different");
	if (inserts)
		appendStringInfoString(sql, ", ARRAY(SELECT ord FROM looked WHERE NOT found AND lacks) AS told_lacking");
	if (inserts)
		appendStringInfoString(sql, ", ARRAY(SELECT place FROM ins) AS told_inserted"
							   ", ARRAY(SELECT returned FROM ins) AS told_inserted_returned");
	if (updates)
		appendStringInfoString(sql, ", ARRAY(SELECT ord FROM upd) AS told_updated"
							   ", ARRAY(SELECT returned FROM upd) AS told_updated_returned");
	if (updates && keeps_changes(state))
		appendStringInfoString(sql, ", ARRAY(SELECT was FROM upd) AS told_was"
							   ", ARRAY(SELECT is_now FROM upd) AS told_now");
}

/* Elements of a column of the result. Returns their number, 0 when there is no such column. */
static int
told_array(const char *name, Oid element, Datum **items, bool **nulls)
{
	int			column = SPI_fnumber(SPI_tuptable->tupdesc, name);
	bool		null;
	Datum		array;
	int16		length;
	bool		by_value;
	char		alignment;
	int			count;

	if (column <= 0)
		return 0;
	array = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column, &null);
	if (null)
		return 0;
	get_typlenbyvalalign(element, &length, &by_value, &alignment);
	deconstruct_array(DatumGetArrayTypeP(array), element, length, by_value, alignment, items, nulls, &count);
	return count;
}

/* Sets the action of the rows at the places in a column, and what they return. Returns their number. */
static int
tell_rows(const Round *round, RowFates *fates, const char *name, RowAction action, Datum **places)
{
	char	   *returned_name = psprintf("%s_returned", name);
	Datum	   *returned;
	bool	   *nulls;
	bool	   *returned_nulls;
	int			count = told_array(name, INT8OID, places, &nulls);
	int			returned_count = told_array(returned_name, TEXTOID, &returned, &returned_nulls);

	for (int i = 0; i < count; i++)
	{
		RowFate    *fate = &fates->rows[keyed_row_of_place(round, (*places)[i])];

		fate->action = action;
		if (i < returned_count && !returned_nulls[i])
			fate->returned = row_fates_text(fates, returned[i]);
	}
	return count;
}

static void
tell_updates(const KeyedState *state, const Round *round, RowFates *fates)
{
	Datum	   *places;
	Datum	   *was;
	Datum	   *is_now;
	bool	   *was_nulls;
	bool	   *now_nulls;
	int			count = tell_rows(round, fates, "told_updated", ROW_UPDATED, &places);
	int			values = told_array("told_was", TEXTOID, &was, &was_nulls);
	int			columns = count > 0 ? values / count : 0;

	if (values == 0 || told_array("told_now", TEXTOID, &is_now, &now_nulls) != values)
		return;
	for (int i = 0; i < count; i++)
		tell_changes(state->task->profile, state->is_updated, was + columns * i, was_nulls + columns * i,
					 is_now + columns * i, now_nulls + columns * i, fates, keyed_row_of_place(round, places[i]));
}

void
keyed_tell(const KeyedState *state, const Round *round, RowFates *fates)
{
	const SaveModeFacts *mode = save_mode(state->task->mode);
	Datum	   *places;

	if (fates == NULL)
		return;
	for (int place = 1; place <= round->last - round->first; place++)
		fates->rows[keyed_row_of_place(round, Int64GetDatum(place))] = (RowFate) {.action = mode->inserts ? ROW_SKIPPED : ROW_NONE};
	(void) tell_rows(round, fates, "told_found", mode->updates ? ROW_UNCHANGED : ROW_SKIPPED, &places);
	(void) tell_rows(round, fates, "told_different", ROW_SKIPPED, &places);
	(void) tell_rows(round, fates, "told_inserted", ROW_INSERTED, &places);
	if (mode->inserts)
		(void) tell_rows(round, fates, "told_lacking", ROW_NONE, &places);
	tell_updates(state, round, fates);
}
