/*
 * written_cell.h
 *	  Converts a value of the database to a typed cell that means the same.
 *
 * What a cell cannot hold exactly becomes text: numbers that a double cannot hold, dates before
 * 1900, infinity. Times keep milliseconds.
 */
#ifndef PG_XLSX_WRITTEN_CELL_H
#define PG_XLSX_WRITTEN_CELL_H

#include "pg/pg_xlsx.h"

#include "core/writer.h"
#include "fmgr.h"

/* Number formats of a day, and of a day with its time. */
#define CELL_DATE_FORMAT "yyyy-mm-dd"
#define CELL_TIMESTAMP_FORMAT "yyyy-mm-dd hh:mm:ss"

/* The width that suits most values, in characters. */
#define CELL_WIDTH 12

typedef struct CellColumn
{
	Oid			type;			/* without domains */
	FmgrInfo	output;
	uint32		style;			/* of its numbers; of dates and of times without a fraction */
	uint32		precise_style;	/* of times with milliseconds */
	double		width;			/* that suits its values, in characters */
} CellColumn;

/* Gets styles from the writer. Memory comes from the current context. */
extern void cell_column_init(CellColumn *column, Oid type, int32 typmod, XlsxWriter *writer);

/* The width of a column with values of a width, its header and the button of the filter in it. */
extern double cell_column_width(double width, const char *header);

/* Writes the next cell. Temporary memory comes from the current memory context. */
extern void cell_write(const CellColumn *column, XlsxWriter *writer, Datum value, bool null);

/* Writes text in the database's encoding. The writer fails when the text is longer than a cell can hold. */
extern void cell_write_text(XlsxWriter *writer, const char *text, uint32 style);

/* The same, but shortens the text to what a cell can hold. */
extern void cell_write_cut(XlsxWriter *writer, const char *text);

/*
 * Writes the text of a number as a number, so that the sheet can be imported as the first one was: the
 * text 1.234 could be read in two ways. Returns false, and writes nothing, for a whole number that a
 * double cannot hold: as a text it has all its digits.
 */
extern bool cell_write_original_number(XlsxWriter *writer, const char *text);

#endif							/* PG_XLSX_WRITTEN_CELL_H */
