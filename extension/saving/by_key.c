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
#include "saving/keyed.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "kept/unnest.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "pg/query.h"
#include "saving/keyed_count.h"
#include "saving/keyed_delete.h"
#include "saving/keyed_doubt.h"
#include "saving/keyed_look.h"
#include "saving/keyed_watch.h"
#include "saving/keyed_tell.h"
#include "saving/keyed_write.h"
#include "saving/mark.h"
#include "saving/save_mode.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

/*
 * How often a row is looked for that is gone when it is to be locked. After that, a policy must
 * be hiding it.
 */
#define MAX_ROUNDS 5

static char *
keyed_statement(KeyedState *state)
{
	const SaveModeFacts *mode = save_mode(state->task->mode);
	const Profile *profile = state->task->profile;
	char	   *target = quote_qualified_identifier(get_namespace_name(get_rel_namespace(profile->target)),
													get_rel_name(profile->target));
	char	   *match = keyed_same_key(state);
	bool		updates = false;
	StringInfoData sql;

	for (int i = 0; i < profile->count; i++)
		updates = updates || (mode->updates && state->is_updated[i] && !state->left_out[i]);
	initStringInfo(&sql);
	keyed_look(&sql, state, target, match, updates ? keyed_difference(state) : "false",
			   mode->inserts ? keyed_lack(state) : "false");
	if (updates)
		keyed_update(&sql, state, state->holds, target, match);
	if (mode->inserts)
		keyed_insert(&sql, state, target);
	keyed_result(&sql, state, updates, mode->inserts, state->holds);
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
keyed_create(const SaveTask *task, const SaveProbe *probe)
{
	const Profile *profile = task->profile;
	int			parameters = unnest_parameters(profile);
	KeyedState *state = palloc0(sizeof(KeyedState));

	state->task = task;
	save_key_find(task, &state->key);
	state->is_updated = keyed_updated_columns(profile, task->source, state->key.is_key);
	state->types = palloc(sizeof(Oid) * (size_t) (parameters + 1));
	state->types[parameters] = INT8OID;
	state->arguments = parameters + (profile->task_attnum != InvalidAttrNumber && save_mode(task->mode)->inserts);
	state->watched = save_mode(task->mode)->updates ? keyed_watched_columns(profile, state->is_updated) : NULL;
	state->left_out = palloc0(sizeof(bool) * (size_t) profile->count);
	state->plan_left_out = palloc0(sizeof(bool) * (size_t) profile->count);
	state->may_doubt = keyed_doubt_applies(profile->target);
	state->may_hold = can_hold(profile);
	state->holds = state->may_hold && (task->undo || task->keep_changes);
	state->tell = tell_create(task);
	/* No probe is made of a view, in which each row is complete before the next one, too. */
	state->one_by_one = state->tell != NULL && !probe->returns_in_order && get_rel_relkind(profile->target) != RELKIND_VIEW;
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
	size_t		bytes = sizeof(bool) * (size_t) state->task->profile->count;

	if (state->plan != NULL && state->batches < state->plan_batches && state->plan_holds == state->holds &&
		memcmp(state->plan_left_out, state->left_out, bytes) == 0)
		return;
	state->plan = NULL;
	MemoryContextReset(state->plan_context);
	state->plan = query_prepare_by_index(keyed_statement(state), state->arguments, state->types, state->plan_context);
	state->plan_holds = state->holds;
	memcpy(state->plan_left_out, state->left_out, bytes);
	state->plan_batches = Max(1, 2 * state->batches);
}

static void
run_statement(KeyedState *state, const Round *round)
{
	const Profile *profile = state->task->profile;
	int			parameters = unnest_parameters(profile);
	Datum	   *arguments = palloc(sizeof(Datum) * (size_t) (parameters + 1));

	unnest_arguments(profile, round->rows, round->first, round->last, arguments);
	arguments[parameters] = Int64GetDatum(state->task->task);
	plan_batch(state);
	state->batches++;
	if (SPI_execute_plan(state->plan, arguments, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not save by key");
}

/* Both errors make the caller try in another way: by halves, or with locks. */
static void
refuse_round(KeyedState *state, const Round *round)
{
	if (round->last - round->first > 1 && keyed_duplicates() > 0)
		ereport(ERROR,
				(errcode(ERRCODE_CARDINALITY_VIOLATION),
				 errmsg("a key comes twice in one batch")));
	if (state->may_hold && !state->holds && !keyed_all_updated())
	{
		state->holds = true;
		ereport(ERROR,
				(errcode(ERRCODE_CARDINALITY_VIOLATION),
				 errmsg("a row was not updated")));
	}
}

static int
save_round(KeyedState *state, const Round *round, SaveOutcome *outcome, int *gone)
{
	int64		outer = mark_begin();

	run_statement(state, round);
	(void) mark_end(outer);
	refuse_round(state, round);
	keyed_tell(state, round, outcome->fates);
	return keyed_count(state, round, outcome, gone);
}

/* Saves the rows of a round, and those of them that are gone meanwhile again. rows: the batch. */
static void
save_rounds(KeyedState *state, const PacketRows *rows, Round round, SaveOutcome *outcome)
{
	int		   *gone = palloc(sizeof(int) * (size_t) (round.last - round.first));
	int			count;

	count = save_round(state, &round, outcome, gone);
	for (int rounds = 1; count > 0 && rounds < MAX_ROUNDS; rounds++)
	{
		int		   *index = memcpy(palloc(sizeof(int) * (size_t) count), gone, sizeof(int) * (size_t) count);

		round = (Round) {packet_pick(rows, index, count), 0, count, index};
		count = save_round(state, &round, outcome, gone);
	}
	if (count > 0 && state->vanished > 0)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("rows of \"%s\" are deleted again and again while they are looked for", get_rel_name(state->task->profile->target))));
	outcome->counts.skipped += count;
	for (int i = 0; i < count; i++)
		row_fates_set(outcome->fates, gone[i], gone[i] + 1, ROW_SKIPPED);
}

/* Has the row a cell in the same watched columns as those of the round? */
static bool
leaves_out_the_same(const KeyedState *state, const PacketRows *rows, int row)
{
	for (int i = 0; i < rows->columns; i++)
		if (state->watched[i] && rows->blanks[row * rows->columns + i] != state->left_out[i])
			return false;
	return true;
}

/*
 * An update names its columns, and triggers UPDATE OF hear of these. So rows that have a cell in
 * other columns are updated by another statement. No key comes twice among rows first to last - 1.
 */
static void
save_groups(KeyedState *state, const PacketRows *rows, int first, int last, SaveOutcome *outcome)
{
	bool	   *done = palloc0(sizeof(bool) * (size_t) (last - first));

	for (int row = first; row < last; row++)
	{
		int		   *index;
		int			count = 0;

		if (done[row - first])
			continue;
		CHECK_FOR_INTERRUPTS();
		index = palloc(sizeof(int) * (size_t) (last - row));
		for (int i = 0; i < rows->columns; i++)
			state->left_out[i] = state->watched[i] && rows->blanks[row * rows->columns + i];
		for (int other = row; other < last; other++)
			if (!done[other - first] && leaves_out_the_same(state, rows, other))
			{
				done[other - first] = true;
				index[count++] = other;
			}
		save_rounds(state, rows, (Round) {packet_pick(rows, index, count), 0, count, index}, outcome);
	}
}

/* The end of the rows from row on that all delete, or that all do not. */
static int
run_end(const PacketRows *rows, int row, int last)
{
	int			end = row + 1;

	while (end < last && rows->deletes[end] == rows->deletes[row])
		end++;
	return end;
}

static void
keyed_save(void *opaque, const PacketRows *rows, int first, int last, SaveOutcome *outcome)
{
	KeyedState *state = opaque;

	SPI_connect();
	for (int row = first, end; row < last; row = end)
	{
		CHECK_FOR_INTERRUPTS();
		end = run_end(rows, row, last);
		if (state->one_by_one && !rows->deletes[row])
			end = row + 1;
		if (rows->deletes[row])
			keyed_delete(state, &(Round) {rows, row, end, NULL}, outcome);
		else if (state->watched != NULL)
			save_groups(state, rows, row, end, outcome);
		else
			save_rounds(state, rows, (Round) {rows, row, end, NULL}, outcome);
	}
	SPI_finish();
}

/*
 * Another session may have inserted the key, or deleted the row, since it was looked for. If the
 * constraint is the key's own, only such a session can be the cause.
 */
static int
keyed_races(const void *opaque, const ErrorData *error)
{
	const KeyedState *state = opaque;
	Oid			index = state->key.unique.index;

	if (error->sqlerrcode == ERRCODE_UNIQUE_VIOLATION)
		return OidIsValid(index) && error->constraint_name != NULL && strcmp(error->constraint_name, get_rel_name(index)) == 0 ? MAX_ROUNDS : 1;
	return error->sqlerrcode == ERRCODE_CARDINALITY_VIOLATION ? MAX_ROUNDS : 0;
}

const SaveMethod save_keyed = {
	.name = "keyed", .by_key = true, .races = keyed_races, .create = keyed_create, .save = keyed_save
};
