/*
 * layout.h
 *	  What a worksheet says besides its cells: tables, merged ranges, hidden rows and columns.
 */
#ifndef XLSX_LAYOUT_H
#define XLSX_LAYOUT_H

#include "book.h"
#include "ref.h"

/* A table of Excel (ListObject, 18.5.1.2). */
typedef struct XlsxTable
{
	const char *name;			/* UTF-8, lives as long as the book */
	XlsxRange	range;			/* with headers and totals */
	uint32_t	header_rows;	/* 0 or 1 */
	uint32_t	totals_rows;
} XlsxTable;

/*
 * The tables of a sheet. They belong to the book. A part that cannot be read is no table, because the cells
 * can be read without it; XLSX_NO_MEMORY is the only failure.
 */
extern XlsxStatus xlsx_sheet_tables(XlsxBook *book, size_t index, XlsxTable **tables, size_t *count, XlsxError *error);

/* Ranges in the order of the part; columns as ranges of all rows, rows as ranges of all columns. They belong to the book. */
typedef struct XlsxLayout
{
	XlsxRange  *merges;
	size_t		merge_count;
	XlsxRange  *hidden_columns;
	size_t		hidden_column_count;
	XlsxRange  *hidden_rows;	/* rising */
	size_t		hidden_row_count;
} XlsxLayout;

/* Reads the whole part of the sheet once, because merged ranges stand behind its cells. */
extern XlsxStatus xlsx_sheet_layout(XlsxBook *book, size_t index, XlsxLayout *layout, XlsxError *error);

#endif							/* XLSX_LAYOUT_H */
