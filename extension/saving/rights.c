/*
 * rights.c
 *	  Rights on the target.
 */
#include "saving/rights.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "rewrite/rewriteHandler.h"
#include "profile/absent_options.h"
#include "saving/save_mode.h"
#include "utils/acl.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/* Does the current role have the right on the whole target, or on each column of the profile? */
static bool
may_write(const Profile *profile, AclMode right)
{
	if (pg_class_aclcheck(profile->target, GetUserId(), right) == ACLCHECK_OK)
		return true;
	for (int i = 0; i < profile->count; i++)
		if (pg_attribute_aclcheck(profile->target, profile->columns[i].attnum, GetUserId(), right) != ACLCHECK_OK)
			return false;
	return profile->task_attnum == InvalidAttrNumber ||
		pg_attribute_aclcheck(profile->target, profile->task_attnum, GetUserId(), right) == ACLCHECK_OK;
}

static void
require_right(const Profile *profile, AclMode right, const char *name)
{
	if (!may_write(profile, right))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for table %s", get_rel_name(profile->target)),
				 errhint("The import runs as \"%s\", which needs %s.", GetUserNameFromId(GetUserId(), false), name)));
}

/* As a RETURNING of the role's own would need it. */
static void
require_returning(const Profile *profile)
{
	bool		all = !profile->keep_rows || pg_class_aclcheck(profile->target, GetUserId(), ACL_SELECT) == ACLCHECK_OK;

	for (int i = 0; i < profile->returning.count && !all; i++)
	{
		AttrNumber	attnum = get_attnum(profile->target, profile->returning.items[i]);

		if (attnum != InvalidAttrNumber && pg_attribute_aclcheck(profile->target, attnum, GetUserId(), ACL_SELECT) != ACLCHECK_OK)
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("permission denied for table %s", get_rel_name(profile->target)),
					 errhint("The import runs as \"%s\", which needs SELECT on column \"%s\": the option returning names it.",
							 GetUserNameFromId(GetUserId(), false), profile->returning.items[i])));
	}
}

static bool
deletes(const SaveTask *task)
{
	const SaveModeFacts *mode = save_mode(task->mode);
	List	   *settings;

	return mode->empties || task->profile->delete_when != NULL ||
		(mode->absents && absent_parse(task->profile->absent, &settings) == ABSENT_DELETE);
}

void
save_require_rights(const SaveTask *task)
{
	const SaveModeFacts *mode = save_mode(task->mode);

	require_returning(task->profile);

	if (mode->by_key)
		require_right(task->profile, ACL_SELECT, "SELECT");
	if (mode->updates)
		require_right(task->profile, ACL_UPDATE, "UPDATE");
	if (mode->inserts)
		require_right(task->profile, ACL_INSERT, "INSERT");
	if (deletes(task) && pg_class_aclcheck(task->profile->target, GetUserId(), ACL_DELETE) != ACLCHECK_OK)
		require_right(task->profile, ACL_DELETE, "DELETE");
}

/*
 * Sequences
 */

/* The rule of nextval(). The sequence of an identity column needs no right of its own. */
static bool
require_sequence(Node *node, void *column)
{
	const FuncExpr *call = (const FuncExpr *) node;

	if (node == NULL)
		return false;
	if (IsA(node, FuncExpr) && call->funcid == F_NEXTVAL && IsA(linitial(call->args), Const))
	{
		const Const *sequence = linitial_node(Const, call->args);
		Oid			relation = sequence->constisnull ? InvalidOid : DatumGetObjectId(sequence->constvalue);

		if (get_rel_relkind(relation) == RELKIND_SEQUENCE &&
			pg_class_aclcheck(relation, GetUserId(), ACL_USAGE | ACL_UPDATE) != ACLCHECK_OK)
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("permission denied for sequence %s", get_rel_name(relation)),
					 errhint("The import runs as \"%s\", which needs USAGE for the default of column \"%s\".",
							 GetUserNameFromId(GetUserId(), false), (const char *) column)));
	}
	return expression_tree_walker(node, require_sequence, column);
}

static bool
is_given(const Profile *profile, AttrNumber attnum)
{
	for (int i = 0; i < profile->count; i++)
		if (profile->columns[i].attnum == attnum)
			return true;
	return attnum == profile->task_attnum;
}

/* Checks the columns that get their default in each row. */
static void
require_sequences(const Profile *profile)
{
	Relation	target = table_open(profile->target, AccessShareLock);

	for (int i = 0; i < RelationGetDescr(target)->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(target), i);

		if (attribute->atthasdef && !attribute->attisdropped && attribute->attgenerated == '\0' &&
			!is_given(profile, attribute->attnum))
			(void) require_sequence(build_column_default(target, attribute->attnum), NameStr(attribute->attname));
	}
	table_close(target, NoLock);
}

void
save_require_all_rights(const SaveTask *task)
{
	save_require_rights(task);
	if (save_mode(task->mode)->inserts)
		require_sequences(task->profile);
}
