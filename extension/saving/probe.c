/*
 * probe.c
 *	  Examines the target of an import.
 */
#include "saving/probe.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "catalog/heap.h"
#include "catalog/pg_am.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "kept/unnest.h"
#include "nodes/plannodes.h"
#include "parser/parsetree.h"
#include "pg/compat.h"
#include "saving/insert_sql.h"
#include "saving/save_mode.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/plancache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/syscache.h"

/*
 * Relations behind the target
 */

static bool
has_triggers_of_users(Oid relation)
{
	Relation	opened = relation_open(relation, AccessShareLock);
	bool		found = false;

	for (int i = 0; opened->trigdesc != NULL && i < opened->trigdesc->numtriggers; i++)
		found = found || !opened->trigdesc->triggers[i].tgisinternal;
	relation_close(opened, NoLock);
	return found;
}

/* Examines a relation that the plan inserts into, with its partitions. */
static void
look_at_relation(Oid relation, SaveProbe *probe)
{
	List	   *family = get_rel_relkind(relation) == RELKIND_PARTITIONED_TABLE ?
		find_all_inheritors(relation, NoLock, NULL) : list_make1_oid(relation);
	ListCell   *cell;

	foreach(cell, family)
	{
		HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(lfirst_oid(cell)));
		Form_pg_class form;

		if (!HeapTupleIsValid(tuple))
			continue;			/* a partition that is gone by now */
		form = (Form_pg_class) GETSTRUCT(tuple);
		probe->row_by_row = probe->row_by_row && form->relkind != RELKIND_FOREIGN_TABLE;
		probe->local = probe->local && (form->relkind == RELKIND_RELATION || form->relkind == RELKIND_PARTITIONED_TABLE) &&
			!(form->relhastriggers && has_triggers_of_users(lfirst_oid(cell)));
		ReleaseSysCache(tuple);
	}
}

/*
 * The plan
 */

/* What an extension has made of the statement is not examined further. */
static void
look_at_plan(const Profile *profile, const PlannedStmt *statement, SaveProbe *probe)
{
	ListCell   *cell;

	probe->local = probe->row_by_row = probe->returns_in_order = IsA(statement->planTree, ModifyTable);
	probe->plain = probe->local && list_length(statement->resultRelations) == 1;
	foreach(cell, statement->resultRelations)
	{
		Oid			relation = rt_fetch(lfirst_int(cell), statement->rtable)->relid;

		probe->plain = probe->plain && relation == profile->target;
		look_at_relation(relation, probe);
	}
}

/* A statement whose plan has the same target relations as the statements of the task. */
static char *
typical_statement(const SaveTask *task, Oid *types, int *arguments)
{
	const Profile *profile = task->profile;

	*arguments = 0;
	if (!save_mode(task->mode)->inserts)
	{
		/* Any column may become its default, also an identity that is always generated. */
		return psprintf("UPDATE %s SET %s = DEFAULT",
						quote_qualified_identifier(get_namespace_name(get_rel_namespace(profile->target)), get_rel_name(profile->target)),
						quote_identifier(profile->columns[0].name));
	}
	*arguments = unnest_parameters(profile) + (profile->task_attnum != InvalidAttrNumber);
	return insert_sql_statement(profile, types);
}

static void
probe_plan(const SaveTask *task, SaveProbe *probe)
{
	const Profile *profile = task->profile;
	Oid		   *types = palloc(sizeof(Oid) * (size_t) (unnest_parameters(profile) + 1));
	int			arguments;
	char	   *sql = typical_statement(task, types, &arguments);
	SPIPlanPtr	plan;
	CachedPlan *cached;

	SPI_connect();
	plan = SPI_prepare(sql, arguments, types);
	if (plan == NULL)
		elog(ERROR, "could not prepare \"%s\": %s", sql, SPI_result_code_string(SPI_result));
	cached = SPI_plan_get_cached_plan(plan);
	/* Rules may have turned it into several statements, or into none. */
	if (cached != NULL && list_length(cached->stmt_list) == 1 && linitial_node(PlannedStmt, cached->stmt_list)->planTree != NULL)
		look_at_plan(profile, linitial_node(PlannedStmt, cached->stmt_list), probe);
	if (cached != NULL)
		ReleaseCachedPlan(cached, NULL);	/* the plan is not saved, so it has no resource owner */
	SPI_finish();
}

/*
 * The target itself
 */

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

/* Everything that makes a table other than a plain heap and that a plan does not show.  Only a plain heap may be filled directly. */
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

/*
 * Changes
 */

static uint64 changes = 1;

static void
note_change(Datum argument, Oid relation)
{
	changes++;
}

static void
listen_for_changes(void)
{
	static bool listens = false;

	if (!listens)
		CacheRegisterRelcacheCallback(note_change, (Datum) 0);
	listens = true;
}

SaveProbe
save_probe(const SaveTask *task)
{
	const Profile *profile = task->profile;
	SaveProbe	probe = {0};

	listen_for_changes();
	probe.changes = changes;	/* a change during the probe makes it invalid */
	/* A view that accepts UPDATE need not accept INSERT, and the reverse. */
	if (!save_mode(task->mode)->by_key || get_rel_relkind(profile->target) != RELKIND_VIEW)
		probe_plan(task, &probe);
	probe.plain = probe.plain && table_is_plain(profile);
	return probe;
}

/* A role may gain or lose its exemption from policies without a change of the table. */
bool
save_probe_holds(const SaveProbe *probe, Oid target)
{
	return probe->changes == changes && !(probe->plain && check_enable_rls(target, InvalidOid, true) == RLS_ENABLED);
}
