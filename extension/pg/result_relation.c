/*
 * result_relation.c
 *	  Opens a table as the target of an INSERT, for functions of the executor.
 */
#include "pg/result_relation.h"

#include "nodes/makefuncs.h"
#include "pg/compat.h"
#include "utils/rel.h"

ResultRelInfo *
result_relation_open(EState *estate, Relation relation, bool speculative)
{
	RangeTblEntry *entry = makeNode(RangeTblEntry);
	ResultRelInfo *info = makeNode(ResultRelInfo);

	entry->rtekind = RTE_RELATION;
	entry->relid = RelationGetRelid(relation);
	entry->relkind = relation->rd_rel->relkind;
	entry->rellockmode = RowExclusiveLock;
	compat_init_range_table(estate, entry);
	InitResultRelInfo(info, relation, 1, NULL, 0);
	ExecOpenIndices(info, speculative);
	return info;
}
