/*
 * error_pages.h
 *	  Stores rows that were not saved: as many in one stored row as fill a page.
 *
 * A row of xlsx_private.error_page (warning_page) holds rows from first_row to last_row of the
 * sheet, in their order. The pages of a task do not overlap, so reading them one after the other
 * gives the order of the sheet. The index would be the most expensive part of a bad row; this way
 * it has one entry for many of them.
 */
#ifndef PG_XLSX_ERROR_PAGES_H
#define PG_XLSX_ERROR_PAGES_H

#include "pg/pg_xlsx.h"

#include "access/htup.h"
#include "access/tupdesc.h"

/* Columns of the composite type xlsx_private.reported_row. */
#define REPORTED_ROW_COLUMNS 4

/* A value of that type, in memory of its own. */
typedef struct ReportedRow
{
	int32		number;			/* number of the row in the sheet */
	HeapTupleHeader datum;
} ReportedRow;

/* Returns the columns of a ReportedRow, in the current memory context. */
extern TupleDesc error_pages_descriptor(void);

/*
 * Sorts the rows and adds them to a task, in the current transaction. after: the last sheet row
 * that existing pages of the task may contain; overlaps beyond it are not searched. Temporary
 * memory comes from the current memory context.
 */
extern void error_pages_add(const char *table, int64 task, ReportedRow *rows, int count, int64 after);

#endif							/* PG_XLSX_ERROR_PAGES_H */
