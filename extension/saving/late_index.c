/*
 * late_index.c
 *	  Inserts rows first and builds their indexes afterwards.
 */
#include "saving/late_index.h"

#include "access/genam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/index.h"
#include "catalog/indexing.h"
#include "catalog/pg_index.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/inval.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

/* Locking the table is not worth it for fewer rows. */
#define LEAST_ROWS 10000

/* Removed rows are still visible to others, so the new index has to include them. */
#define MOST_REMOVED_PER_ADDED 2

bool
late_index_is_empty(Oid target)
{
	Relation	relation = table_open(target, AccessShareLock);
	/* A partitioned table has indexes but no rows of its own to scan. */
	bool		empty = relation->rd_rel->relhasindex && relation->rd_rel->relkind == RELKIND_RELATION;

	if (empty)
	{
		TableScanDesc scan = table_beginscan(relation, GetActiveSnapshot(), 0, NULL);
		TupleTableSlot *slot = table_slot_create(relation, NULL);

		empty = !table_scan_getnextslot(scan, ForwardScanDirection, slot);
		ExecDropSingleTupleTableSlot(slot);
		table_endscan(scan);
	}
	table_close(relation, NoLock);
	return empty;
}

/* The same rule as LOCK TABLE. */
static bool
may_lock(Oid target)
{
	return pg_class_aclmask(target, GetUserId(), ACL_UPDATE | ACL_DELETE | ACL_TRUNCATE, ACLMASK_ANY) != 0;
}

static HeapTuple
index_tuple(Oid index)
{
	HeapTuple	tuple = SearchSysCacheCopy1(INDEXRELID, ObjectIdGetDatum(index));

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for index %u", index);
	return tuple;
}

/*
 * Does the table have indexes, all of them complete? An index that somebody is building, or
 * failed to build, must not be touched.
 */
static bool
all_are_valid(List *indexes)
{
	ListCell   *cell;

	foreach(cell, indexes)
	{
		Form_pg_index form = (Form_pg_index) GETSTRUCT(index_tuple(lfirst_oid(cell)));

		if (!form->indisvalid || !form->indisready || !form->indislive)
			return false;
	}
	return indexes != NIL;
}

static void
suspend(Oid index)
{
	Relation	catalog = table_open(IndexRelationId, RowExclusiveLock);
	HeapTuple	tuple = index_tuple(index);
	Form_pg_index form = (Form_pg_index) GETSTRUCT(tuple);

	form->indisvalid = false;
	form->indisready = false;
	CatalogTupleUpdate(catalog, &tuple->t_self, tuple);
	table_close(catalog, RowExclusiveLock);
}

static List *
indexes_of(Oid target)
{
	Relation	relation = table_open(target, NoLock);
	List	   *indexes = RelationGetIndexList(relation);

	table_close(relation, NoLock);
	return indexes;
}

bool
late_index_suspend(Oid target, int64 removed, int64 added)
{
	List	   *indexes;
	ListCell   *cell;

	if (added < LEAST_ROWS || removed > MOST_REMOVED_PER_ADDED * added || !may_lock(target) ||
		!ConditionalLockRelationOid(target, ShareRowExclusiveLock))
		return false;
	indexes = indexes_of(target);
	if (!all_are_valid(indexes))
		return false;
	foreach(cell, indexes)
		suspend(lfirst_oid(cell));
	/* Plans and open relations of this session must notice. */
	CacheInvalidateRelcacheByRelid(target);
	CommandCounterIncrement();
	return true;
}

void
late_index_build(Oid target)
{
	Relation	relation = table_open(target, NoLock);
	char		persistence = relation->rd_rel->relpersistence;
	ListCell   *cell;

	table_close(relation, NoLock);
	/* An expression of an index may need a snapshot. */
	PushActiveSnapshot(GetTransactionSnapshot());
	foreach(cell, indexes_of(target))
	{
		compat_reindex_index(lfirst_oid(cell), persistence);
		CommandCounterIncrement();
	}
	PopActiveSnapshot();
}
