/*
 * column_default.c
 *	  The default of a column of the target, as an expression of SQL.
 */
#include "saving/column_default.h"

#include "access/relation.h"
#include "access/table.h"
#include "catalog/objectaddress.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "kept/unnest.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "rewrite/rewriteHandler.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

PG_FUNCTION_INFO_V1(pg_xlsx_column_default);

/* A default may draw from a sequence of the table without asking for a right: only who writes the table may have it evaluated. */
static void
require_writer(Oid relation)
{
	Oid			user = GetUserId();

	if (pg_class_aclmask(relation, user, ACL_INSERT | ACL_UPDATE, ACLMASK_ANY) == ACL_NO_RIGHTS &&
		pg_attribute_aclcheck_all(relation, user, ACL_INSERT, ACLMASK_ANY) != ACLCHECK_OK &&
		pg_attribute_aclcheck_all(relation, user, ACL_UPDATE, ACLMASK_ANY) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, get_relkind_objtype(get_rel_relkind(relation)), get_rel_name(relation));
}

/*
 * The default as the table stores it. Written as SQL text, its CASE, IN or NULLIF would find
 * operators by search_path.
 */
static ExprState *
prepare_default(Oid relation, AttrNumber attnum, Oid type)
{
	Relation	target = relation_open(relation, AccessShareLock);
	TupleDesc	descriptor = RelationGetDescr(target);
	Expr	   *expression = NULL;

	require_writer(relation);
	if (attnum > 0 && attnum <= descriptor->natts && !TupleDescAttr(descriptor, attnum - 1)->attisdropped &&
		!TupleDescAttr(descriptor, attnum - 1)->attgenerated && getBaseType(TupleDescAttr(descriptor, attnum - 1)->atttypid) == type)
		expression = (Expr *) build_column_default(target, attnum);
	relation_close(target, NoLock);
	if (expression == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("relation %u has no column %d of type %s with a default", relation, attnum, format_type_be(type))));
	return ExecInitExpr(expression_planner(expression), NULL);
}

typedef struct ColumnDefault
{
	ExprState  *state;
	ExprContext *context;
} ColumnDefault;

/*
 * The default of a column. The first argument only gives the type, which is never a domain, since
 * NULL may not be a value of a domain.
 */
Datum
pg_xlsx_column_default(PG_FUNCTION_ARGS)
{
	ColumnDefault *column = fcinfo->flinfo->fn_extra;
	Datum		value;
	bool		null;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_NULL();
	if (column == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);

		column = palloc(sizeof(ColumnDefault));
		column->state = prepare_default(PG_GETARG_OID(1), PG_GETARG_INT16(2), get_fn_expr_rettype(fcinfo->flinfo));
		column->context = CreateStandaloneExprContext();
		fcinfo->flinfo->fn_extra = column;
		MemoryContextSwitchTo(caller);
	}
	ResetExprContext(column->context);
	value = ExecEvalExpr(column->state, column->context, &null);
	if (null)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(value);
}

bool
column_default_exists(const Profile *profile, const ProfileColumn *column)
{
	Relation	target = table_open(profile->target, AccessShareLock);
	bool		found = target->rd_rel->relkind != RELKIND_VIEW &&
		(TupleDescAttr(RelationGetDescr(target), column->attnum - 1)->atthasdef ||
		 TupleDescAttr(RelationGetDescr(target), column->attnum - 1)->attidentity != '\0') &&
		build_column_default(target, column->attnum) != NULL;

	table_close(target, NoLock);
	return found;
}

bool
column_default_repeats(const Profile *profile, const ProfileColumn *column)
{
	Relation	target;
	Node	   *expression;

	if (!column_default_exists(profile, column))
		return false;
	target = table_open(profile->target, AccessShareLock);
	expression = build_column_default(target, column->attnum);
	table_close(target, NoLock);
	return !contain_volatile_functions(expression);
}

char *
column_default_sql(const Profile *profile, const ProfileColumn *column)
{
	return psprintf("CAST(xlsx_private.column_default(CAST(NULL AS %s), %u::pg_catalog.oid, %d::pg_catalog.int2) AS %s)",
					unnest_type_name(getBaseType(column->type)), profile->target, column->attnum, unnest_type_name(column->type));
}

char *
column_default_unasked(Oid target, AttrNumber attnum)
{
	Relation	relation = table_open(target, AccessShareLock);
	Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(relation), attnum - 1);
	const char *type = unnest_type_name(attribute->atttypid);
	Node	   *value = relation->rd_rel->relkind != RELKIND_VIEW && attribute->atthasdef && attribute->attgenerated == '\0' ?
		build_column_default(relation, attnum) : NULL;
	char	   *sql = value == NULL || contain_volatile_functions(value) ? psprintf("CAST(NULL AS %s)", type) :
		psprintf("CAST(xlsx_private.column_default(CAST(NULL AS %s), %u::pg_catalog.oid, %d::pg_catalog.int2) AS %s)",
				 unnest_type_name(getBaseType(attribute->atttypid)), target, attnum, type);

	table_close(relation, NoLock);
	return sql;
}

static bool
find_sequence(Node *node, void *found)
{
	const FuncExpr *call = (const FuncExpr *) node;

	if (node == NULL)
		return false;
	if (IsA(node, NextValueExpr))
		*(Oid *) found = ((const NextValueExpr *) node)->seqid;
	else if (IsA(node, FuncExpr) && call->funcid == F_NEXTVAL && IsA(linitial(call->args), Const) && !linitial_node(Const, call->args)->constisnull)
		*(Oid *) found = DatumGetObjectId(linitial_node(Const, call->args)->constvalue);
	return OidIsValid(*(Oid *) found) || expression_tree_walker(node, find_sequence, found);
}

Oid
column_default_sequence(Oid target, AttrNumber attnum)
{
	Relation	relation = table_open(target, AccessShareLock);
	Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(relation), attnum - 1);
	Oid			sequence = InvalidOid;

	if (relation->rd_rel->relkind != RELKIND_VIEW && (attribute->atthasdef || attribute->attidentity != '\0') && attribute->attgenerated == '\0')
		(void) find_sequence(build_column_default(relation, attnum), &sequence);
	table_close(relation, NoLock);
	return get_rel_relkind(sequence) == RELKIND_SEQUENCE ? sequence : InvalidOid;
}

bool
column_is_always_identity(Oid target, AttrNumber attnum)
{
	Relation	relation = table_open(target, AccessShareLock);
	bool		always = TupleDescAttr(RelationGetDescr(relation), attnum - 1)->attidentity == ATTRIBUTE_IDENTITY_ALWAYS;

	table_close(relation, NoLock);
	return always;
}
