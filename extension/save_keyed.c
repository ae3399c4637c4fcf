/*
 * save_keyed.c
 *	  Rows whose key may be in the target already: upsert, skip, update.
 *
 * One statement a batch looks for the keys, updates what differs and inserts
 * what is new, by plain SQL, so it is right for any target.  It sees one
 * snapshot, so a key that comes twice in a batch is not for it: it throws, and
 * the batch is halved until they are apart; the later row wins.
 */
#include "save.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_index.h"
#include "catalog/pg_type.h"
#include "commands/sequence.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "owner.h"
#include "owner_rows.h"
#include "query.h"
#include "unnest.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

typedef struct KeyedState
{
	const SaveTask *task;
	bool	   *is_key;			/* by profile column */
	bool	   *is_updated;
	char	   *sql;
	Oid		   *types;
	int			arguments;
	MemoryContext plan_context;
	SPIPlanPtr	plan;			/* in it; NULL: not made */
	int64		batches;		/* saved so far */
	int64		plan_batches;	/* for so many the plan will do */
} KeyedState;

/* Columns of the result. */
enum
{
	RESULT_DUPLICATES = 1,		/* keys that come twice */
	RESULT_INSERTED,
	RESULT_UPDATED,
	RESULT_FOUND,				/* places in the batch whose key was there */
	RESULT_UNDO_PLACES,			/* of the rows written, 0 for one inserted; with undo only */
	RESULT_UNDO_OLD,			/* as jsonb, NULL for one inserted */
	RESULT_UNDO_NEW
};

/*
 * The key
 */

static bool
same_columns(const Profile *profile, const KeyedState *state, const Form_pg_index index)
{
	int			keys = 0;

	for (int i = 0; i < profile->count; i++)
		keys += state->is_key[i];
	if (index->indnkeyatts != keys)
		return false;
	for (int k = 0; k < index->indnkeyatts; k++)
	{
		bool		found = false;

		for (int i = 0; i < profile->count; i++)
			found = found || (state->is_key[i] && profile->columns[i].attnum == index->indkey.values[k]);
		if (!found)
			return false;
	}
	return true;
}

/* Marks the columns of an index as the key; false when the profile lacks one. */
static bool
take_index(const Profile *profile, KeyedState *state, const Form_pg_index index)
{
	memset(state->is_key, 0, (size_t) profile->count);
	for (int k = 0; k < index->indnkeyatts; k++)
	{
		bool		found = false;

		for (int i = 0; i < profile->count && !found; i++)
			if (profile->columns[i].attnum == index->indkey.values[k])
				found = state->is_key[i] = true;
		if (!found)
			return false;
	}
	return true;
}

/*
 * Finds the primary key, or the only unique index over imported columns; or,
 * where the profile names a key, a unique index over just that.
 */
static bool
find_index(const Profile *profile, KeyedState *state, bool named)
{
	Relation	target = table_open(profile->target, AccessShareLock);
	List	   *indexes = RelationGetIndexList(target);
	ListCell   *cell;
	Oid			chosen = InvalidOid;
	bool		ambiguous = false;

	foreach(cell, indexes)
	{
		Relation	index = index_open(lfirst_oid(cell), AccessShareLock);
		Form_pg_index form = index->rd_index;
		bool		usable = form->indisunique && form->indisvalid && RelationGetIndexPredicate(index) == NIL &&
			RelationGetIndexExpressions(index) == NIL;

		if (usable && (named ? same_columns(profile, state, form) : take_index(profile, state, form)))
		{
			ambiguous = OidIsValid(chosen) && !form->indisprimary;
			if (!OidIsValid(chosen) || form->indisprimary)
				chosen = lfirst_oid(cell);
			if (form->indisprimary)
			{
				index_close(index, NoLock);
				ambiguous = false;
				break;
			}
		}
		index_close(index, NoLock);
	}
	if (!named && OidIsValid(chosen))
	{
		Relation	index = index_open(chosen, AccessShareLock);

		(void) take_index(profile, state, index->rd_index);
		index_close(index, NoLock);
	}
	table_close(target, NoLock);
	return OidIsValid(chosen) && !ambiguous;
}

static void
find_key(KeyedState *state)
{
	const Profile *profile = state->task->profile;
	bool		table = get_rel_relkind(profile->target) == RELKIND_RELATION ||
		get_rel_relkind(profile->target) == RELKIND_PARTITIONED_TABLE;

	for (int k = 0; k < profile->key.count; k++)
	{
		int			column = profile_column_index(profile, profile->key.items[k]);

		if (column < 0)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("key column \"%s\" is not imported by profile \"%s\"", profile->key.items[k], profile->name)));
		state->is_key[column] = true;
	}
	if (profile->key.count > 0 && (!table || find_index(profile, state, true)))
		return;
	if (profile->key.count > 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_COLUMN_REFERENCE),
				 errmsg("key of profile \"%s\" is not unique in \"%s\"", profile->name, get_rel_name(profile->target)),
				 errhint("Make a unique index over just these columns.")));
	if (!table || !find_index(profile, state, false))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_COLUMN_REFERENCE),
				 errmsg("profile \"%s\" has no key to look for", profile->name),
				 errhint("Name one with xlsx.alter_profile(…, key_columns => …).")));
}

/* What an update changes: the columns that the sheet has, without the key; or those of them that the profile names. */
static void
find_updates(KeyedState *state)
{
	const Profile *profile = state->task->profile;

	for (int i = 0; i < profile->count; i++)
	{
		const ProfileColumn *column = &profile->columns[i];
		bool		named = profile->updates.count == 0;

		for (int k = 0; k < profile->updates.count; k++)
			named = named || strcmp(profile->updates.items[k], column->name) == 0;
		state->is_updated[i] = named && !state->is_key[i] &&
			(column->source != SOURCE_CELL || state->task->source[i] > 0 || column->default_value != NULL);
	}
}

/*
 * The statement
 */

static bool
has_equality(Oid type)
{
	return OidIsValid(lookup_type_cache(type, TYPECACHE_EQ_OPR)->eq_opr);
}

/* "t.a IS DISTINCT FROM g.c1 OR ...", or false when nothing would change */
static char *
difference(const KeyedState *state)
{
	const Profile *profile = state->task->profile;
	StringInfoData sql;

	initStringInfo(&sql);
	for (int i = 0; i < profile->count; i++)
	{
		const char *cast = has_equality(profile->columns[i].type) ? "" : "::text";

		if (state->is_updated[i])
			appendStringInfo(&sql, "%st.%s%s IS DISTINCT FROM g.c%d%s", sql.len > 0 ? " OR " : "",
							 quote_identifier(profile->columns[i].name), cast, i, cast);
	}
	return sql.len > 0 ? sql.data : "false";
}

/* "a = g.c0, ..." with an item for each column that is chosen: before, name, between, its value in "g". */
static char *
list_columns(const Profile *profile, const bool *chosen, const char *separator, const char *before, const char *between)
{
	StringInfoData sql;

	initStringInfo(&sql);
	for (int i = 0; i < profile->count; i++)
		if (chosen[i])
			appendStringInfo(&sql, "%s%s%s%sg.c%d", sql.len > 0 ? separator : "", before,
							 quote_identifier(profile->columns[i].name), between, i);
	return sql.data;
}

/*
 * given: the batch with its types, and the target's defaults in blank cells,
 * so that a file which is imported again finds nothing to update.
 */
static char *
given(const Profile *profile, Oid *types)
{
	char	   *from = unnest_from(profile, types);
	StringInfoData select;

	initStringInfo(&select);
	for (int i = 0; i < profile->count; i++)
	{
		appendStringInfoString(&select, "CAST(");
		save_unnest_source(&select, profile, i);
		appendStringInfo(&select, " AS %s) AS c%d, ", unnest_type_name(profile->columns[i].type), i);
	}
	return psprintf("SELECT %su.ord FROM %s", select.data, from);
}

static char *
insertion(const KeyedState *state, const char *target)
{
	return psprintf("INSERT INTO %s AS t %s FROM looked AS u WHERE NOT u.found RETURNING %s",
					target, save_unnest_select(state->task->profile),
					state->task->undo ? "0::bigint AS ord, NULL::jsonb AS old, pg_catalog.to_jsonb(t) AS new" : "1");
}

static char *
keyed_statement(const KeyedState *state, Oid *types)
{
	const SaveTask *task = state->task;
	const Profile *profile = task->profile;
	char	   *target = quote_qualified_identifier(get_namespace_name(get_rel_namespace(profile->target)),
													get_rel_name(profile->target));
	char	   *match = list_columns(profile, state->is_key, " AND ", "t.", " = ");
	char	   *sets = list_columns(profile, state->is_updated, ", ", "", " = ");
	bool		updates = task->mode != MODE_SKIP && sets[0] != '\0';
	bool		inserts = task->mode != MODE_UPDATE;
	StringInfoData sql;
	StringInfoData keys;
	const char *found = NULL;

	initStringInfo(&sql);
	initStringInfo(&keys);
	for (int i = 0; i < profile->count; i++)
	{
		if (!state->is_key[i])
			continue;
		appendStringInfo(&keys, "%sg.c%d", keys.len > 0 ? ", " : "", i);
		found = quote_identifier(profile->columns[i].name);	/* not null in a row that equals another in it */
	}
	appendStringInfo(&sql, "WITH given AS MATERIALIZED (%s),", given(profile, types));
	appendStringInfo(&sql, " twice AS (SELECT FROM given AS g GROUP BY %s HAVING pg_catalog.count(*) > 1),", keys.data);
	appendStringInfo(&sql, " looked AS MATERIALIZED (SELECT g.*, t.%s IS NOT NULL AS found, (%s) AS differs%s"
					 " FROM given AS g LEFT JOIN %s AS t ON %s)", found,
					 updates ? difference(state) : "false", task->undo && updates ? ", pg_catalog.to_jsonb(t) AS old" : "",
					 target, match);
	if (updates)
		appendStringInfo(&sql, ", upd AS (UPDATE %s AS t SET %s FROM looked AS g"
						 " WHERE g.found AND g.differs AND NOT EXISTS (SELECT FROM twice) AND %s RETURNING %s)", target, sets,
						 match, task->undo ? "g.ord, g.old, pg_catalog.to_jsonb(t) AS new" : "1");
	if (inserts)
		appendStringInfo(&sql, ", ins AS (%s)", insertion(state, target));
	appendStringInfo(&sql, " SELECT (SELECT pg_catalog.count(*) FROM twice), %s, %s,"
					 " ARRAY(SELECT DISTINCT ord FROM looked WHERE found)",
					 inserts ? "(SELECT pg_catalog.count(*) FROM ins)" : "0::bigint",
					 updates ? "(SELECT pg_catalog.count(*) FROM upd)" : "0::bigint");
	if (task->undo)
		appendStringInfo(&sql, ", w.places, w.old, w.new FROM (SELECT pg_catalog.array_agg(ord) AS places,"
						 " pg_catalog.array_agg(old) AS old, pg_catalog.array_agg(new) AS new FROM (%s%s%s) AS u) AS w",
						 inserts ? "SELECT ord, old, new FROM ins" : "", inserts && updates ? " UNION ALL " : "",
						 updates ? "SELECT ord, old, new FROM upd" : "");
	return sql.data;
}

static void *
keyed_create(const SaveTask *task)
{
	const Profile *profile = task->profile;
	KeyedState *state = palloc0(sizeof(KeyedState));

	state->task = task;
	state->is_key = palloc0((size_t) profile->count);
	state->is_updated = palloc0((size_t) profile->count);
	find_key(state);
	find_updates(state);
	state->types = palloc(sizeof(Oid) * (size_t) (profile->count + 1));
	state->types[profile->count] = INT8OID;
	state->arguments = profile->count + (profile->task_attnum != InvalidAttrNumber && task->mode != MODE_UPDATE);
	state->sql = keyed_statement(state, state->types);
	state->plan_context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx keyed plan", ALLOCSET_SMALL_SIZES);
	return state;
}

/*
 * The target may have been empty when the plan was made, and the planner
 * thinks that it still is: after as many batches as before it looks anew.
 */
static void
plan_batch(KeyedState *state)
{
	if (state->plan != NULL && state->batches < state->plan_batches)
		return;
	state->plan = NULL;
	MemoryContextReset(state->plan_context);
	state->plan = query_prepare_by_index(state->sql, state->arguments, state->types, state->plan_context);
	state->plan_batches = Max(1, 2 * state->batches);
}

/*
 * A batch
 */

static int64
result_count(int column)
{
	bool		null;

	return DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column, &null));
}

/* Marks what update did not find; returns how many rows were found. */
static int
take_found(const KeyedState *state, int first, int last, SaveOutcome *outcome)
{
	bool		null;
	Datum		array = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, RESULT_FOUND, &null);
	Datum	   *places;
	int			count;

	deconstruct_array(DatumGetArrayTypeP(array), INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &places, NULL, &count);
	if (state->task->mode != MODE_UPDATE)
		return count;
	while (!state->is_key[outcome->key_column])
		outcome->key_column++;
	for (int row = first; row < last; row++)
		outcome->bad[row] = true;
	for (int i = 0; i < count; i++)
		outcome->bad[first + DatumGetInt64(places[i]) - 1] = false;
	return count;
}

/*
 * What xlsx.undo needs
 */

/* Elements of an array of the result; none where that is NULL. */
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

/*
 * Written straight: a foreign key would be checked row by row, each time
 * with a lock on the row of the task, which a subtransaction adds to those of all before.
 */
static void
keep_undo(const KeyedState *state, const PacketRows *rows, int first)
{
	Relation	relation = owner_rows_open("undo_row", RowExclusiveLock);
	Oid			sequence = owner_table("undo_row_no_seq");
	Datum	   *places;
	Datum	   *old;
	Datum	   *new;
	bool	   *old_null;
	int			count = result_array(RESULT_UNDO_PLACES, INT8OID, &places, NULL);
	HeapTuple  *tuples = palloc(sizeof(HeapTuple) * (size_t) Max(count, 1));

	result_array(RESULT_UNDO_OLD, JSONBOID, &old, &old_null);
	result_array(RESULT_UNDO_NEW, JSONBOID, &new, NULL);
	for (int i = 0; i < count; i++)
	{
		int64		place = DatumGetInt64(places[i]);
		int32		number = place > 0 ? (int32) rows->sheet_rows[first + place - 1] : 0;
		Datum		values[] = {
			Int64GetDatum(nextval_internal(sequence, false)), Int64GetDatum(state->task->task), Int32GetDatum(number), old[i], new[i]
		};
		bool		nulls[lengthof(values)] = {false, false, false, old_null[i], false};

		tuples[i] = heap_form_tuple(RelationGetDescr(relation), values, nulls);
	}
	owner_rows_insert(relation, tuples, count);
	owner_rows_close(relation);
}

static void
keyed_save(void *opaque, const PacketRows *rows, int first, int last, SaveOutcome *outcome)
{
	KeyedState *state = opaque;
	const Profile *profile = state->task->profile;
	Datum	   *arguments = palloc(sizeof(Datum) * (size_t) (profile->count + 1));
	SaveCounts *counts = &outcome->counts;
	int			found;

	for (int i = 0; i < profile->count; i++)
		arguments[i] = unnest_array(&profile->columns[i], rows, first, last, i);
	arguments[profile->count] = Int64GetDatum(state->task->task);
	SPI_connect();
	plan_batch(state);
	state->batches++;
	if (SPI_execute_plan(state->plan, arguments, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not save by key");
	if (last - first > 1 && result_count(RESULT_DUPLICATES) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_CARDINALITY_VIOLATION),
				 errmsg("a key comes twice in one batch")));
	counts->inserted += result_count(RESULT_INSERTED);
	counts->updated += result_count(RESULT_UPDATED);
	found = take_found(state, first, last, outcome);
	if (state->task->mode == MODE_SKIP)
		counts->skipped += found;
	else
		counts->unchanged += found - result_count(RESULT_UPDATED);
	if (state->task->undo)
		keep_undo(state, rows, first);
	SPI_finish();
}

const SaveMethod save_keyed = {"keyed", keyed_create, keyed_save, NULL};
