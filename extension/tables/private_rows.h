/*
 * private_rows.h
 *	  Rows of the private tables without SQL: inserted straight into a table and its indexes,
 *	  and read by an index.
 *
 * Use it for rows that come in great numbers or fill pages. Triggers do not see these rows, so no
 * foreign key is checked: the caller holds a lock on the rows that they refer to. Rights and NOT
 * NULL are not checked, and no column gets its default.
 */
#ifndef PG_XLSX_PRIVATE_ROWS_H
#define PG_XLSX_PRIVATE_ROWS_H

#include "pg/pg_xlsx.h"

#include "access/genam.h"
#include "utils/rel.h"

/*
 * Opens a private table or index, locked until the transaction ends. Raises an error when the
 * extension is not installed.
 */
extern Relation private_rows_open(const char *name, LOCKMODE lock);
extern void private_rows_close(Relation relation);

/* Inserts the rows and frees them. The next commands of the transaction see them. */
extern void private_rows_insert(Relation relation, HeapTuple *rows, int count);

#endif							/* PG_XLSX_PRIVATE_ROWS_H */
