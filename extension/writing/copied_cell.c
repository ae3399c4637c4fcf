/*
 * copied_cell.c
 *	  Copies cells of one workbook into another.
 */
#include "writing/copied_cell.h"

#include <math.h>

#include "files/book_file.h"
#include "pg/text_encoding.h"
#include "writing/written_cell.h"

/* Days from the beginning of the date system of 1900 to that of 1904. */
#define DAYS_TO_1904 1462

void
cell_copier_init(CellCopier *copier, const XlsxBook *from, XlsxWriter *to)
{
	*copier = (CellCopier) {from, to, palloc0(sizeof(uint32) * ((size_t) UINT16_MAX + 1))};
}

/* A date whose format is none of dates comes from a cell of type d. */
static uint32
style_of(CellCopier *copier, const XlsxCell *cell)
{
	const char *format = xlsx_book_number_format(copier->from, cell->style);
	bool		general = strcmp(format, "General") == 0;
	XlsxError	error;

	if (general && cell->kind != XLSX_DATE)
		return XLSX_STYLE_PLAIN;
	if (copier->styles[cell->style] == 0)
	{
		uint32		style;
		XlsxStatus	status = xlsx_writer_style(copier->to, general ? CELL_TIMESTAMP_FORMAT : format, &style, &error);

		if (status != XLSX_LIMIT)
			book_file_check(status, &error);
		copier->styles[cell->style] = status == XLSX_LIMIT ? XLSX_STYLE_PLAIN + 1 : style + 1;
	}
	return copier->styles[cell->style] - 1;
}

static void
copy_as_text(CellCopier *copier, const XlsxCell *cell)
{
	char		text[128];
	size_t		length = xlsx_cell_text(cell, text, sizeof(text));

	xlsx_writer_text(copier->to, text, Min(length, sizeof(text) - 1), XLSX_STYLE_PLAIN);
}

/* A text that is longer than a cell can hold is cut. */
static void
copy_text(CellCopier *copier, const XlsxCell *cell)
{
	if (cell->length > XLSX_WRITER_TEXT)
		cell_write_cut(copier->to, text_for_people(cell->text, cell->length));
	else
		xlsx_writer_text(copier->to, cell->text, cell->length, XLSX_STYLE_PLAIN);
}

static void
copy_number(CellCopier *copier, const XlsxCell *cell)
{
	bool		early = cell->kind == XLSX_DATE && (cell->shape == XLSX_DATE_EARLY || cell->shape == XLSX_DATE_EARLY_1904);
	bool		from_1904 = cell->kind == XLSX_DATE && cell->shape == XLSX_DATE_CALENDAR_1904;

	if (early || !isfinite(cell->number))
		copy_as_text(copier, cell);
	else
		xlsx_writer_number(copier->to, cell->number + (from_1904 && cell->number >= 1 ? DAYS_TO_1904 : 0), style_of(copier, cell));
}

void
cell_copy(CellCopier *copier, const XlsxCell *cell)
{
	switch (cell == NULL ? XLSX_BLANK : (XlsxKind) cell->kind)
	{
		case XLSX_NUMBER:
		case XLSX_DATE:
			copy_number(copier, cell);
			break;
		case XLSX_TEXT:
		case XLSX_ERROR:
			copy_text(copier, cell);
			break;
		case XLSX_BOOL:
			xlsx_writer_boolean(copier->to, cell->boolean);
			break;
		case XLSX_BLANK:
		case XLSX_NO_VALUE:
			xlsx_writer_blank(copier->to);
			break;
	}
}
