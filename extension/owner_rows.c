/*
 * owner_rows.c
 *	  Rows of the private tables without SQL.
 */
#include "owner_rows.h"

#include "access/relation.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "compat.h"
#include "nodes/makefuncs.h"
#include "owner.h"

Relation
owner_rows_open(const char *name, LOCKMODE lock)
{
	(void) owner_oid();
	return relation_open(owner_table(name), lock);
}

void
owner_rows_close(Relation relation)
{
	relation_close(relation, NoLock);
}

/* Each slot owns its row: from any other one, the table would take a copy. */
static TupleTableSlot **
fill_slots(Relation relation, HeapTuple *rows, int count)
{
	TupleTableSlot **slots = palloc(sizeof(TupleTableSlot *) * (size_t) count);

	for (int i = 0; i < count; i++)
	{
		slots[i] = MakeSingleTupleTableSlot(RelationGetDescr(relation), &TTSOpsHeapTuple);
		ExecStoreHeapTuple(rows[i], slots[i], true);
		slots[i]->tts_tableOid = RelationGetRelid(relation);
	}
	return slots;
}

static void
insert_index_rows(Relation relation, TupleTableSlot **slots, int count)
{
	EState	   *estate = CreateExecutorState();
	RangeTblEntry *entry = makeNode(RangeTblEntry);
	ResultRelInfo *info = makeNode(ResultRelInfo);

	entry->rtekind = RTE_RELATION;
	entry->relid = RelationGetRelid(relation);
	entry->relkind = relation->rd_rel->relkind;
	entry->rellockmode = RowExclusiveLock;
	compat_init_range_table(estate, entry);
	InitResultRelInfo(info, relation, 1, NULL, 0);
	ExecOpenIndices(info, false);
	for (int i = 0; i < count; i++)
		list_free(compat_insert_index_tuples(info, slots[i], estate));
	ExecCloseIndices(info);
	FreeExecutorState(estate);
}

void
owner_rows_insert(Relation relation, HeapTuple *rows, int count)
{
	TupleTableSlot **slots = fill_slots(relation, rows, count);

	table_multi_insert(relation, slots, count, GetCurrentCommandId(true), 0, NULL);
	insert_index_rows(relation, slots, count);
	for (int i = 0; i < count; i++)
		ExecDropSingleTupleTableSlot(slots[i]);
	pfree(slots);
	CommandCounterIncrement();
}
