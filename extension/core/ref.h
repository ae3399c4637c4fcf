/*
 * ref.h
 *	  Cell references in A1 notation <-> row and column numbers.
 */
#ifndef XLSX_REF_H
#define XLSX_REF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Letters of a column, 1 -> "A", 16384 -> "XFD", up to 2^32-1; at most 8 bytes with the NUL. Returns the length. */
extern size_t xlsx_ref_column(uint32_t column, char buffer[8]);

/* "B7" of row 7, column 2; at most 19 bytes with the NUL. Returns the length. */
extern size_t xlsx_ref_cell(uint32_t row, uint32_t column, char buffer[19]);

/*
 * Reads "B7", "B" or "7" (either case, "$" allowed); a missing part is 0.
 * False if it is not a reference or a number overflows.
 */
extern bool xlsx_ref_parse(const char *text, size_t length, uint32_t *row, uint32_t *column);

typedef struct XlsxRange
{
	uint32_t	first_row,
				first_column,
				last_row,
				last_column;	/* 1-based, inclusive; UINT32_MAX: open end */
} XlsxRange;

/* "A2:C10", "A:C", "2:10", "B7", "A2:C" (open below); swaps ends in the wrong order. False if it is not a range. */
extern bool xlsx_range_parse(const char *text, size_t length, XlsxRange *range);

#endif							/* XLSX_REF_H */
