/*
 * private_rows.c
 *	  Rows of the private tables without SQL.
 */
#include "tables/private_rows.h"

#include "access/relation.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "pg/compat.h"
#include "pg/result_relation.h"
#include "tables/owner.h"

Relation
private_rows_open(const char *name, LOCKMODE lock)
{
	(void) owner_oid();
	return relation_open(owner_table(name), lock);
}

void
private_rows_close(Relation relation)
{
	relation_close(relation, NoLock);
}

/* Rows that are inserted together. More would only need more slots. */
#define GROUP_ROWS 128

/*
 * Each slot owns its row; from another kind of slot the table would copy it. The slots use a copy
 * of the descriptor, because each slot over the relation's own descriptor would pin it.
 */
static void
fill_slots(Relation relation, TupleDesc descriptor, TupleTableSlot **slots, HeapTuple *rows, int count)
{
	for (int i = 0; i < count; i++)
	{
		if (slots[i] == NULL)
			slots[i] = MakeSingleTupleTableSlot(descriptor, &TTSOpsHeapTuple);
		ExecStoreHeapTuple(rows[i], slots[i], true);
		slots[i]->tts_tableOid = RelationGetRelid(relation);
	}
}

void
private_rows_insert(Relation relation, HeapTuple *rows, int count)
{
	EState	   *estate = CreateExecutorState();
	ResultRelInfo *info = result_relation_open(estate, relation, false);
	TupleDesc	descriptor = CreateTupleDescCopyConstr(RelationGetDescr(relation));
	TupleTableSlot *slots[GROUP_ROWS] = {NULL};

	for (int first = 0; first < count; first += GROUP_ROWS)
	{
		int			group = Min(count - first, GROUP_ROWS);

		fill_slots(relation, descriptor, slots, rows + first, group);
		table_multi_insert(relation, slots, group, GetCurrentCommandId(true), 0, NULL);
		for (int i = 0; i < group; i++)
			list_free(compat_insert_index_tuples(info, slots[i], estate));
	}
	for (int i = 0; i < GROUP_ROWS && slots[i] != NULL; i++)
		ExecDropSingleTupleTableSlot(slots[i]);
	FreeTupleDesc(descriptor);
	ExecCloseIndices(info);
	FreeExecutorState(estate);
	CommandCounterIncrement();
}
