/*
 * header_row.h
 *	  Which row of a sheet holds the headers.
 *
 * "auto" without a profile: of the first 20 rows that are not blank, the widest that holds nothing but headers,
 * of equals the first. Headers are texts, years and first days of months. It must be as wide as the data:
 * titles and notes above a table are narrower. With a profile: reading/rows.h.
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
	X(HEADER_ROW_AUTO, "auto")	/* the row that fits the profile best, or looks like headers */ \
	X(HEADER_ROW_NONE, "none")	/* columns are found by their places */

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

/* Index of the row of headers among the first rows that are not blank, at most HEADER_ROW_SEARCH; -1: none. Only cells in range count. */
extern int	header_row_guess(const XlsxRow *const *rows, int count, const XlsxRange *range);

#endif							/* PG_XLSX_HEADER_ROW_H */
