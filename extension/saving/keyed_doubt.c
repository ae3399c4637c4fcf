/*
 * keyed_doubt.c
 *	  Rows that were found and not written, and that another session may be deleting.
 */
#include "saving/keyed_doubt.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

bool
keyed_doubt_applies(Oid target)
{
	ListCell   *cell;

	if (get_rel_relkind(target) != RELKIND_RELATION && get_rel_relkind(target) != RELKIND_PARTITIONED_TABLE)
		return false;
	foreach(cell, find_all_inheritors(target, AccessShareLock, NULL))
	{
		Relation	relation = table_open(lfirst_oid(cell), NoLock);
		bool		marks = relation->rd_rel->relkind == RELKIND_PARTITIONED_TABLE || relation->rd_rel->relam == HEAP_TABLE_AM_OID;

		table_close(relation, NoLock);
		if (!marks)
			return false;
	}
	return true;
}

/* Has the transaction that ends this version of the row changed columns of a plain unique index, or deleted the row? */
static bool
key_ends(TupleTableSlot *slot)
{
	bool		copied;
	HeapTuple	tuple = ExecFetchSlotHeapTuple(slot, false, &copied);

	return (tuple->t_data->t_infomask2 & HEAP_KEYS_UPDATED) != 0;
}

/* The transaction under way that deletes or replaces the row; InvalidTransactionId: none. *there: is the row there? */
static TransactionId
row_ending(Relation relation, ItemPointer place, TupleTableSlot *slot, bool keys_only, bool *there)
{
	SnapshotData now;
	TransactionId ending;

	InitDirtySnapshot(now);
	*there = table_tuple_fetch_row_version(relation, place, &now, slot);
	ending = *there ? now.xmax : InvalidTransactionId;
	if (TransactionIdIsValid(ending) && keys_only && !key_ends(slot))
		ending = InvalidTransactionId;
	ExecClearTuple(slot);
	return ending;
}

bool
keyed_doubt_clear(Oid table, ItemPointer place, bool keys_only)
{
	Relation	relation = table_open(table, AccessShareLock);
	TupleTableSlot *slot = table_slot_create(relation, NULL);
	bool		there;
	TransactionId ending;

	while (TransactionIdIsValid(ending = row_ending(relation, place, slot, keys_only, &there)))
	{
		CHECK_FOR_INTERRUPTS();
		XactLockTableWait(ending, relation, place, XLTW_FetchUpdated);
	}
	ExecDropSingleTupleTableSlot(slot);
	table_close(relation, NoLock);
	if (!there && IsolationUsesXactSnapshot())
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not serialize access due to concurrent update")));
	return there;
}
