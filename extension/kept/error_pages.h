/*
 * error_pages.h
 *	  Where rows that were not saved are kept: as many of them in one stored row as fill a page.
 *
 * A row of xlsx_private.error_page (warning_page) holds rows from first_row to
 * last_row of the sheet, in their order.  Within a task no two pages overlap,
 * so that whoever reads page by page reads in the order of the sheet; and the
 * index, which would be the dearest part of a bad row, has one entry for many.
 */
#ifndef PG_XLSX_ERROR_PAGES_H
#define PG_XLSX_ERROR_PAGES_H

#include "pg/pg_xlsx.h"

#include "access/htup.h"
#include "access/tupdesc.h"

/* Of a composite of type xlsx_private.reported_row, in memory of its own. */
typedef struct ReportedRow
{
	int32		number;			/* of the row in the sheet */
	HeapTupleHeader datum;
} ReportedRow;

/* Columns of a ReportedRow; in the current memory context. */
extern TupleDesc error_pages_descriptor(void);

/*
 * Adds rows, which it sorts, to a task, in the current transaction.  after: the
 * last row of the sheet that pages of the task may hold by now, beyond which
 * nothing has to be looked for.  What it needs meanwhile goes to the current
 * memory context.
 */
extern void error_pages_add(const char *table, int64 task, ReportedRow *rows, int count, int64 after);

#endif							/* PG_XLSX_ERROR_PAGES_H */
