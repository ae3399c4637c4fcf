/*
 * row.h
 *	  Builds rows: gives the bytes of a cell their meaning.
 *
 * The scanner builds some rows ahead of the one that is returned. So the
 * shared strings of these rows are on their way to the processor's cache
 * before they are read. In a large workbook the strings are scattered in
 * memory, and waiting for them would take longer than all the parsing.
 *
 * The scanner (sheet_scan.c) and expat's handlers (sheet_xml.c) both build rows by
 * these functions, so that both give the same cells.  Failures stay in the
 * builder: status and error.
 */
#ifndef XLSX_ROW_H
#define XLSX_ROW_H

#include "datetime.h"
#include "memory.h"
#include "sheet.h"
#include "shared_strings.h"
#include "styles.h"

typedef enum XlsxCellType		/* ST_CellType, 18.18.11 */
{
	XLSX_TYPE_NUMBER,
	XLSX_TYPE_SHARED,
	XLSX_TYPE_TEXT,				/* str, and inlineStr once its text is known */
	XLSX_TYPE_INLINE,
	XLSX_TYPE_BOOL,
	XLSX_TYPE_ERROR,
	XLSX_TYPE_DATE
} XlsxCellType;

typedef struct XlsxScratch XlsxScratch;

#define XLSX_ROWS_AHEAD		16
#define XLSX_CELLS_AHEAD	64	/* no row is begun behind so many */

/* A row that is complete; its cells lie in the builder. */
typedef struct XlsxReadyRow
{
	uint32_t	number;
	uint32_t	first;
	uint32_t	count;
} XlsxReadyRow;

typedef struct XlsxRowBuilder
{
	/* set once */
	XlsxMemory *memory;
	const XlsxLimits *limits;
	XlsxStrings *strings;		/* read on as cells ask for them */
	const XlsxStyles *styles;
	bool		date1904;
	uint8_t		calendar;		/* XlsxDateShape of a day: by date1904 */
	const char *part;

	/* complete rows, oldest first */
	XlsxReadyRow ready[XLSX_ROWS_AHEAD];
	uint32_t	ready_count;

	/* the row */
	XlsxCell   *cells;			/* of the complete rows, then its own */
	uint32_t	first;			/* its first */
	uint32_t	count;
	uint32_t	room;			/* count at which xlsx_row_grow decides */
	size_t		capacity;
	uint32_t	number;
	uint32_t	previous;		/* number of the row before */
	uint32_t	ended;			/* rows so far: several may have the same number */
	XlsxScratch *scratch;		/* text that could not stay where it was read */
	uint64_t	scratch_bytes;	/* of this row */

	/* the cell to come */
	uint32_t	column;
	uint32_t	style;
	XlsxCellType type;
	bool		rich;			/* it has metadata of a value: vm */

	XlsxStatus	status;
	XlsxError	error;
} XlsxRowBuilder;

/* Attributes as found, NULL when missing. False on failure. */
extern bool xlsx_row_begin(XlsxRowBuilder *row, const char *number, size_t length);
extern bool xlsx_row_begin_at(XlsxRowBuilder *row, uint32_t number);
extern bool xlsx_row_cell(XlsxRowBuilder *row, const char *ref, size_t ref_length,
						  const char *style, size_t style_length, const char *type, size_t type_length, bool rich);

/* Has a formula this value, and not "", which is one of a text? value may be NULL. */
static inline bool
xlsx_row_lacks_value(const XlsxRowBuilder *row, const char *value, size_t length)
{
	return value == NULL || (length == 0 && row->type != XLSX_TYPE_TEXT && row->type != XLSX_TYPE_INLINE);
}

/* The cell begun last is a formula without a value. */
extern bool xlsx_row_no_value(XlsxRowBuilder *row);

/*
 * The value of the cell begun last: what stands in <v>, or for inlineStr in
 * <is>, references resolved; NULL when there is none.  escaped: may contain
 * _xHHHH_.  The text must stay where it is until the row is done.
 */
extern bool xlsx_row_value(XlsxRowBuilder *row, const char *value, size_t length, bool escaped);

/* Room for text that lives as long as the row; NULL on failure. */
extern char *xlsx_row_text(XlsxRowBuilder *row, size_t length);

/* The row is complete, and ready unless it is blank; its number counts for the next. */
extern void xlsx_row_end(XlsxRowBuilder *row);

/* Removes the row and its failure, as if it had not begun. */
extern void xlsx_row_drop(XlsxRowBuilder *row);

/* Forget all rows. */
extern void xlsx_row_clear(XlsxRowBuilder *row);

/* Are enough rows ready? Then return them before the next begins. */
extern bool xlsx_row_enough(const XlsxRowBuilder *row);

/*
 * Call it before the first of the ready rows is returned: it puts in the text of shared strings, which count for
 * max_row_bytes. After a failure only the rows before the cell's row are ready. Strings are read here only, and never in a
 * handler of the sheet's parser, because a source could leave the handler by longjmp.
 */
extern void xlsx_row_deliver(XlsxRowBuilder *row);

extern void xlsx_row_free(XlsxRowBuilder *row);

/* Fails at the cell in hand. */
extern bool xlsx_row_fail(XlsxRowBuilder *row, const char *detail,...) __attribute__((format(printf, 2, 3)));

/* Parts for the scanner, which knows the kind of the value. */
extern bool xlsx_row_shared(XlsxRowBuilder *row, uint64_t index);
extern bool xlsx_row_grow(XlsxRowBuilder *row);
extern bool xlsx_row_check_column(XlsxRowBuilder *row);

/* Of the cell to come. A style that no program writes is none. */
static inline uint16_t
xlsx_row_style(const XlsxRowBuilder *row)
{
	return row->style < UINT16_MAX ? (uint16_t) row->style : UINT16_MAX;
}
/* Puts the text that the format shows behind the text of a number. */
extern bool xlsx_row_show(XlsxRowBuilder *row, XlsxCell *cell);

/* A number whose text has been parsed. */
static inline bool
xlsx_row_number(XlsxRowBuilder *row, double number, const char *text, size_t length)
{
	XlsxFormat	format = xlsx_styles_format(row->styles, row->style);
	XlsxCell   *cell;

	if (row->count == row->room && !xlsx_row_grow(row))
		return false;
	cell = &row->cells[row->count++];
	cell->column = (uint16_t) row->column;
	cell->style = xlsx_row_style(row);
	cell->kind = XLSX_NUMBER;
	cell->shape = row->calendar;
	cell->boolean = false;
	cell->shown = 0;
	cell->number = number;
	cell->text = text;
	cell->length = length;
	if (format == XLSX_FORMAT_CALENDAR && xlsx_serial_is_date(number, row->date1904))
		cell->kind = XLSX_DATE;
	else if (format == XLSX_FORMAT_ELAPSED && xlsx_serial_is_elapsed(number))
	{
		cell->kind = XLSX_DATE;
		cell->shape = XLSX_DATE_ELAPSED;
	}
	if (format >= XLSX_FORMAT_ELAPSED)
		return xlsx_row_show(row, cell);
	return true;
}

#endif							/* XLSX_ROW_H */
