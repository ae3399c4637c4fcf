/*
 * private_rows.h
 *	  Rows of the private tables without SQL: straight into a table and its
 *	  indexes, and by an index out of it.
 *
 * For what comes in great numbers or fills pages.  No trigger sees such a row,
 * so no foreign key is checked: whoever inserts holds a lock on the rows that
 * it refers to.  Nobody's rights are asked either, nor is NOT NULL, and no
 * value gets its default.
 */
#ifndef PG_XLSX_PRIVATE_ROWS_H
#define PG_XLSX_PRIVATE_ROWS_H

#include "pg/pg_xlsx.h"

#include "access/genam.h"
#include "utils/rel.h"

/* A private table or index, locked until the transaction ends; an error when the extension is not here (any more). */
extern Relation private_rows_open(const char *name, LOCKMODE lock);
extern void private_rows_close(Relation relation);

/* Inserts the rows, which the following commands of the transaction see, and frees them. */
extern void private_rows_insert(Relation relation, HeapTuple *rows, int count);

#endif							/* PG_XLSX_PRIVATE_ROWS_H */
