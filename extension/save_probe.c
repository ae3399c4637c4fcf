/*
 * save_probe.c
 *	  What the target is: may rows go straight into its heap?
 */
#include "save_probe.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/heap.h"
#include "catalog/pg_am.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_index.h"
#include "catalog/pg_type.h"
#include "compat.h"
#include "executor/spi.h"
#include "nodes/plannodes.h"
#include "parser/parsetree.h"
#include "save.h"
#include "utils/lsyscache.h"
#include "utils/plancache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/syscache.h"

/* Is the plan of the INSERT a plain ModifyTable on the target itself? */
static bool
plan_is_plain(const Profile *profile)
{
	Oid		   *types = palloc(sizeof(Oid) * (size_t) (profile->count + 1));
	char	   *sql = save_unnest_statement(profile, types);
	int			arguments = profile->count + (profile->task_attnum != InvalidAttrNumber);
	SPIPlanPtr	plan;
	CachedPlan *cached;
	PlannedStmt *statement;
	bool		plain;

	SPI_connect();
	plan = SPI_prepare(sql, arguments, types);
	if (plan == NULL)
		elog(ERROR, "could not prepare \"%s\": %s", sql, SPI_result_code_string(SPI_result));
	cached = SPI_plan_get_cached_plan(plan);
	plain = cached != NULL && list_length(cached->stmt_list) == 1;
	if (plain)
	{
		statement = linitial_node(PlannedStmt, cached->stmt_list);
		plain = IsA(statement->planTree, ModifyTable) &&
			list_length(statement->resultRelations) == 1 &&
			rt_fetch(linitial_int(statement->resultRelations), statement->rtable)->relid == profile->target;
	}
	if (cached != NULL)
		ReleaseCachedPlan(cached, NULL);	/* a plan that is not saved has no owner */
	SPI_finish();
	return plain;
}

static bool
has_insert_triggers(Relation target)
{
	TriggerDesc *triggers = target->trigdesc;

	return triggers != NULL &&
		(triggers->trig_insert_before_row || triggers->trig_insert_instead_row ||
		 triggers->trig_insert_before_statement || triggers->trig_insert_after_statement ||
		 triggers->trig_insert_new_table);
}

static bool
has_deferrable_index(Relation target)
{
	List	   *indexes = RelationGetIndexList(target);
	ListCell   *cell;
	bool		deferrable = false;

	foreach(cell, indexes)
	{
		HeapTuple	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(lfirst_oid(cell)));

		if (!HeapTupleIsValid(tuple))
			elog(ERROR, "cache lookup failed for index %u", lfirst_oid(cell));
		deferrable = deferrable || !((Form_pg_index) GETSTRUCT(tuple))->indimmediate;
		ReleaseSysCache(tuple);
	}
	return deferrable;
}

static bool
has_domain_column(Relation target)
{
	for (int i = 0; i < RelationGetDescr(target)->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(target), i);

		if (!attribute->attisdropped && get_typtype(attribute->atttypid) == TYPTYPE_DOMAIN)
			return true;
	}
	return false;
}

/* What the plan does not show; the list is that of pg-internals: only a plain heap table qualifies. */
static bool
table_is_plain(const Profile *profile)
{
	Relation	target = table_open(profile->target, AccessShareLock);
	bool		plain = target->rd_rel->relkind == RELKIND_RELATION &&
		target->rd_rel->relam == HEAP_TABLE_AM_OID &&
		target->rd_rel->relpersistence != RELPERSISTENCE_TEMP &&
		!target->rd_rel->relispartition &&
		!has_superclass(profile->target) &&
		find_inheritance_children(profile->target, NoLock) == NIL &&
		target->rd_rules == NULL &&
		!has_insert_triggers(target) &&
		!compat_has_generated(target->rd_att) &&
		!has_deferrable_index(target) &&
		!has_domain_column(target) &&
		check_enable_rls(profile->target, InvalidOid, true) != RLS_ENABLED;

	table_close(target, NoLock);
	return plain;
}

bool
save_probe_plain(const Profile *profile)
{
	return table_is_plain(profile) && plan_is_plain(profile);
}
