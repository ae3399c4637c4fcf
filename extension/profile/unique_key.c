/*
 * unique_key.c
 *	  What tells the rows of a target apart: columns and expressions, most often those of a unique index.
 */
#include "profile/unique_key.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "catalog/pg_index.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "profile/key_name.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

/* A stored tree of an index as it was written, which the planner has not simplified; NULL: there is none. */
static void *
stored_tree(Relation index, AttrNumber attribute)
{
	bool		null;
	Datum		tree = SysCacheGetAttr(INDEXRELID, index->rd_indextuple, attribute, &null);

	return null ? NULL : stringToNode(TextDatumGetCString(tree));
}

/* Reads a unique index. Returns false when it can be no key: not unique, not valid, or over whole rows. */
static bool
take_index(Relation target, Oid oid, UniqueKey *key)
{
	Relation	index = index_open(oid, AccessShareLock);
	Form_pg_index form = index->rd_index;
	List	   *expressions = stored_tree(index, Anum_pg_index_indexprs);
	ListCell   *next = list_head(expressions);
	bool		usable = form->indisunique && form->indisvalid;

	*key = (UniqueKey) {
		.target = RelationGetRelid(target), .index = oid, .primary = form->indisprimary, .count = form->indnkeyatts,
		.nulls_equal = form->indnullsnotdistinct
	};
	key->parts = palloc0(sizeof(UniqueKeyPart) * (size_t) key->count);
	key->predicate = stored_tree(index, Anum_pg_index_indpred);
	for (int k = 0; k < key->count; k++)
	{
		UniqueKeyPart *part = &key->parts[k];

		part->attnum = form->indkey.values[k];
		if (part->attnum != 0)
			part->expression = key_name_column(target, part->attnum);
		else
		{
			part->expression = lfirst(next);
			next = lnext(expressions, next);
		}
		part->type = exprType(part->expression);
		part->equality = get_opfamily_member(index->rd_opfamily[k], index->rd_opcintype[k], index->rd_opcintype[k], BTEqualStrategyNumber);
		if (!OidIsValid(part->equality))
			part->equality = lookup_type_cache(part->type, TYPECACHE_EQ_OPR)->eq_opr;
		part->collation = index->rd_indcollation[k];
		usable = usable && !bms_is_member(0, unique_key_reads(key->target, part->expression));
	}
	usable = usable && !bms_is_member(0, unique_key_reads(key->target, key->predicate));
	index_close(index, NoLock);
	return usable;
}

/* Are the parts of the index those that are named, in any order? */
static bool
is_named(const UniqueKey *key, const List *names)
{
	if (key->count != list_length(names))
		return false;
	for (int k = 0; k < key->count; k++)
	{
		bool		found = false;
		ListCell   *cell;

		foreach(cell, names)
			found = found || key_name_means(lfirst(cell), key->target, key->parts[k].attnum, key->parts[k].expression);
		if (!found)
			return false;
	}
	return true;
}

/* Has the index all rows, and are its columns all imported? */
static bool
is_imported(const UniqueKey *key, const Bitmapset *imported)
{
	for (int k = 0; k < key->count; k++)
		if (key->parts[k].attnum == 0 || !bms_is_member(key->parts[k].attnum, imported))
			return false;
	return key->predicate == NULL;
}

typedef struct Choice
{
	UniqueKey	key;			/* the best so far */
	int			rank;			/* 0: none */
	bool		ambiguous;		/* another one is as good */
} Choice;

/* An index with all rows is better than one with some; the primary key is the best. */
static void
consider(Choice *choice, const UniqueKey *key)
{
	int			rank = key->primary ? 3 : key->predicate == NULL ? 2 : 1;

	if (rank < choice->rank)
		return;
	choice->ambiguous = rank == choice->rank;
	if (rank > choice->rank)
		choice->key = *key;
	choice->rank = rank;
}

static void
refuse_ambiguous(const char *profile)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_COLUMN_REFERENCE),
			 errmsg("profile \"%s\" has several keys to look for", profile),
			 errhint("Name the unique index with xlsx.alter_profile(…, key_index => …).")));
}

static void
refuse_none(Oid target, const char *profile, const TextList *named, const char *index)
{
	if (index != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("\"%s\" has no unique index \"%s\" that could be the key of profile \"%s\"", get_rel_name(target), index, profile),
				 named->count == 0 ? errdetail("It must be unique and valid, and may not be over whole rows.") :
				 errdetail("It must be unique and valid, and over just what key_columns names."),
				 errhint("Name another one with xlsx.alter_profile(…, key_index => …).")));
	if (named->count > 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_COLUMN_REFERENCE),
				 errmsg("key of profile \"%s\" is not unique in \"%s\"", profile, get_rel_name(target)),
				 errhint("Make a unique index over just these columns.")));
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_COLUMN_REFERENCE),
			 errmsg("profile \"%s\" has no key to look for", profile),
			 errhint("Name one with xlsx.alter_profile(…, key_columns => …).")));
}

/* Views and foreign tables have no index: the names are the key. */
static void
take_names(Relation target, const List *names, UniqueKey *key)
{
	ListCell   *cell;

	*key = (UniqueKey) {.target = RelationGetRelid(target), .parts = palloc0(sizeof(UniqueKeyPart) * (size_t) list_length(names))};
	foreach(cell, names)
	{
		const KeyName *name = lfirst(cell);
		UniqueKeyPart *part = &key->parts[key->count++];

		part->attnum = name->attnum;
		part->expression = name->attnum != 0 ? key_name_column(target, name->attnum) : name->expression;
		part->type = exprType(part->expression);
		part->equality = lookup_type_cache(part->type, TYPECACHE_EQ_OPR)->eq_opr;
		if (!OidIsValid(part->equality))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_FUNCTION),
					 errmsg("could not identify an equality operator for type %s", format_type_be(part->type))));
	}
}

/* The indexes that may be meant. names: of KeyName. */
static void
look(Relation target, const List *names, const char *index, const Bitmapset *imported, Choice *choice)
{
	ListCell   *cell;

	foreach(cell, RelationGetIndexList(target))
	{
		UniqueKey	one;

		if (!take_index(target, lfirst_oid(cell), &one) || (index != NULL && strcmp(get_rel_name(one.index), index) != 0))
			continue;
		if (names != NIL ? is_named(&one, names) : index != NULL || is_imported(&one, imported))
			consider(choice, &one);
	}
}

static bool
has_indexes(Relation target)
{
	return target->rd_rel->relkind == RELKIND_RELATION || target->rd_rel->relkind == RELKIND_PARTITIONED_TABLE;
}

void
unique_key_find(Oid oid, const char *profile, const TextList *named, const char *index, const Bitmapset *imported, UniqueKey *key)
{
	Relation	target = relation_open(oid, AccessShareLock);
	List	   *names = key_names_parse(target, named);
	Choice		choice = {.rank = 0};
	bool		by_names = !has_indexes(target) && index == NULL && names != NIL;

	if (by_names)
		take_names(target, names, key);
	else
		look(target, names, index, imported, &choice);
	relation_close(target, NoLock);
	if (by_names)
		return;
	if (choice.rank == 0)
		refuse_none(oid, profile, named, index);
	if (choice.ambiguous && (choice.rank == 1 || names == NIL))
		refuse_ambiguous(profile);
	*key = choice.key;
}

bool
unique_key_recall(Oid oid, const TextList *named, const char *index, const Bitmapset *imported, UniqueKey *key)
{
	Relation	target = relation_open(oid, AccessShareLock);
	List	   *names = key_names_parse(target, named);
	Choice		choice = {.rank = 0};

	look(target, names, index, imported, &choice);
	*key = choice.key;
	if (choice.rank == 0 && names != NIL)
		take_names(target, names, key);
	relation_close(target, NoLock);
	return key->count > 0;
}
