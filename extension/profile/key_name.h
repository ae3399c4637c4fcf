/*
 * key_name.h
 *	  What a profile names as its key: columns of the target, and expressions over them.
 *
 * An expression is parsed and compared with those of indexes. It is never run: what runs is the
 * index's own expression.
 */
#ifndef PG_XLSX_PROFILE_KEY_NAME_H
#define PG_XLSX_PROFILE_KEY_NAME_H

#include "pg/pg_xlsx.h"

#include "profile/profile.h"
#include "utils/rel.h"

typedef struct KeyName
{
	const char *text;
	AttrNumber	attnum;			/* 0: an expression */
	Node	   *expression;		/* over the target as relation 1; NULL for a column */
} KeyName;

/*
 * A list of KeyName in the current memory context. Raises an error if a text is neither a column
 * of the target nor an expression over its columns.
 */
extern List *key_names_parse(Relation target, const TextList *named);

/* Is it this column (attnum 0: this expression) of an index? Spaces do not matter. */
extern bool key_name_means(const KeyName *name, Oid target, AttrNumber attnum, Node *expression);

/* The column of a relation as an expression. */
extern Node *key_name_column(Relation target, AttrNumber attnum);

#endif							/* PG_XLSX_PROFILE_KEY_NAME_H */
