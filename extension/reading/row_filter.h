/*
 * row_filter.h
 *	  Changes the rows of a sheet by what stands besides its cells: fills merged ranges, leaves hidden rows and columns out,
 *	  and ends the sheet where its data end.
 */
#ifndef PG_XLSX_ROW_FILTER_H
#define PG_XLSX_ROW_FILTER_H

#include "pg/pg_xlsx.h"

#include "core/book.h"
#include "core/ref.h"
#include "core/sheet.h"

typedef struct RowFilter RowFilter;

/* Reads the layout of the sheet. Lives in the current memory context, which must not outlive the book. */
extern RowFilter *row_filter_create(XlsxBook *book, size_t index, bool fill_merged, bool skip_hidden);

/*
 * The row as it is to be read; NULL: it is hidden. Rows come in rising order; the row lives until the next
 * call, or as long as the one given.
 */
extern const XlsxRow *row_filter_row(RowFilter *filter, const XlsxRow *row);

#endif							/* PG_XLSX_ROW_FILTER_H */
