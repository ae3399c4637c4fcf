/*
 * error_counts.h
 *	  Counts rows that were not saved and their violations, as they are stored.
 *
 * So a page of a long list is found, and a summary given, without reading all of it. The counts
 * of a task change in the transactions that change its error pages. Only its import writes them.
 *
 * error_counts_init, then the functions that count, then error_counts_store. Memory comes from
 * the memory context that is current at each call.
 */
#ifndef PG_XLSX_ERROR_COUNTS_H
#define PG_XLSX_ERROR_COUNTS_H

#include "pg/pg_xlsx.h"

#include "kept/error_pages.h"
#include "utils/hsearch.h"

/* Rows of the sheet that a count of error_block covers: the pages that begin there. */
#define ERROR_BLOCK_ROWS 4096

typedef struct ErrorCounts
{
	int64		task;
	bool		warnings;
	HTAB	   *violations;		/* by column, code and constraint */
	struct Violations *last;	/* the kind that was counted last: often the next is of it, too */
	HTAB	   *blocks;			/* change of the number of rows, by block */
} ErrorCounts;

extern void error_counts_init(ErrorCounts *counts, int64 task, bool warnings);

/* A row that is new, with its violations. */
extern void error_counts_row(ErrorCounts *counts, const ReportedRow *row);

/* A page was written (rows > 0) or removed (rows < 0). */
extern void error_counts_page(ErrorCounts *counts, int32 first_row, int rows);

/* Adds all of it to the tables. */
extern void error_counts_store(const ErrorCounts *counts);

#endif							/* PG_XLSX_ERROR_COUNTS_H */
