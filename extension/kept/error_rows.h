/*
 * error_rows.h
 *	  The rows of one batch that are not saved, with their violations; or
 *	  those that only break a rule of severity "warning".
 *
 * Rows are collected and written to pages (error_pages.h) with the batch, in its
 * transaction.  Where the batch may be rolled back and its
 * errors are wanted all the same, they are held aside until error_rows_release.
 */
#ifndef PG_XLSX_ERROR_ROWS_H
#define PG_XLSX_ERROR_ROWS_H

#include "pg/pg_xlsx.h"

#include "kept/error_form.h"
#include "kept/error_pages.h"
#include "utils/tuplestore.h"

typedef struct ErrorRows
{
	MemoryContext context;		/* reset by error_rows_begin */
	int64		task;
	bool		warnings;
	int64		after;			/* as error_pages_add takes it */
	Tuplestorestate *held;		/* NULL: rows are written at once */
	TupleDesc	descriptor;		/* of a row; NULL: not made yet */
	int			count;
	int			capacity;
	size_t		bytes;			/* of the rows */
	ReportedRow *rows;
	ErrorForm	form;			/* the row under way */
} ErrorRows;

/* after: the last row of which there may be something from before; ERROR_ROWS_ANYWHERE where others write besides. */
#define ERROR_ROWS_ANYWHERE PG_INT64_MAX
extern void error_rows_init(ErrorRows *errors, int64 task, bool warnings, int64 after, MemoryContext parent);
extern void error_rows_begin(ErrorRows *errors);

/* One row: begin, its values and violations into the form, end. */
extern ErrorForm *error_row_begin(ErrorRows *errors);
extern void error_row_end(ErrorRows *errors, uint32 sheet_row);

/* One row whose columns have been made elsewhere; they are copied. */
extern void error_row_add(ErrorRows *errors, uint32 sheet_row, const ArrayType *cells, const Jsonb *violations);

/* Are there as many as a batch may have, or as many bytes? */
extern bool error_rows_full(const ErrorRows *errors);

/* Writes what was collected, or sets it aside. */
extern void error_rows_store(ErrorRows *errors);

/*
 * From here on rows are set aside, on disk beyond work_mem; call it outside
 * of the subtransaction that may be rolled back.  Release writes them.
 */
extern void error_rows_hold(ErrorRows *errors);
extern void error_rows_release(ErrorRows *errors);

#endif							/* PG_XLSX_ERROR_ROWS_H */
