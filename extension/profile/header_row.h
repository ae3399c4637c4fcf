/*
 * header_row.h
 *	  Finds the row of headers in a sheet if the headers are not known.
 *
 * "auto" without a profile: a row of headers is the first of the first 20 rows with cells that is as wide
 * as the data, holds only texts, all different. Titles and notes above a table are narrower, and its data
 * hold numbers, dates or repeated words.
 */
#ifndef PG_XLSX_HEADER_ROW_H
#define PG_XLSX_HEADER_ROW_H

#include "pg/pg_xlsx.h"

#include "core/ref.h"
#include "core/sheet.h"
#include "pg/names.h"

/* The values of the option header_row: one of these words, or the row's number. */
#define HEADER_ROWS(X) \
	X(HEADER_ROW_FIRST, "first")	/* the first one that holds something */ \
	X(HEADER_ROW_AUTO, "auto")	/* the row that looks like headers, or fits the profile */ \
	X(HEADER_ROW_NONE, "none")	/* reading only: an import finds its columns by their headers */

typedef enum HeaderRowKind
{
	HEADER_ROWS(NAMES_VALUE)
	HEADER_ROW_NUMBER
} HeaderRowKind;

extern const Names header_row_names;

typedef struct HeaderRow
{
	HeaderRowKind kind;
	uint32		number;			/* of HEADER_ROW_NUMBER: from 1 on, else 0 */
} HeaderRow;

/* False for any other text. */
extern bool header_row_parse(const char *text, HeaderRow *wanted);

/* The same for a text that was checked. */
extern HeaderRow header_row_said(const char *text);

/* Rows that are looked at. */
#define HEADER_ROW_SEARCH 20

/*
 * The row's number in the sheet; 0 if no row looks like headers.  Only cells
 * in range count.  Opens and closes a cursor of its own; index is that of
 * xlsx_book_sheet.
 */
extern uint32 header_row_guess(XlsxBook *book, size_t index, const XlsxRange *range);

/* Number of the first row that is not blank; 0 if there is none. */
extern uint32 header_row_first(XlsxBook *book, size_t index, const XlsxRange *range);

#endif							/* PG_XLSX_HEADER_ROW_H */
