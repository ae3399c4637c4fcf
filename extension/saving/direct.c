/*
 * direct.c
 *	  Straight into the heap, as COPY does: for plain tables only.
 *
 * Does what the executor would: constraints, defaults, indexes, AFTER row
 * triggers.  The slots stand over a descriptor of our own and are kept for
 * the whole task.  Each slot over the relation's own descriptor pins it once
 * more in the resource owner, whose hash table then collides with itself:
 * that costs CopyFrom() more than half a millisecond a call.
 */
#include "saving/method.h"

#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "kept/waiting.h"
#include "nodes/nodeFuncs.h"
#include "nodes/readfuncs.h"
#include "parser/parse_relation.h"
#include "pg/result_relation.h"
#include "rewrite/rewriteHandler.h"
#include "saving/auditors.h"
#include "saving/tell.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

typedef struct DirectState
{
	const Profile *profile;
	Datum		task;			/* the task's id as the type of its column */
	MemoryContext context;		/* lives as long as the state */
	TupleDesc	descriptor;		/* a copy, not pinned */
	Expr	  **defaults;		/* by attribute, NULL where there is none */
	bool		has_defaults;
	Tell	   *tell;			/* NULL: the task keeps no rows */
	bool	   *given;			/* by attribute: the row at hand has a value for it, or NULL */
	LocalTransactionId heard;	/* the last transaction of which auditors have heard */
	TupleTableSlot *slots[PG_XLSX_BATCH_ROWS];	/* made when first needed */
} DirectState;

/* The target while one batch is saved. */
typedef struct DirectTarget
{
	Relation	relation;
	EState	   *estate;
	ResultRelInfo *info;
	ExprState **defaults;
} DirectTarget;

static Datum
task_datum(const Profile *profile, int64 task)
{
	Oid			input;
	Oid			param;

	if (profile->task_attnum == InvalidAttrNumber || profile->task_type == INT8OID)
		return Int64GetDatum(task);
	getTypeInputInfo(profile->task_type, &input, &param);
	return OidInputFunctionCall(input, psprintf(INT64_FORMAT, task), param, -1);
}

static void *
direct_create(const SaveTask *task, const SaveProbe *probe)
{
	const Profile *profile = task->profile;
	DirectState *state = palloc0(sizeof(DirectState));
	Relation	relation = table_open(profile->target, AccessShareLock);
	int			natts = RelationGetDescr(relation)->natts;

	state->profile = profile;
	state->task = task_datum(profile, task->task);
	state->tell = tell_create(task);
	state->context = CurrentMemoryContext;
	state->descriptor = CreateTupleDescCopyConstr(RelationGetDescr(relation));
	state->defaults = palloc0(sizeof(Expr *) * (size_t) natts);
	state->given = palloc0(sizeof(bool) * (size_t) natts);
	for (int i = 0; i < natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(state->descriptor, i);

		if (attribute->attisdropped || (!attribute->atthasdef && attribute->attidentity == '\0'))
			continue;
		state->defaults[i] = (Expr *) build_column_default(relation, i + 1);
		state->has_defaults = state->has_defaults || state->defaults[i] != NULL;
	}
	table_close(relation, NoLock);
	return state;
}

static void
target_open(DirectTarget *target, DirectState *state, bool speculative)
{
	target->relation = table_open(state->profile->target, RowExclusiveLock);
	/*
	 * The saver has seen all changes of other sessions. This change was made by a trigger during
	 * the batch.
	 */
	if (!equalTupleDescs(RelationGetDescr(target->relation), state->descriptor))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("table \"%s\" was altered during the import", RelationGetRelationName(target->relation))));
	auditors_hear_insert(state->profile, &state->heard);
	target->estate = CreateExecutorState();
	target->info = result_relation_open(target->estate, target->relation, speculative);
	/* Triggers look for their relation in this list, and would open it again otherwise. */
	target->estate->es_opened_result_relations = list_make1(target->info);
	target->defaults = NULL;
	if (state->has_defaults)
	{
		target->defaults = palloc0(sizeof(ExprState *) * (size_t) state->descriptor->natts);
		for (int i = 0; i < state->descriptor->natts; i++)
			if (state->defaults[i] != NULL)
				target->defaults[i] = ExecPrepareExpr(state->defaults[i], target->estate);
	}
}

static void
target_close(DirectTarget *target)
{
	ExecCloseResultRelations(target->estate);
	ExecResetTupleTable(target->estate->es_tupleTable, false);
	FreeExecutorState(target->estate);
	table_close(target->relation, NoLock);
}

/*
 * A heap tuple slot copies the values of a row once, into the tuple that is inserted. A virtual
 * slot would copy them one time more.
 */
static TupleTableSlot *
state_slot(DirectState *state, int index)
{
	if (state->slots[index] == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(state->context);

		state->slots[index] = MakeSingleTupleTableSlot(state->descriptor, &TTSOpsHeapTuple);
		MemoryContextSwitchTo(caller);
	}
	return ExecClearTuple(state->slots[index]);
}

/* A NULL that was given stays: given has its attributes. */
static void
fill_defaults(DirectState *state, DirectTarget *target, TupleTableSlot *slot, const bool *given)
{
	ExprContext *context = GetPerTupleExprContext(target->estate);

	for (int i = 0; i < state->descriptor->natts; i++)
		if (slot->tts_isnull[i] && !given[i] && target->defaults[i] != NULL)
			slot->tts_values[i] = ExecEvalExpr(target->defaults[i], context, &slot->tts_isnull[i]);
}

static TupleTableSlot *
fill_slot(DirectState *state, DirectTarget *target, const PacketRows *rows, int row, int index)
{
	const Profile *profile = state->profile;
	TupleTableSlot *slot = state_slot(state, index);

	memset(slot->tts_isnull, true, sizeof(bool) * (size_t) state->descriptor->natts);
	for (int i = 0; i < profile->count; i++)
	{
		const ProfileColumn *column = &profile->columns[i];
		int			at = row * rows->columns + i;
		int			attribute = column->attnum - 1;

		state->given[attribute] = !rows->blanks[at];
		if (rows->nulls[at])
			continue;
		slot->tts_isnull[attribute] = false;
		slot->tts_values[attribute] = column->class == COLUMN_OTHER ?
			waiting_input(column, rows->values[at]) : rows->values[at];
	}
	if (profile->task_attnum != InvalidAttrNumber)
	{
		slot->tts_isnull[profile->task_attnum - 1] = false;
		slot->tts_values[profile->task_attnum - 1] = state->task;
	}
	if (target->defaults != NULL)
		fill_defaults(state, target, slot, state->given);
	ExecStoreVirtualTuple(slot);
	slot->tts_tableOid = RelationGetRelid(target->relation);
	return slot;
}

static void
insert_index_entries(DirectTarget *target, TupleTableSlot *slot)
{
	List	   *recheck = NIL;

	if (target->info->ri_NumIndices > 0)
		recheck = compat_insert_index_tuples(target->info, slot, target->estate);
	ExecARInsertTriggers(target->estate, target->info, slot, recheck, NULL);
	list_free(recheck);
}

static void
note_inserted(DirectState *state, TupleTableSlot *slot, SaveOutcome *outcome, int row)
{
	if (outcome->fates == NULL)
		return;
	outcome->fates->rows[row].action = ROW_INSERTED;
	tell_slot(state->tell, slot, outcome->fates, row);
}

static void
direct_save(void *opaque, const PacketRows *rows, int first, int last, SaveOutcome *outcome)
{
	DirectState *state = opaque;
	DirectTarget target;
	bool		each_row;

	target_open(&target, state, false);
	AfterTriggerBeginQuery();
	for (int row = first; row < last; row++)
	{
		TupleTableSlot *slot;

		outcome->failed = row;
		slot = fill_slot(state, &target, rows, row, row - first);
		if (target.relation->rd_att->constr != NULL)
			ExecConstraints(target.info, slot, target.estate);
		note_inserted(state, slot, outcome, row);
	}
	outcome->failed = last - first == 1 ? first : -1;
	table_multi_insert(target.relation, state->slots, last - first, GetCurrentCommandId(true), 0, NULL);
	each_row = target.info->ri_NumIndices > 0 ||
		(target.info->ri_TrigDesc != NULL && target.info->ri_TrigDesc->trig_insert_after_row);
	for (int row = first; row < last && each_row; row++)
	{
		outcome->failed = row;
		insert_index_entries(&target, state->slots[row - first]);
		if (outcome->careful)
		{
			/* Fires the triggers of this row now, so that an error is known to be its. */
			AfterTriggerEndQuery(target.estate);
			AfterTriggerBeginQuery();
		}
	}
	outcome->failed = last - first == 1 ? first : -1;
	AfterTriggerEndQuery(target.estate);
	target_close(&target);
	outcome->counts.inserted += last - first;
}

/* Row by row, each checked before it is inserted */

/* The CHECK constraints of the target, prepared to be evaluated without raising an error. */
static ExprState **
prepare_checks(DirectTarget *target, int *count)
{
	TupleConstr *constraints = target->relation->rd_att->constr;
	ExprState **checks;

	*count = 0;
	if (constraints == NULL)
		return NULL;
	checks = palloc(sizeof(ExprState *) * (size_t) Max(constraints->num_check, 1));
	for (int i = 0; i < constraints->num_check; i++)
		if (compat_check_is_enforced(constraints->check[i]))
			checks[(*count)++] = ExecPrepareExpr(stringToNode(constraints->check[i].ccbin), target->estate);
	return checks;
}

static bool
slot_has_required(DirectState *state, TupleTableSlot *slot)
{
	for (int i = 0; i < state->descriptor->natts; i++)
		if (TupleDescAttr(state->descriptor, i)->attnotnull && slot->tts_isnull[i])
			return false;
	return true;
}

static bool
slot_passes_checks(DirectTarget *target, TupleTableSlot *slot, ExprState **checks, int count)
{
	ExprContext *context = GetPerTupleExprContext(target->estate);

	context->ecxt_scantuple = slot;
	for (int i = 0; i < count; i++)
		if (!ExecCheck(checks[i], context))
			return false;
	return true;
}

/* Sees rows that others have committed, and the rows of this batch that were inserted before. */
static bool
slot_has_conflict(DirectTarget *target, TupleTableSlot *slot)
{
	ItemPointerData conflict;

	return target->info->ri_NumIndices > 0 &&
		!compat_check_index_constraints(target->info, slot, target->estate, &conflict);
}

static void
direct_save_fitting(void *opaque, const PacketRows *rows, int first, int last, SaveOutcome *outcome)
{
	DirectState *state = opaque;
	bool	   *bad = outcome->bad;
	DirectTarget target;
	ExprState **checks;
	int			count;

	target_open(&target, state, true);
	checks = prepare_checks(&target, &count);
	AfterTriggerBeginQuery();
	for (int row = first; row < last; row++)
	{
		TupleTableSlot *slot;

		if (bad[row])
			continue;
		outcome->failed = row;
		slot = fill_slot(state, &target, rows, row, 0);
		bad[row] = !slot_has_required(state, slot) || !slot_passes_checks(&target, slot, checks, count) ||
			slot_has_conflict(&target, slot);
		if (bad[row])
			continue;
		table_tuple_insert(target.relation, slot, GetCurrentCommandId(true), 0, NULL);
		insert_index_entries(&target, slot);
		note_inserted(state, slot, outcome, row);
		outcome->counts.inserted++;
	}
	outcome->failed = -1;
	AfterTriggerEndQuery(target.estate);
	target_close(&target);
}

const SaveMethod save_direct = {
	.name = "direct", .plain_only = true, .knows_row = true, .indexes_late = true, .whole_rows = true,
	.create = direct_create, .save = direct_save, .save_fitting = direct_save_fitting
};
