/*
 * sheet.h
 *	  Forward-only cursor over one worksheet.
 *
 * Rows come in file order, cells in file order within the row; blank cells
 * are left out, rows without cells too.  A row, its cells and their text
 * belong to the cursor and live until the next call.  After an error the
 * cursor can only be closed.  Memory does not grow with the rows.
 */
#ifndef XLSX_SHEET_H
#define XLSX_SHEET_H

#include "book.h"
#include "datetime.h"

typedef struct XlsxSheet XlsxSheet;

typedef enum XlsxKind
{
	XLSX_BLANK,					/* never returned by the cursor; for callers' own tables */
	XLSX_NUMBER,
	XLSX_TEXT,
	XLSX_BOOL,
	XLSX_DATE,					/* date, time of day, both, or elapsed time: see XlsxCell.date */
	XLSX_ERROR,					/* #N/A and its kin, as text */
	XLSX_NO_VALUE				/* a formula that was never calculated: there is no value in the file */
} XlsxKind;

/* What the number format shows of a serial (styles.h). */
typedef enum XlsxDateShape
{
	XLSX_DATE_CALENDAR,			/* day, with a time of day where the fraction is not 0; below 1 a time of day */
	XLSX_DATE_ELAPSED,			/* [h]:mm:ss and built-in 46, a duration of a t="d" cell; may be negative */
	XLSX_DATE_EARLY,			/* a day of a t="d" cell that the date system cannot count, with its time of day: below 1
								 * where the system begins, and so on (datetime.h) */
	XLSX_DATE_CALENDAR_1904,	/* the same two of a book that counts from 1904 (18.17.4.1), so that a cell needs no book */
	XLSX_DATE_EARLY_1904
} XlsxDateShape;

typedef struct XlsxCell
{
	uint16_t	column;			/* 1-based */
	uint16_t	style;			/* for xlsx_book_number_format */
	uint8_t		kind;			/* XlsxKind */
	uint8_t		shape;			/* XlsxDateShape, for XLSX_DATE */
	bool		boolean;		/* XLSX_BOOL; XLSX_ERROR: it stands for a rich value, such as a picture in the cell */
	uint8_t		shown;			/* XLSX_NUMBER, XLSX_DATE: bytes of the text that the format shows, which follow those of text; 0: none
								 * (shown.h) */
	double		number;			/* XLSX_NUMBER; XLSX_DATE: serial in the date system of its shape */
	const char *text;			/* XLSX_TEXT, XLSX_ERROR: the value; XLSX_NUMBER, XLSX_DATE: as stored in the file; not
								 * terminated, UTF-8 */
	size_t		length;			/* of text, in bytes */
} XlsxCell;

typedef struct XlsxRow
{
	uint32_t	number;			/* 1-based, as in the sheet */
	uint32_t	count;
	const XlsxCell *cells;
} XlsxRow;

/* index is 0-based (xlsx_book_find_sheet). On failure *sheet is NULL. */
extern XlsxStatus xlsx_sheet_open(XlsxBook *book, size_t index, XlsxSheet **sheet, XlsxError *error);

/* XLSX_DONE at the end. */
extern XlsxStatus xlsx_sheet_next(XlsxSheet *sheet, const XlsxRow **row, XlsxError *error);

/*
 * Last row that <dimension> claims (18.3.1.35), 0 if it is absent; known
 * after opening.  It is a claim: use it for a progress bar only.
 */
extern uint32_t xlsx_sheet_declared_rows(const XlsxSheet *sheet);

/* Progress: stored bytes of the part that were read, and all of them. */
extern void xlsx_sheet_position(const XlsxSheet *sheet, uint64_t *done, uint64_t *total);

extern void xlsx_sheet_close(XlsxSheet *sheet); /* NULL is fine */

/* The day and time of day of an XLSX_DATE; XLSX_MOMENT_NONE for elapsed time. */
extern void xlsx_cell_moment(const XlsxCell *cell, XlsxDateTime *moment);

/*
 * The value as text, as a person sees it and as xlsxdump prints it: numbers in the
 * shortest form that reads back as the same double (integers below 1e21 without
 * exponent or ".0"), dates in ISO 8601 (datetime.h), booleans true and false.
 * Writes at most size bytes with a final NUL and returns the length it needs, as
 * snprintf does.
 */
extern size_t xlsx_cell_text(const XlsxCell *cell, char *buffer, size_t size);

/*
 * The number or the date as xlsx_cell_text, but a number with a fraction has 15 significant digits, and a whole one all digits that
 * are in the file. Writes at most size bytes with a final NUL; size must be cell->length + 64.
 */
#define XLSX_SEEN_BYTES(cell) ((cell)->length + 64)
extern size_t xlsx_cell_seen(const XlsxCell *cell, char *buffer, size_t size);

/* The text that its format shows, not terminated; NULL: it shows no more than the number. */
static inline const char *
xlsx_cell_shown(const XlsxCell *cell, size_t *length)
{
	*length = cell->shown;
	return cell->shown > 0 ? cell->text + cell->length : NULL;
}

/* Does the format of a number make it a name: 00123, 000-00-0000? A percentage is a number. */
extern bool xlsx_cell_is_name(const XlsxCell *cell);

#endif							/* XLSX_SHEET_H */
