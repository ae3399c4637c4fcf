/*
 * constraint_comment.h
 *	  What people have written about a constraint: COMMENT ON CONSTRAINT.
 *
 * The functions read the catalog and need a transaction. A result lives in the current memory
 * context, and is NULL where there is no comment.
 */
#ifndef PG_XLSX_CONSTRAINT_COMMENT_H
#define PG_XLSX_CONSTRAINT_COMMENT_H

#include "pg/pg_xlsx.h"

#include "nodes/bitmapset.h"

/*
 * Of a constraint of a table, or of the one of a partitioned table from which it comes. A unique
 * index that belongs to no constraint has COMMENT ON INDEX.
 */
extern char *constraint_comment(Oid relation, const char *name);

/* Of NOT NULL of a column; before PostgreSQL 18 it is no constraint that could have one. */
extern char *constraint_comment_of_not_null(Oid relation, AttrNumber attnum);

/* Of a constraint of a domain, or of a domain that it is made of. schema, domain: name of the domain. */
extern char *constraint_comment_of_domain(const char *schema, const char *domain, const char *name);

/*
 * The columns of relation that a constraint or a unique index reads. It may belong to a partition
 * of relation.
 */
extern Bitmapset *constraint_columns(Oid relation, Oid owner, const char *name);

#endif							/* PG_XLSX_CONSTRAINT_COMMENT_H */
