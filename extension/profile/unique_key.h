/*
 * unique_key.h
 *	  What tells the rows of a target apart: columns and expressions, most often those of a unique index.
 *
 * Expressions and predicates are stored trees over the target as relation 1. They are rendered as
 * SQL about a row "t". Names in that SQL are those of the search_path at hand: use it under the
 * same one.
 */
#ifndef PG_XLSX_PROFILE_UNIQUE_KEY_H
#define PG_XLSX_PROFILE_UNIQUE_KEY_H

#include "pg/pg_xlsx.h"

#include "nodes/bitmapset.h"
#include "profile/profile.h"

typedef struct UniqueKeyPart
{
	AttrNumber	attnum;			/* 0: an expression */
	Node	   *expression;		/* a Var for a column */
	Oid			type;
	Oid			equality;		/* operator; InvalidOid: the type has none */
	Oid			collation;		/* that of the index; InvalidOid: that of the column, or none */
} UniqueKeyPart;

typedef struct UniqueKey
{
	Oid			target;
	Oid			index;			/* InvalidOid: none, which only views and foreign tables may do */
	bool		primary;
	int			count;
	UniqueKeyPart *parts;
	bool		nulls_equal;	/* NULLS NOT DISTINCT */
	Node	   *predicate;		/* the index has only these rows; NULL: all */
} UniqueKey;

/*
 * Finds the key in the current memory context. index: name of a unique index of the target, or
 * NULL. named: columns and expressions of a unique index; a text is a column if the target has one
 * of that name. Both may be given if they agree. If neither is, it is the primary key or, where
 * there is none, the only unique index that is over columns of imported (a set of attribute
 * numbers) and has all rows. profile: its name, for errors.
 *
 * Raises an error if the target has no such key, or several.
 */
extern void unique_key_find(Oid target, const char *profile, const TextList *named, const char *index, const Bitmapset *imported, UniqueKey *key);

/*
 * The same for work after an import: any of several, and the names alone where their index is
 * gone. Returns false if nothing is left of the key.
 */
extern bool unique_key_recall(Oid target, const TextList *named, const char *index, const Bitmapset *imported, UniqueKey *key);

/* Attribute numbers that an expression reads. A generated column counts as what it is generated from. */
extern Bitmapset *unique_key_reads(Oid target, Node *expression);

/* An expression about the row "t" of the target. */
extern char *unique_key_sql(Oid target, Node *expression);

/*
 * The same about a row that is not in the target yet. source returns SQL for a column of it, with
 * the type and the collation of the column.
 */
typedef char *(*UniqueKeySource) (void *argument, AttrNumber attnum);
extern char *unique_key_sql_over(Oid target, Node *expression, UniqueKeySource source, void *argument);

/* "value COLLATE …", with the collation of a column of the target where it differs from that of its type. */
extern char *unique_key_collated(Oid target, AttrNumber attnum, char *value);

/* The same with the collation of a part of the key. */
extern char *unique_key_part_collated(const UniqueKeyPart *part, char *value);

/* SQL: is the part of the row "t" equal to value? */
extern char *unique_key_equals(const UniqueKey *key, int part, const char *value);

#endif							/* PG_XLSX_PROFILE_UNIQUE_KEY_H */
