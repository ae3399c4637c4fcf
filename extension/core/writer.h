/*
 * writer.h
 *	  Writes workbooks row by row: typed cells, constant memory.
 *
 * Order of calls: open; for each sheet xlsx_writer_sheet, then for each row
 * xlsx_writer_row and its cells from left to right; close; free.  Functions
 * for cells return nothing: a failure stays in the writer, and the next row,
 * sheet or close returns it.  Text is written as text and is never a formula.
 * Numbers are written so that they read back as the same double.
 */
#ifndef XLSX_WRITER_H
#define XLSX_WRITER_H

#include "alloc.h"
#include "zip_write.h"

#define XLSX_WRITER_ROWS	1048576 /* of a sheet: Excel's limit */
#define XLSX_WRITER_COLUMNS	16384
#define XLSX_WRITER_TEXT	32767	/* UTF-16 units of a cell */
#define XLSX_WRITER_SHEET_NAME	31	/* UTF-16 units */

typedef struct XlsxWriter XlsxWriter;

/* Styles that every workbook has. */
enum
{
	XLSX_STYLE_PLAIN,
	XLSX_STYLE_HEADER,			/* bold white on blue */
	XLSX_STYLE_OWN				/* the first that xlsx_writer_style gives */
};

typedef struct XlsxSheetLook
{
	const double *widths;		/* widths of the first columns, in characters; NULL: the program's default */
	uint32_t	columns;
	bool		header;			/* the first row is frozen and has a filter */
} XlsxSheetLook;

/* allocator and sink are copied. On failure *writer is NULL. */
extern XlsxStatus xlsx_writer_open(const XlsxSink *sink, const XlsxAllocator *allocator, XlsxWriter **writer,
								   XlsxError *error);

/* A style for a number format code (18.8.31), such as "yyyy-mm-dd". Equal codes get the same one. */
extern XlsxStatus xlsx_writer_style(XlsxWriter *writer, const char *format, uint32_t *style, XlsxError *error);

/* Ends the previous sheet. The name must be valid (xlsx_writer_name_is_good) and new. */
extern XlsxStatus xlsx_writer_sheet(XlsxWriter *writer, const char *name, const XlsxSheetLook *look, XlsxError *error);

/* Is it a valid name of a sheet in Excel: 1 to 31 characters, none of []:*?/\, no ' at the ends. UTF-8. */
extern bool xlsx_writer_name_is_good(const char *name);

/* Has the sheet no room for another row? */
extern bool xlsx_writer_sheet_is_full(const XlsxWriter *writer);

/* Ends the row before. */
extern XlsxStatus xlsx_writer_row(XlsxWriter *writer, XlsxError *error);

/* The next cell of the row. */
extern void xlsx_writer_blank(XlsxWriter *writer);
extern void xlsx_writer_number(XlsxWriter *writer, double number, uint32_t style);	/* finite */
extern void xlsx_writer_boolean(XlsxWriter *writer, bool value);

/* UTF-8; XLSX_LIMIT when it is longer than XLSX_WRITER_TEXT. */
extern void xlsx_writer_text(XlsxWriter *writer, const char *text, size_t length, uint32_t style);

/* Ends the sheet and the workbook. */
extern XlsxStatus xlsx_writer_close(XlsxWriter *writer, XlsxError *error);

extern void xlsx_writer_free(XlsxWriter *writer);	/* NULL is fine */

#endif							/* XLSX_WRITER_H */
