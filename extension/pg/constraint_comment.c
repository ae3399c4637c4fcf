/*
 * constraint_comment.c
 *	  What people have written about a constraint.
 */
#include "pg/constraint_comment.h"

#include "access/htup_details.h"
#include "access/sysattr.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_index.h"
#include "catalog/pg_type.h"
#include "commands/comment.h"
#include "pg/compat.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/* InvalidOid at the top, and for constraints that partitions inherit by name. */
static Oid
constraint_above(Oid constraint)
{
	HeapTuple	tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(constraint));
	Oid			parent;

	if (!HeapTupleIsValid(tuple))
		return InvalidOid;
	parent = ((Form_pg_constraint) GETSTRUCT(tuple))->conparentid;
	ReleaseSysCache(tuple);
	return parent;
}

static Oid
index_above(Oid index)
{
	return get_rel_relispartition(index) ? get_partition_parent(index, true) : InvalidOid;
}

/* An index of the relation's schema that is called so and is the relation's. */
static Oid
index_called(Oid relation, const char *name)
{
	Oid			index = get_relname_relid(name, get_rel_namespace(relation));
	HeapTuple	tuple = OidIsValid(index) ? SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index)) : NULL;
	bool		its = HeapTupleIsValid(tuple) && ((Form_pg_index) GETSTRUCT(tuple))->indrelid == relation;

	if (HeapTupleIsValid(tuple))
		ReleaseSysCache(tuple);
	return its ? index : InvalidOid;
}

static char *
told(char *comment)
{
	return comment != NULL && comment[strspn(comment, " \t\r\n")] != '\0' ? comment : NULL;
}

/* Comments are on the thing itself or on one above it. */
static char *
comment_upwards(Oid object, Oid class, Oid (*above) (Oid object))
{
	char	   *comment = NULL;

	for (; OidIsValid(object) && comment == NULL; object = above(object))
		comment = told(GetComment(object, class, 0));
	return comment;
}

static char *
comment_of_ancestors(Oid relation, const char *name)
{
	char	   *comment = NULL;

	for (; get_rel_relispartition(relation) && comment == NULL;)
	{
		relation = get_partition_parent(relation, true);
		comment = comment_upwards(get_relation_constraint_oid(relation, name, true), ConstraintRelationId, constraint_above);
	}
	return comment;
}

char *
constraint_comment(Oid relation, const char *name)
{
	Oid			constraint = get_relation_constraint_oid(relation, name, true);

	if (!OidIsValid(constraint))
		return comment_upwards(index_called(relation, name), RelationRelationId, index_above);
	return comment_upwards(constraint, ConstraintRelationId, constraint_above) ?: comment_of_ancestors(relation, name);
}

char *
constraint_comment_of_not_null(Oid relation, AttrNumber attnum)
{
	return comment_upwards(compat_not_null_constraint(relation, attnum), ConstraintRelationId, constraint_above);
}

char *
constraint_comment_of_domain(const char *schema, const char *domain, const char *name)
{
	Oid			type = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum(domain),
									   ObjectIdGetDatum(get_namespace_oid(schema, true)));
	char	   *comment = NULL;

	while (comment == NULL && get_typtype(type) == TYPTYPE_DOMAIN)
	{
		Oid			constraint = get_domain_constraint_oid(type, name, true);
		HeapTuple	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));

		if (OidIsValid(constraint))
			comment = told(GetComment(constraint, ConstraintRelationId, 0));
		if (!HeapTupleIsValid(tuple))
			break;
		type = ((Form_pg_type) GETSTRUCT(tuple))->typbasetype;
		ReleaseSysCache(tuple);
	}
	return comment;
}

/*
 * Columns
 */

static Bitmapset *
columns_of_index(Oid index)
{
	HeapTuple	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index));
	Bitmapset  *columns = NULL;

	if (!HeapTupleIsValid(tuple))
		return NULL;
	for (int i = 0; i < ((Form_pg_index) GETSTRUCT(tuple))->indnkeyatts; i++)
		if (((Form_pg_index) GETSTRUCT(tuple))->indkey.values[i] != InvalidAttrNumber)
			columns = bms_add_member(columns, ((Form_pg_index) GETSTRUCT(tuple))->indkey.values[i] - FirstLowInvalidHeapAttributeNumber);
	ReleaseSysCache(tuple);
	return columns;
}

static Oid
relation_of_constraint(Oid constraint)
{
	HeapTuple	tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(constraint));
	Oid			relation;

	if (!HeapTupleIsValid(tuple))
		return InvalidOid;
	relation = ((Form_pg_constraint) GETSTRUCT(tuple))->conrelid;
	ReleaseSysCache(tuple);
	return relation;
}

Bitmapset *
constraint_columns(Oid relation, Oid owner, const char *name)
{
	Oid			constraint = get_relation_constraint_oid(owner, name, true);
	Oid			index = OidIsValid(constraint) ? InvalidOid : index_called(owner, name);
	Bitmapset  *columns;

	while (OidIsValid(constraint) && relation_of_constraint(constraint) != relation)
		constraint = constraint_above(constraint);
	if (OidIsValid(constraint))
	{
		char	   *called = get_constraint_name(constraint);

		return get_relation_constraint_attnos(relation, called, true, &constraint);
	}
	/* Partitions inherit a CHECK by its name. */
	constraint = get_relation_constraint_oid(relation, name, true);
	columns = OidIsValid(constraint) ? get_relation_constraint_attnos(relation, name, true, &constraint) : NULL;
	if (columns != NULL || !OidIsValid(index))
		return columns;
	while (OidIsValid(index) && !OidIsValid(index_called(relation, get_rel_name(index))))
		index = index_above(index);
	return OidIsValid(index) ? columns_of_index(index) : NULL;
}
