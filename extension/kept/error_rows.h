/*
 * error_rows.h
 *	  Collects the rows of one batch that are not saved, with their violations. Also used for
 *	  rows that only break a rule of severity "warning".
 *
 * The rows are written to pages (error_pages.h) with the batch, in its transaction. When the
 * batch may be rolled back and its errors must survive, they are held aside until
 * error_rows_release.
 */
#ifndef PG_XLSX_ERROR_ROWS_H
#define PG_XLSX_ERROR_ROWS_H

#include "pg/pg_xlsx.h"

#include "kept/error_form.h"
#include "kept/error_pages.h"
#include "utils/tuplestore.h"

/* The columns of a row that is not saved, or that is warned of. */
typedef struct KeptRow
{
	const ArrayType *cells;
	const Jsonb *violations;
	const text *kinds;
} KeptRow;

typedef struct ErrorRows
{
	MemoryContext context;		/* reset by error_rows_begin */
	int64		task;
	bool		warnings;
	int64		after;			/* as error_pages_add takes it */
	Tuplestorestate *held;		/* NULL: rows are written at once */
	TupleDesc	descriptor;		/* of a row; NULL: not read yet */
	int			count;
	int			capacity;
	size_t		bytes;			/* of the rows */
	ReportedRow *rows;
	ErrorForm	form;			/* the row that is being written */
} ErrorRows;

/*
 * after: the last sheet row that earlier attempts may have written. ERROR_ROWS_ANYWHERE when
 * other writers add rows of the same task.
 */
#define ERROR_ROWS_ANYWHERE PG_INT64_MAX
extern void error_rows_init(ErrorRows *errors, int64 task, bool warnings, int64 after, MemoryContext parent);
extern void error_rows_begin(ErrorRows *errors);

/* For one row: begin, write its values and violations into the form, end. */
extern ErrorForm *error_row_begin(ErrorRows *errors);
extern void error_row_end(ErrorRows *errors, uint32 sheet_row);

/* Adds a row whose columns exist already. They are copied. */
extern void error_row_add(ErrorRows *errors, uint32 sheet_row, const KeptRow *row);

/* Does the batch have its most rows, or bytes? */
extern bool error_rows_full(const ErrorRows *errors);

/* Writes the collected rows, or holds them aside. */
extern void error_rows_store(ErrorRows *errors);

/*
 * From here on rows are held aside, on disk beyond work_mem. Call it outside of the
 * subtransaction that may be rolled back. error_rows_release writes them.
 */
extern void error_rows_hold(ErrorRows *errors);
extern void error_rows_release(ErrorRows *errors);

#endif							/* PG_XLSX_ERROR_ROWS_H */
