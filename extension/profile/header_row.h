/*
 * header_row.h
 *	  Which row of a sheet holds the headers, when nobody says what they should be.
 *
 * "auto" without a profile: a row of headers is the first of the first 20 rows with cells that is as wide
 * as the data, holds nothing but texts, and none of them twice: titles
 * and notes above a table are narrower, and its data hold numbers, dates or
 * repeated words.
 */
#ifndef PG_XLSX_HEADER_ROW_H
#define PG_XLSX_HEADER_ROW_H

#include "pg/pg_xlsx.h"

#include "core/ref.h"
#include "core/sheet.h"
#include "pg/names.h"

/* How people say which row holds the headers: one of these words, or its number. */
#define HEADER_ROWS(X) \
	X(HEADER_ROW_FIRST, "first")	/* the first one that holds something */ \
	X(HEADER_ROW_AUTO, "auto")	/* the one that looks like it, or fits the profile */ \
	X(HEADER_ROW_NONE, "none")	/* reading only: an import finds its columns by their headers */

typedef enum HeaderRowKind
{
	HEADER_ROWS(NAMES_VALUE)
	HEADER_ROW_NUMBER
} HeaderRowKind;

typedef struct HeaderRow
{
	HeaderRowKind kind;
	uint32		number;			/* of HEADER_ROW_NUMBER: from 1 on, else 0 */
} HeaderRow;

/* False where the text is none of that. */
extern bool header_row_parse(const char *text, HeaderRow *wanted);

/* The same of a text that has been checked. */
extern HeaderRow header_row_said(const char *text);

/* Rows that are looked at. */
#define HEADER_ROW_SEARCH 20

/*
 * The row's number in the sheet, 0 when none looks like it.  Only cells in
 * range count.  Opens and closes a cursor of its own; index is that of
 * xlsx_book_sheet.
 */
extern uint32 header_row_guess(XlsxBook *book, size_t index, const XlsxRange *range);

/* Number of the first row that holds something, 0 when there is none. */
extern uint32 header_row_first(XlsxBook *book, size_t index, const XlsxRange *range);

#endif							/* PG_XLSX_HEADER_ROW_H */
