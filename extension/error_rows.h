/*
 * error_rows.h
 *	  The rows of one batch that are not saved, with their violations.
 *
 * Rows are collected and written to xlsx_private.error_row with the batch,
 * in its transaction.
 */
#ifndef PG_XLSX_ERROR_ROWS_H
#define PG_XLSX_ERROR_ROWS_H

#include "pg_xlsx.h"

#include "check.h"
#include "lib/stringinfo.h"

typedef struct ErrorRows
{
	MemoryContext context;		/* reset by error_rows_begin */
	int64		task;
	int			count;
	int			capacity;
	Datum	   *row_numbers;
	Datum	   *cells;			/* array literals */
	Datum	   *violations;		/* JSON texts */
	StringInfoData cells_text;	/* of the row under way */
	StringInfoData violations_text;
} ErrorRows;

extern void error_rows_init(ErrorRows *errors, int64 task, MemoryContext parent);
extern void error_rows_begin(ErrorRows *errors);

/* One row: begin, its values and violations in any order, end. */
extern void error_row_begin(ErrorRows *errors);
extern void error_row_value(ErrorRows *errors, const char *value);	/* in the profile's order; NULL: blank */

/* source: 1-based sheet column, 0 when no single cell is to blame; column may be NULL then; value may be NULL. */
extern void error_row_violation(ErrorRows *errors, const ProfileColumn *column, uint32 sheet_row, uint32 source,
								const char *value, const Violation *violation);
extern void error_row_end(ErrorRows *errors, uint32 sheet_row);

/* Writes what was collected. */
extern void error_rows_store(ErrorRows *errors);

#endif							/* PG_XLSX_ERROR_ROWS_H */
