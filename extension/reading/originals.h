/*
 * originals.h
 *	  What stands in the cells of rows that are saved no more: the sheet is asked again.
 *
 * What waits to be saved are values, from which the text of a cell cannot be
 * had back (7 of "Sales", 1234.50 of "1.234,50").  Where the target refuses a
 * row, the sheet is read once more, from the first such row on and no further than to the last: a
 * clean import pays nothing.
 */
#ifndef PG_XLSX_ORIGINALS_H
#define PG_XLSX_ORIGINALS_H

#include "pg/pg_xlsx.h"

#include "core/source.h"
#include "reading/rows.h"

typedef struct Originals Originals;

/* Opens the source of the file, in the current memory context and transaction. */
typedef void (*OriginalsOpen) (void *argument, XlsxSource *source);

/*
 * Lives in the current memory context; nothing is read yet.  What options
 * point to must live as long.
 */
extern Originals *originals_create(const RowsOptions *options, OriginalsOpen open, void *argument);

/*
 * The text in a column of a row, as an error row shows it: in the current
 * memory context, NULL for a blank cell.  column: 1-based, of the sheet; 0: none.  Rows are best asked for in their order.
 */
extern char *originals_text(Originals *originals, uint32 row, uint32 column);

#endif							/* PG_XLSX_ORIGINALS_H */
