/*
 * row_pages.h
 *	  Stores what became of rows: those of a batch in one row of xlsx_private.row_page.
 *
 * Pages are written with the batch, in its transaction. When the batch may be rolled back and its
 * rows must survive (a dry run), they are held aside until row_pages_release. A page does not
 * cross a multiple of ROW_PAGE_BLOCK rows of the sheet: batches may come in any order, and the
 * rows of a part of the sheet are still found by the index.
 */
#ifndef PG_XLSX_ROW_PAGES_H
#define PG_XLSX_ROW_PAGES_H

#include "pg/pg_xlsx.h"

#include "kept/packet.h"
#include "kept/row_fates.h"
#include "utils/tuplestore.h"

/* Also in install/task_rows.sql. */
#define ROW_PAGE_BLOCK 4096

typedef struct RowPages
{
	MemoryContext context;		/* reset by row_pages_add */
	int64		task;
	Tuplestorestate *held;		/* NULL: pages are written at once */
} RowPages;

extern void row_pages_init(RowPages *pages, int64 task, MemoryContext parent);

/*
 * Writes the rows of a batch that were not refused, or holds them aside. Call it as the owner of
 * the task or the extension; needs no right.
 */
extern void row_pages_add(RowPages *pages, const RowFates *fates, const PacketRows *rows);

/*
 * From here on pages are held aside, on disk beyond work_mem; what was held before is dropped.
 * Call it outside of the subtransaction that may be rolled back. row_pages_release writes the
 * pages (keep), or drops them.
 */
extern void row_pages_hold(RowPages *pages);
extern void row_pages_release(RowPages *pages, bool keep);

#endif							/* PG_XLSX_ROW_PAGES_H */
