/*
 * mark.h
 *	  Which row of a batch a statement has reached.
 *
 * xlsx_private.mark_row(N) in the WHERE of a statement notes that it takes row N, counted from 1;
 * xlsx_private.marked_row() in its RETURNING says which one that was. A trigger may save rows of
 * another import meanwhile, so each statement has a mark of its own, from mark_begin to mark_end.
 * After an error call mark_end, too.
 */
#ifndef PG_XLSX_MARK_H
#define PG_XLSX_MARK_H

#include "pg/pg_xlsx.h"

/* Returns the mark of the statement around, for mark_end. */
extern int64 mark_begin(void);

/* Returns the row that the statement reached, 0 for none. */
extern int64 mark_end(int64 outer);

#endif							/* PG_XLSX_MARK_H */
