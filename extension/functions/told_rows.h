/*
 * told_rows.h
 *	  What became of the rows of a task, row by row, for C code.
 *
 * Order of calls: told_rows_open with SPI connected; told_row and told_rows_next. It runs as the
 * caller, so row-level security decides which rows there are. Some rows are in memory.
 */
#ifndef PG_XLSX_TOLD_ROWS_H
#define PG_XLSX_TOLD_ROWS_H

#include "pg/pg_xlsx.h"

#include "executor/spi.h"
#include "utils/jsonb.h"

/* Lives until the next call of told_rows_next. */
typedef struct ToldRow
{
	uint32		number;			/* pg/row_number.h */
	char	   *action;
	Jsonb	   *returned;		/* NULL: there are none; the same for the next two */
	Jsonb	   *old;
	Jsonb	   *new;
	int			cell_count;		/* of a row with errors: its cells, by column of the profile */
	Datum	   *cells;
	bool	   *cell_nulls;
	char	   *kinds;			/* ORIGINAL_NUMBER or ORIGINAL_TEXT, by cell */
	char	   *messages;		/* NULL: it has no errors */
} ToldRow;

typedef struct ToldRows
{
	Portal		cursor;
	SPITupleTable *table;		/* NULL: none was fetched, or all were read */
	uint64		count;
	uint64		next;			/* in table */
	MemoryContext context;		/* of row */
	ToldRow		row;
} ToldRows;

/* Lives in the current memory context. Finds the first row. */
extern void told_rows_open(ToldRows *rows, int64 task);

/* The row at hand; NULL behind the last one. */
extern const ToldRow *told_row(const ToldRows *rows);
extern void told_rows_next(ToldRows *rows);

#endif							/* PG_XLSX_TOLD_ROWS_H */
