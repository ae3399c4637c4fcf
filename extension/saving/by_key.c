/*
 * by_key.c
 *	  Saves rows whose key may be in the target already: modes upsert, skip and update.
 *
 * One statement per batch looks for the keys, updates rows that differ and inserts new ones. It
 * is plain SQL, so it is right for any target. The statement sees one snapshot, so it cannot
 * handle a key that comes twice in the batch. It throws then, and the batch is halved until the
 * two are apart. The later row wins.
 *
 * When a row differs and was not updated, either somebody has deleted it meanwhile, or a trigger
 * or policy left it out. To know which, the statement has a second form, which locks such rows
 * before it updates them. A row that cannot be locked is gone, and is looked for again. The form
 * without locks is used until a row is lost for the first time; that statement is then undone.
 */
#include "saving/method.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "commands/sequence.h"
#include "kept/unnest.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "pg/query.h"
#include "saving/insert_sql.h"
#include "saving/key.h"
#include "saving/save_mode.h"
#include "tables/owner.h"
#include "tables/private_rows.h"
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
	SaveKey		key;
	bool		may_hold;		/* rows of the target can be locked */
	bool		holds;			/* rows that differ are locked first */
	Oid		   *types;
	int			arguments;
	MemoryContext plan_context;
	SPIPlanPtr	plan;			/* in plan_context; NULL: not made yet */
	bool		plan_holds;		/* the plan is that of the form with locks */
	int64		batches;		/* saved so far */
	int64		plan_batches;	/* use the plan up to this number of batches */
} KeyedState;

/*
 * How often a row is looked for that is gone when it is to be locked. After that, a policy must
 * be hiding it.
 */
#define MAX_ROUNDS 5

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
	RESULT_UNDO_PLACES,			/* of the rows written, 0 for one inserted; with undo only */
	RESULT_UNDO_OLD,			/* as jsonb, NULL for one inserted */
	RESULT_UNDO_NEW
};

/*
 * The statement
 */

/*
 * "t.a OPERATOR(pg_catalog.=) g.c1": the equality operator of the type, independent of
 * search_path. A type without one is compared as text, where as_text allows it.
 */
static char *
equality(const ProfileColumn *column, int i, bool as_text)
{
	Oid			operator = lookup_type_cache(column->type, TYPECACHE_EQ_OPR)->eq_opr;
	bool		has_operator = OidIsValid(operator);
	const char *cast = has_operator ? "" : "::pg_catalog.text";
	Oid			type = has_operator ? column->type : TEXTOID;
	StringInfoData sql;

	if (!has_operator && !as_text)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("could not identify an equality operator for type %s", format_type_be(column->type))));
	initStringInfo(&sql);
	generate_operator_clause(&sql, psprintf("t.%s%s", quote_identifier(column->name), cast), type,
							 has_operator ? operator : TextEqualOperator, psprintf("g.c%d%s", i, cast), type);
	return sql.data;
}

/*
 * Which rows would change. IS DISTINCT FROM would say it, but it finds its operator by
 * search_path, except when it is asked about NULL. "false" when no row can change.
 */
static char *
difference(const KeyedState *state)
{
	const Profile *profile = state->task->profile;
	StringInfoData sql;

	initStringInfo(&sql);
	for (int i = 0; i < profile->count; i++)
		if (state->key.is_updated[i])
			appendStringInfo(&sql, "%sNOT coalesce(%s, t.%s IS NOT DISTINCT FROM NULL AND g.c%d IS NOT DISTINCT FROM NULL)",
							 sql.len > 0 ? " OR " : "", equality(&profile->columns[i], i, true),
							 quote_identifier(profile->columns[i].name), i);
	return sql.len > 0 ? sql.data : "false";
}

/* Which row of the target "t" has the key of a row of "g". */
static char *
same_key(const KeyedState *state)
{
	const Profile *profile = state->task->profile;
	StringInfoData sql;

	initStringInfo(&sql);
	for (int i = 0; i < profile->count; i++)
		if (state->key.is_key[i])
			appendStringInfo(&sql, "%s%s", sql.len > 0 ? " AND " : "", equality(&profile->columns[i], i, false));
	return sql.data;
}

/* "a = g.c0, ...": what an UPDATE sets. */
static char *
settings(const KeyedState *state)
{
	const Profile *profile = state->task->profile;
	StringInfoData sql;

	initStringInfo(&sql);
	for (int i = 0; i < profile->count; i++)
		if (state->key.is_updated[i])
			appendStringInfo(&sql, "%s%s = g.c%d", sql.len > 0 ? ", " : "", quote_identifier(profile->columns[i].name), i);
	return sql.data;
}

/*
 * given: the batch with its types. A blank cell has the target's default, so that importing the
 * same file again finds nothing to update.
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
		insert_sql_source(&select, profile, i);
		appendStringInfo(&select, " AS %s) AS c%d, ", unnest_type_name(profile->columns[i].type), i);
	}
	return psprintf("SELECT %su.ord FROM %s", select.data, from);
}

/* All columns of a row of the target as texts, by name. xlsx.undo compares and restores them. */
static char *
row_texts(const Profile *profile)
{
	Relation	target = table_open(profile->target, AccessShareLock);
	TupleDesc	descriptor = RelationGetDescr(target);
	StringInfoData names;
	StringInfoData texts;

	initStringInfo(&names);
	initStringInfo(&texts);
	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(descriptor, i);

		if (attribute->attisdropped)
			continue;
		appendStringInfo(&names, "%s%s", names.len > 0 ? ", " : "", quote_literal_cstr(NameStr(attribute->attname)));
		appendStringInfo(&texts, "%sCAST(t.%s AS pg_catalog.text)", texts.len > 0 ? ", " : "",
						 quote_identifier(NameStr(attribute->attname)));
	}
	table_close(target, NoLock);
	return psprintf("pg_catalog.jsonb_object(ARRAY[%s]::pg_catalog.text[], ARRAY[%s]::pg_catalog.text[])", names.data, texts.data);
}

static char *
insertion(const KeyedState *state, const char *target)
{
	const Profile *profile = state->task->profile;

	return psprintf("INSERT INTO %s AS t %s FROM looked AS u WHERE NOT u.found RETURNING %s",
					target, insert_sql_select(profile),
					state->task->undo ? psprintf("0::bigint AS ord, NULL::pg_catalog.jsonb AS old, %s AS new", row_texts(profile)) : "1");
}

/* held: rows that differ, locked in their present state. upd: updates them. */
static void
append_update(StringInfo sql, const KeyedState *state, bool holds, const char *target, const char *match, const char *sets)
{
	const SaveTask *task = state->task;
	const char *old = holds ? "h.old" : "NULL::pg_catalog.jsonb";

	if (holds)
		appendStringInfo(sql, ", held AS MATERIALIZED (SELECT g.ord, %s AS old FROM looked AS g JOIN %s AS t ON %s"
						 " WHERE g.found AND g.differs AND NOT EXISTS (SELECT FROM twice) FOR UPDATE OF t)",
						 task->undo ? row_texts(task->profile) : "NULL::pg_catalog.jsonb", target, match);
	appendStringInfo(sql, ", upd AS (UPDATE %s AS t SET %s FROM looked AS g%s"
					 " WHERE g.found AND g.differs AND NOT EXISTS (SELECT FROM twice) AND %s RETURNING g.ord%s)", target, sets,
					 holds ? " JOIN held AS h ON h.ord OPERATOR(pg_catalog.=) g.ord" : "", match,
					 task->undo ? psprintf(", %s AS old, %s AS new", old, row_texts(task->profile)) : "");
}

/*
 * The first parts of the statement: keys that come twice, and the batch joined with the rows that
 * are there.
 */
static void
append_looked(StringInfo sql, const KeyedState *state, Oid *types, const char *target, const char *match, bool updates)
{
	const Profile *profile = state->task->profile;
	StringInfoData keys;
	const char *found = NULL;

	initStringInfo(&keys);
	for (int i = 0; i < profile->count; i++)
	{
		if (!state->key.is_key[i])
			continue;
		appendStringInfo(&keys, "%sg.c%d", keys.len > 0 ? ", " : "", i);
		found = quote_identifier(profile->columns[i].name);	/* a row of t has no NULL here when it equals a row of g */
	}
	appendStringInfo(sql, "WITH given AS MATERIALIZED (%s),", given(profile, types));
	appendStringInfo(sql, " twice AS (SELECT FROM given AS g GROUP BY %s HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1),",
					 keys.data);
	appendStringInfo(sql, " looked AS MATERIALIZED (SELECT g.*, t.%s IS NOT NULL AS found, (%s) AS differs"
					 " FROM given AS g LEFT JOIN %s AS t ON %s)", found,
					 updates ? difference(state) : "false", target, match);
}

static char *
keyed_statement(const KeyedState *state, bool holds, Oid *types)
{
	const SaveTask *task = state->task;
	const SaveModeFacts *mode = save_mode(task->mode);
	const Profile *profile = task->profile;
	char	   *target = quote_qualified_identifier(get_namespace_name(get_rel_namespace(profile->target)),
													get_rel_name(profile->target));
	char	   *match = same_key(state);
	char	   *sets = settings(state);
	bool		updates = mode->updates && sets[0] != '\0';
	bool		inserts = mode->inserts;
	StringInfoData sql;

	initStringInfo(&sql);
	append_looked(&sql, state, types, target, match, updates);
	if (updates)
		append_update(&sql, state, holds, target, match, sets);
	if (inserts)
		appendStringInfo(&sql, ", ins AS (%s)", insertion(state, target));
	appendStringInfo(&sql, " SELECT (SELECT pg_catalog.count(*) FROM twice), %s, %s, %s,"
					 " ARRAY(SELECT DISTINCT ord FROM looked WHERE found), %s",
					 inserts ? "(SELECT pg_catalog.count(*) FROM ins)" : "0::bigint",
					 updates ? "(SELECT pg_catalog.count(DISTINCT ord) FROM upd)" : "0::bigint",
					 updates ? "(SELECT pg_catalog.count(DISTINCT ord) FROM looked WHERE found AND differs)" : "0::bigint",
					 updates && holds ? "ARRAY(SELECT ord FROM looked WHERE found AND differs EXCEPT SELECT ord FROM held)" :
					 "'{}'::bigint[]");
	if (task->undo)
		appendStringInfo(&sql, ", w.places, w.old, w.new FROM (SELECT pg_catalog.array_agg(ord) AS places,"
						 " pg_catalog.array_agg(old) AS old, pg_catalog.array_agg(new) AS new FROM (%s%s%s) AS u) AS w",
						 inserts ? "SELECT ord, old, new FROM ins" : "", inserts && updates ? " UNION ALL " : "",
						 updates ? "SELECT ord, old, new FROM upd" : "");
	return sql.data;
}

/* In a view with INSTEAD OF triggers no row can be locked, and none can be lost. */
static bool
can_hold(const Profile *profile)
{
	Relation	target = table_open(profile->target, AccessShareLock);
	bool		held = target->trigdesc == NULL || !target->trigdesc->trig_update_instead_row;

	table_close(target, NoLock);
	return held;
}

static void *
keyed_create(const SaveTask *task)
{
	const Profile *profile = task->profile;
	KeyedState *state = palloc0(sizeof(KeyedState));

	state->task = task;
	save_key_find(task, &state->key);
	state->types = palloc(sizeof(Oid) * (size_t) (profile->count + 1));
	state->types[profile->count] = INT8OID;
	state->arguments = profile->count + (profile->task_attnum != InvalidAttrNumber && save_mode(task->mode)->inserts);
	state->may_hold = can_hold(profile);
	state->holds = state->may_hold && task->undo;
	state->plan_context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx keyed plan", ALLOCSET_SMALL_SIZES);
	return state;
}

/*
 * The planner may have seen an empty target, and plans by its old statistics. So a new plan is
 * made whenever the number of batches has doubled.
 */
static void
plan_batch(KeyedState *state)
{
	if (state->plan != NULL && state->batches < state->plan_batches && state->plan_holds == state->holds)
		return;
	state->plan = NULL;
	MemoryContextReset(state->plan_context);
	state->plan = query_prepare_by_index(keyed_statement(state, state->holds, state->types), state->arguments, state->types,
										 state->plan_context);
	state->plan_holds = state->holds;
	state->plan_batches = Max(1, 2 * state->batches);
}

/* A round: some rows of a batch in one statement */

typedef struct Round
{
	const PacketRows *rows;
	int			first;			/* the rows of the round: first to last - 1 */
	int			last;
	const int  *index;			/* their places in the batch; NULL: first to last - 1 themselves */
} Round;

static int
row_of_place(const Round *round, Datum place)
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

/* In mode update, marks the rows that were not found. Returns how many rows were found. */
static int
take_found(const KeyedState *state, const Round *round, SaveOutcome *outcome)
{
	Datum	   *places;
	int			count = result_array(RESULT_FOUND, INT8OID, &places, NULL);

	if (save_mode(state->task->mode)->inserts)
		return count;
	while (!state->key.is_key[outcome->key_column])
		outcome->key_column++;
	for (int place = 1; place <= round->last - round->first; place++)
		outcome->bad[row_of_place(round, Int64GetDatum(place))] = true;
	for (int i = 0; i < count; i++)
		outcome->bad[row_of_place(round, places[i])] = false;
	return count;
}

/*
 * What xlsx.undo needs
 */

/*
 * Inserted without SQL, because a foreign key would be checked row by row. Each check locks the
 * task's row once more, and every subtransaction adds to the list of its lockers.
 */
static void
keep_undo(const KeyedState *state, const Round *round)
{
	Relation	relation = private_rows_open("undo_row", RowExclusiveLock);
	Oid			sequence = owner_table("undo_row_no_seq");
	Datum	   *places;
	Datum	   *old;
	Datum	   *new;
	bool	   *old_null;
	int			count = result_array(RESULT_UNDO_PLACES, INT8OID, &places, NULL);
	HeapTuple  *tuples = palloc(sizeof(HeapTuple) * (size_t) Max(count, 1));

	if (result_array(RESULT_UNDO_OLD, JSONBOID, &old, &old_null) != count ||
		result_array(RESULT_UNDO_NEW, JSONBOID, &new, NULL) != count)
		elog(ERROR, "rows before and after saving by key do not agree");
	for (int i = 0; i < count; i++)
	{
		/* 0: the row was inserted */
		int32		number = DatumGetInt64(places[i]) == 0 ? 0 :
			(int32) round->rows->sheet_rows[round->first + query_index(places[i], false, round->last - round->first)];
		Datum		values[] = {
			Int64GetDatum(nextval_internal(sequence, false)), Int64GetDatum(state->task->task), Int32GetDatum(number), old[i], new[i]
		};
		bool		nulls[lengthof(values)] = {false, false, false, old_null[i], false};

		tuples[i] = heap_form_tuple(RelationGetDescr(relation), values, nulls);
	}
	private_rows_insert(relation, tuples, count);
	private_rows_close(relation);
}

static void
run_statement(KeyedState *state, const Round *round)
{
	const Profile *profile = state->task->profile;
	Datum	   *arguments = palloc(sizeof(Datum) * (size_t) (profile->count + 1));

	for (int i = 0; i < profile->count; i++)
		arguments[i] = unnest_array(&profile->columns[i], round->rows, round->first, round->last, i);
	arguments[profile->count] = Int64GetDatum(state->task->task);
	plan_batch(state);
	state->batches++;
	if (SPI_execute_plan(state->plan, arguments, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not save by key");
}

/* Both errors make the caller try in another way: by halves, or with locks. */
static void
refuse_round(KeyedState *state, const Round *round)
{
	if (round->last - round->first > 1 && result_count(RESULT_DUPLICATES) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_CARDINALITY_VIOLATION),
				 errmsg("a key comes twice in one batch")));
	if (state->may_hold && !state->holds && result_count(RESULT_UPDATED) < result_count(RESULT_DIFFERENT))
	{
		state->holds = true;
		ereport(ERROR,
				(errcode(ERRCODE_CARDINALITY_VIOLATION),
				 errmsg("a row was not updated")));
	}
}

/*
 * Counts what became of the rows. Returns the number of rows that were gone when they were to be
 * locked, and writes their places in the batch to gone.
 */
static int
save_round(KeyedState *state, const Round *round, SaveOutcome *outcome, int *gone)
{
	SaveCounts *counts = &outcome->counts;
	const SaveModeFacts *mode = save_mode(state->task->mode);
	int64		missing;
	int64		inserted;
	int			found;
	Datum	   *places;
	int			gone_count;

	run_statement(state, round);
	refuse_round(state, round);
	found = take_found(state, round, outcome);
	missing = round->last - round->first - found;
	inserted = Min(result_count(RESULT_INSERTED), missing);
	gone_count = result_array(RESULT_GONE, INT8OID, &places, NULL);
	for (int i = 0; i < gone_count; i++)
		gone[i] = row_of_place(round, places[i]);
	counts->inserted += inserted;
	counts->updated += result_count(RESULT_UPDATED);
	if (mode->inserts)
		counts->skipped += missing - inserted;
	if (mode->updates)
		counts->unchanged += found - result_count(RESULT_DIFFERENT);
	else
		counts->skipped += found;
	counts->skipped += result_count(RESULT_DIFFERENT) - result_count(RESULT_UPDATED) - gone_count;
	if (state->task->undo)
		keep_undo(state, round);
	return gone_count;
}

/* The rows at these places, as a batch of their own. */
static PacketRows *
pick_rows(const PacketRows *rows, const int *index, int count)
{
	PacketRows *picked = palloc(sizeof(PacketRows));
	size_t		columns = (size_t) rows->columns;

	*picked = (PacketRows) {.count = count, .columns = rows->columns};
	picked->sheet_rows = palloc(sizeof(uint32) * (size_t) count);
	picked->values = palloc(sizeof(Datum) * columns * (size_t) count);
	picked->nulls = palloc(sizeof(bool) * columns * (size_t) count);
	for (int i = 0; i < count; i++)
	{
		picked->sheet_rows[i] = rows->sheet_rows[index[i]];
		memcpy(picked->values + columns * i, rows->values + columns * index[i], sizeof(Datum) * columns);
		memcpy(picked->nulls + columns * i, rows->nulls + columns * index[i], sizeof(bool) * columns);
	}
	return picked;
}

static void
keyed_save(void *opaque, const PacketRows *rows, int first, int last, SaveOutcome *outcome)
{
	KeyedState *state = opaque;
	Round		round = {rows, first, last, NULL};
	int		   *gone = palloc(sizeof(int) * (size_t) (last - first));
	int			count;

	SPI_connect();
	count = save_round(state, &round, outcome, gone);
	for (int rounds = 1; count > 0 && rounds < MAX_ROUNDS; rounds++)
	{
		int		   *index = memcpy(palloc(sizeof(int) * (size_t) count), gone, sizeof(int) * (size_t) count);

		round = (Round) {pick_rows(rows, index, count), 0, count, index};
		count = save_round(state, &round, outcome, gone);
	}
	outcome->counts.skipped += count;
	SPI_finish();
}

const SaveMethod save_keyed = {
	.name = "keyed", .by_key = true, .may_race = true, .create = keyed_create, .save = keyed_save
};
