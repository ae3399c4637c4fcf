/*
 * originals.h
 *	  The original cells of rows that the target refused: the sheet is read again.
 *
 * Rows wait as values, from which the text of a cell cannot be restored (7 for "Sales", 1234.50
 * for "1.234,50"). If the target refuses rows, the sheet is read once more, from the first such
 * row to the last. A clean import costs nothing.
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
 * Lives in the current memory context; reads nothing yet. The data of options
 * must live as long.
 */
extern Originals *originals_create(const RowsOptions *options, OriginalsOpen open, void *argument);

/*
 * The text in a column of a row, as an error row shows it: in the current memory context, NULL for a blank cell.  column:
 * 1-based, of the sheet; 0: none. shows: as in check_original. *number: it is a number in the sheet.  Ask for rows in their order, which is fastest.
 */
extern char *originals_text(Originals *originals, uint32 row, uint32 column, bool shows, bool *number);

#endif							/* PG_XLSX_ORIGINALS_H */
