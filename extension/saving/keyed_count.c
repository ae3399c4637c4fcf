/*
 * keyed_count.c
 *	  Counts what became of the rows of a round, and keeps what xlsx.undo needs.
 */
#include "saving/keyed_count.h"

#include "catalog/pg_type.h"
#include "pg/query.h"
#include "saving/keyed_doubt.h"
#include "saving/keyed_tell.h"
#include "saving/save_mode.h"
#include "saving/undo_rows.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/*
 * Columns of the result. They count rows of the batch, even where one of them meets several rows
 * of the target.
 */
enum
{
	RESULT_DUPLICATES = 1,		/* keys that come twice */
	RESULT_INSERTED,
	RESULT_UPDATED,
	RESULT_DIFFERENT,			/* found, and to be updated */
	RESULT_FOUND,				/* places in the batch whose key was there */
	RESULT_GONE,				/* places of rows that differ and could not be locked */
	RESULT_LACKING,				/* places of new rows that lack a value */
	RESULT_DOUBT_PLACES,		/* of rows in doubt, which are found and not to be updated */
	RESULT_DOUBT_PARTS,
	RESULT_DOUBT_SPOTS,
	RESULT_UNDO_PLACES,			/* of the rows written, 0 for one inserted; with undo only */
	RESULT_UNDO_OLD,			/* as jsonb, NULL for one inserted */
	RESULT_UNDO_NEW
};

void
keyed_result(StringInfo sql, const KeyedState *state, bool updates, bool inserts, bool holds)
{
	appendStringInfo(sql, " SELECT (SELECT pg_catalog.count(*) FROM twice), %s, %s, %s,"
					 " ARRAY(SELECT DISTINCT ord FROM looked WHERE found), %s, ARRAY(SELECT ord FROM looked WHERE NOT found AND lacks)",
					 inserts ? "(SELECT pg_catalog.count(*) FROM ins)" : "0::bigint",
					 updates ? "(SELECT pg_catalog.count(DISTINCT ord) FROM upd)" : "0::bigint",
					 updates ? "(SELECT pg_catalog.count(DISTINCT ord) FROM looked WHERE found AND differs)" : "0::bigint",
					 updates && holds ? "ARRAY(SELECT ord FROM looked WHERE found AND differs EXCEPT SELECT ord FROM held)" :
					 "'{}'::bigint[]");
	appendStringInfoString(sql, ", d.places, d.parts, d.spots");
	if (state->task->undo)
		appendStringInfoString(sql, ", w.places, w.old, w.new");
	keyed_told_result(sql, state, updates, inserts);
	appendStringInfoString(sql, " FROM (SELECT pg_catalog.array_agg(ord ORDER BY ord) AS places, pg_catalog.array_agg(part ORDER BY ord) AS parts,"
						   " pg_catalog.array_agg(spot ORDER BY ord) AS spots FROM looked WHERE found AND NOT coalesce(differs, false)"
						   " AND spot IS NOT NULL) AS d");
	if (state->task->undo)
		appendStringInfo(sql, ", (SELECT pg_catalog.array_agg(ord) AS places,"
						 " pg_catalog.array_agg(old) AS old, pg_catalog.array_agg(new) AS new FROM (%s%s%s) AS u) AS w",
						 inserts ? "SELECT ord, old, new FROM ins" : "", inserts && updates ? " UNION ALL " : "",
						 updates ? "SELECT ord, old, new FROM upd" : "");
}

int
keyed_row_of_place(const Round *round, Datum place)
{
	int			row = round->first + (int) query_index(place, false, round->last - round->first);

	return round->index != NULL ? round->index[row] : row;
}

static int64
result_count(int column)
{
	bool		null;

	return DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column, &null));
}

/* Elements of an array in the result. Returns their number, 0 when the array is NULL. */
static int
result_array(int column, Oid element, Datum **items, bool **nulls)
{
	bool		null;
	Datum		array = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column, &null);
	int16		length;
	bool		by_value;
	char		alignment;
	int			count;

	if (null)
		return 0;
	get_typlenbyvalalign(element, &length, &by_value, &alignment);
	deconstruct_array(DatumGetArrayTypeP(array), element, length, by_value, alignment, items, nulls, &count);
	return count;
}

int64
keyed_duplicates(void)
{
	return result_count(RESULT_DUPLICATES);
}

bool
keyed_all_updated(void)
{
	return result_count(RESULT_UPDATED) >= result_count(RESULT_DIFFERENT);
}

/*
 * Writes the places of rows in doubt that are gone now to gone, each once, and returns their
 * number.
 */
static int
take_vanished(const KeyedState *state, const Round *round, int *gone)
{
	Datum	   *places;
	Datum	   *parts;
	Datum	   *spots;
	int			count = result_array(RESULT_DOUBT_PLACES, INT8OID, &places, NULL);
	int			vanished = 0;
	/* Where rows are left as they are, only their keys count. */
	bool		keys_only = !save_mode(state->task->mode)->updates && save_key_is_plain(&state->key);

	if (result_array(RESULT_DOUBT_PARTS, OIDOID, &parts, NULL) != count ||
		result_array(RESULT_DOUBT_SPOTS, TIDOID, &spots, NULL) != count)
		elog(ERROR, "rows in doubt and their places do not agree");
	for (int i = 0; i < count; i++)
	{
		int			row = keyed_row_of_place(round, places[i]);

		if ((vanished == 0 || gone[vanished - 1] != row) &&
			!keyed_doubt_clear(DatumGetObjectId(parts[i]), (ItemPointer) DatumGetPointer(spots[i]), keys_only))
			gone[vanished++] = row;
	}
	return vanished;
}

static bool
is_among(const int *rows, int count, int row)
{
	for (int i = 0; i < count; i++)
		if (rows[i] == row)
			return true;
	return false;
}

/* Marks the rows at the places in a column of the result as bad, or as not bad. Returns their number. */
static int
mark(const Round *round, int column, bool bad, SaveOutcome *outcome)
{
	Datum	   *places;
	int			count = result_array(column, INT8OID, &places, NULL);

	for (int i = 0; i < count; i++)
		outcome->bad[keyed_row_of_place(round, places[i])] = bad;
	return count;
}

/*
 * Marks the rows that cannot be saved: those that were not found in a mode that does not insert,
 * in others those that are new and lack a value. Returns how many rows were found; *lacking gets
 * the number of the latter.
 */
static int
mark_bad_rows(const KeyedState *state, const Round *round, SaveOutcome *outcome, int *lacking)
{
	bool		inserts = save_mode(state->task->mode)->inserts;
	int			found;

	outcome->key_column = state->key.first;
	for (int place = 1; place <= round->last - round->first; place++)
		outcome->bad[keyed_row_of_place(round, Int64GetDatum(place))] = !inserts;
	found = mark(round, RESULT_FOUND, false, outcome);
	*lacking = inserts ? mark(round, RESULT_LACKING, true, outcome) : 0;
	return found;
}

static void
keep_undo(const KeyedState *state, const Round *round)
{
	Datum	   *places;
	Datum	   *old;
	Datum	   *new;
	bool	   *old_null;
	int			count = result_array(RESULT_UNDO_PLACES, INT8OID, &places, NULL);
	UndoRow    *rows = palloc0(sizeof(UndoRow) * (size_t) Max(count, 1));

	if (result_array(RESULT_UNDO_OLD, JSONBOID, &old, &old_null) != count ||
		result_array(RESULT_UNDO_NEW, JSONBOID, &new, NULL) != count)
		elog(ERROR, "rows before and after saving by key do not agree");
	for (int i = 0; i < count; i++)
	{
		/* 0: the row was inserted */
		int32		number = DatumGetInt64(places[i]) == 0 ? 0 :
			(int32) round->rows->sheet_rows[round->first + query_index(places[i], false, round->last - round->first)];

		rows[i] = (UndoRow) {.row = number,.old = old[i],.old_null = old_null[i],.new = new[i]};
	}
	undo_rows_keep(state->task->task, rows, count);
}

int
keyed_count(KeyedState *state, const Round *round, SaveOutcome *outcome, int *gone)
{
	SaveCounts *counts = &outcome->counts;
	const SaveModeFacts *mode = save_mode(state->task->mode);
	int64		missing;
	int64		inserted;
	int			found;
	int			lacking;
	Datum	   *places;
	int			gone_count;
	int			vanished;
	int			more = 0;

	found = mark_bad_rows(state, round, outcome, &lacking);
	missing = round->last - round->first - found - lacking;
	inserted = Min(result_count(RESULT_INSERTED), missing);
	vanished = take_vanished(state, round, gone);
	gone_count = result_array(RESULT_GONE, INT8OID, &places, NULL);
	state->vanished = vanished;
	/* Where tables inherit, one key may meet several rows. */
	for (int i = 0; i < gone_count; i++)
		if (!is_among(gone, vanished, keyed_row_of_place(round, places[i])))
			gone[vanished + more++] = keyed_row_of_place(round, places[i]);
	counts->inserted += inserted;
	counts->updated += result_count(RESULT_UPDATED);
	if (mode->inserts)
		counts->skipped += missing - inserted;
	if (mode->updates)
		counts->unchanged += found - vanished - result_count(RESULT_DIFFERENT);
	else
		counts->skipped += found - vanished;
	counts->skipped += result_count(RESULT_DIFFERENT) - result_count(RESULT_UPDATED) - gone_count;
	if (state->task->undo)
		keep_undo(state, round);
	return vanished + more;
}
