/*
 * keyed_watch.c
 *	  Finds the columns that have a trigger UPDATE OF.
 */
#include "saving/keyed_watch.h"

#include "access/relation.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "rewrite/rewriteHandler.h"
#include "utils/rel.h"

typedef struct Watch
{
	const Profile *profile;
	bool	   *named;			/* by profile column */
	bool		all;			/* the columns of the trigger cannot be told by their names */
} Watch;

/* A generated column is updated with those that it is made of. */
static void
note_column(Watch *watch, const FormData_pg_attribute *attribute)
{
	watch->all = watch->all || attribute->attgenerated != '\0';
	for (int i = 0; i < watch->profile->count; i++)
		watch->named[i] = watch->named[i] || strcmp(watch->profile->columns[i].name, NameStr(attribute->attname)) == 0;
}

static void
note_triggers(Watch *watch, Relation relation)
{
	for (int i = 0; relation->trigdesc != NULL && i < relation->trigdesc->numtriggers; i++)
	{
		const Trigger *trigger = &relation->trigdesc->triggers[i];

		if (!TRIGGER_FOR_UPDATE(trigger->tgtype))
			continue;
		for (int k = 0; k < trigger->tgnattr; k++)
			note_column(watch, TupleDescAttr(RelationGetDescr(relation), trigger->tgattr[k] - 1));
	}
}

static void note_relation(Watch *watch, Oid oid);

/* A view may call the columns of its tables otherwise. */
static void
note_view(Watch *watch, Relation view)
{
	ListCell   *cell;
	Watch		behind = {watch->profile, palloc0(sizeof(bool) * (size_t) watch->profile->count), false};
	bool		found = false;

	foreach(cell, get_view_query(view)->rtable)
	{
		const RangeTblEntry *entry = lfirst_node(RangeTblEntry, cell);

		if (entry->rtekind == RTE_RELATION && entry->relid != RelationGetRelid(view))
			note_relation(&behind, entry->relid);
	}
	for (int i = 0; i < watch->profile->count; i++)
		found = found || behind.named[i];
	watch->all = watch->all || behind.all || found;
}

static void
note_relation(Watch *watch, Oid oid)
{
	ListCell   *cell;

	check_stack_depth();
	foreach(cell, find_all_inheritors(oid, NoLock, NULL))
	{
		Relation	relation = try_relation_open(lfirst_oid(cell), AccessShareLock);

		if (relation == NULL)
			continue;			/* a partition that is gone by now */
		note_triggers(watch, relation);
		if (relation->rd_rel->relkind == RELKIND_VIEW)
			note_view(watch, relation);
		relation_close(relation, NoLock);
	}
}

bool *
keyed_watched_columns(const Profile *profile, const bool *is_updated)
{
	Watch		watch = {profile, palloc0(sizeof(bool) * (size_t) profile->count), false};
	bool		any = false;

	note_relation(&watch, profile->target);
	for (int i = 0; i < profile->count; i++)
	{
		watch.named[i] = (watch.named[i] || watch.all) && is_updated[i] && profile->columns[i].blank_cells == BLANK_KEEP;
		any = any || watch.named[i];
	}
	return any ? watch.named : NULL;
}
