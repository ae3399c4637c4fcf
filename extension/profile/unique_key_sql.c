/*
 * unique_key_sql.c
 *	  SQL about the rows that a key tells apart.
 */
#include "profile/unique_key.h"

#include "access/sysattr.h"
#include "access/table.h"
#include "catalog/pg_collation.h"
#include "lib/stringinfo.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "rewrite/rewriteHandler.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"

/* Puts what a generated column is generated from in its place. */
static Node *
expand_generated(Node *node, void *target)
{
	const Var  *var = (const Var *) node;

	if (node == NULL)
		return NULL;
	if (IsA(node, Var) && var->varattno > 0 && TupleDescAttr(RelationGetDescr((Relation) target), var->varattno - 1)->attgenerated != '\0')
		return build_column_default(target, var->varattno);
	return expression_tree_mutator(node, expand_generated, target);
}

static Node *
expanded(Oid target, Node *expression)
{
	Relation	relation = table_open(target, AccessShareLock);
	Node	   *result = expand_generated(expression, relation);

	table_close(relation, NoLock);
	return result;
}

Bitmapset *
unique_key_reads(Oid target, Node *expression)
{
	Bitmapset  *shifted = NULL;
	Bitmapset  *reads = NULL;
	int			member = -1;

	if (expression == NULL)
		return NULL;
	pull_varattnos(expanded(target, expression), 1, &shifted);
	while ((member = bms_next_member(shifted, member)) >= 0)
		reads = bms_add_member(reads, Max(member + FirstLowInvalidHeapAttributeNumber, 0));
	return reads;
}

char *
unique_key_sql(Oid target, Node *expression)
{
	return psprintf("(%s)", deparse_expression(expression, deparse_context_for("t", target), true, false));
}

char *
unique_key_sql_over(Oid target, Node *expression, UniqueKeySource source, void *argument)
{
	Node	   *full = expanded(target, expression);
	Bitmapset  *reads = unique_key_reads(target, full);
	int			attnum = -1;
	StringInfoData columns;

	initStringInfo(&columns);
	while ((attnum = bms_next_member(reads, attnum)) >= 0)
		appendStringInfo(&columns, "%s%s AS %s", columns.len > 0 ? ", " : "", source(argument, (AttrNumber) attnum),
						 quote_identifier(get_attname(target, (AttrNumber) attnum, false)));
	return psprintf("(SELECT %s FROM (SELECT %s) AS t)", unique_key_sql(target, full), columns.data);
}

char *
unique_key_collated(Oid target, AttrNumber attnum, char *value)
{
	Oid			type;
	int32		typmod;
	Oid			collation;

	get_atttypetypmodcoll(target, attnum, &type, &typmod, &collation);
	return collation == get_typcollation(type) ? value : psprintf("(%s COLLATE %s)", value, generate_collation_name(collation));
}

char *
unique_key_part_collated(const UniqueKeyPart *part, char *value)
{
	return !OidIsValid(part->collation) || part->collation == get_typcollation(part->type) ? value :
		psprintf("(%s COLLATE %s)", value, generate_collation_name(part->collation));
}

/* The collation of an index, where it is not that of the expression. */
static char *
part_sql(const UniqueKey *key, const UniqueKeyPart *part)
{
	char	   *sql = unique_key_sql(key->target, part->expression);

	if (!OidIsValid(part->collation) || part->collation == exprCollation(part->expression))
		return sql;
	return psprintf("(%s COLLATE %s)", sql, generate_collation_name(part->collation));
}

char *
unique_key_equals(const UniqueKey *key, int part, const char *value)
{
	const UniqueKeyPart *one = &key->parts[part];
	char	   *own = part_sql(key, one);
	StringInfoData sql;

	initStringInfo(&sql);
	generate_operator_clause(&sql, own, one->type, one->equality, value, one->type);
	if (key->nulls_equal)
		return psprintf("(%s OR (%s IS NULL AND %s IS NULL))", sql.data, own, value);
	return sql.data;
}
