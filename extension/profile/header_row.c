/*
 * header_row.c
 *	  Which row of a sheet holds the headers.
 */
#include "profile/header_row.h"

#include <math.h>

#include "fmgr.h"
#include "pg/text_trim.h"
#include "utils/builtins.h"

/* Digits of the greatest row number that an option may have. */
#define MAX_ROW_DIGITS 7

/* Longer texts are notes. */
#define MAX_HEADER_BYTES 256

/* Numbers between these may be headers: years. */
#define FIRST_YEAR 1900
#define LAST_YEAR 2100

typedef struct RowShape
{
	int			filled;			/* cells that are not blank */
	int			texts;
	bool		fits;			/* all of them could be headers */
} RowShape;

NAMES_DEFINE(header_row_names, HEADER_ROWS);

PG_FUNCTION_INFO_V1(pg_xlsx_is_header_row);

bool
header_row_parse(const char *text, HeaderRow *wanted)
{
	int			word = names_find(&header_row_names, text);
	size_t		digits = strspn(text, "0123456789");

	*wanted = (HeaderRow){word < 0 ? HEADER_ROW_NUMBER : (HeaderRowKind) word, 0};
	if (word >= 0)
		return true;
	if (text[0] == '0' || digits == 0 || digits > MAX_ROW_DIGITS || text[digits] != '\0')
		return false;
	wanted->number = (uint32) atoi(text);
	return true;
}

HeaderRow
header_row_said(const char *text)
{
	HeaderRow	wanted;

	if (!header_row_parse(text, &wanted))
		elog(ERROR, "unexpected header row \"%s\"", text);
	return wanted;
}

Datum
pg_xlsx_is_header_row(PG_FUNCTION_ARGS)
{
	HeaderRow	wanted;

	PG_RETURN_BOOL(header_row_parse(text_to_cstring(PG_GETARG_TEXT_PP(0)), &wanted));
}

/* A year, or the first day of a month. */
static bool
is_period(const XlsxCell *cell)
{
	XlsxDateTime moment;

	if (cell->kind == XLSX_NUMBER)
		return cell->number == floor(cell->number) && cell->number >= FIRST_YEAR && cell->number <= LAST_YEAR;
	if (cell->kind != XLSX_DATE || cell->shape == XLSX_DATE_ELAPSED)
		return false;
	xlsx_cell_moment(cell, &moment);
	return moment.moment == XLSX_MOMENT_DATE && moment.day == 1;
}

static RowShape
shape_of(const XlsxRow *row, const XlsxRange *range)
{
	RowShape	shape = {.fits = true};

	for (uint32 i = 0; i < row->count; i++)
	{
		const XlsxCell *cell = &row->cells[i];
		const char *text = cell->text;
		size_t		length = cell->length;

		if (cell->column < range->first_column || cell->column > range->last_column)
			continue;
		if (cell->kind == XLSX_TEXT)
		{
			text_trim(&text, &length);
			if (length == 0)
				continue;
			shape.texts++;
		}
		shape.filled++;
		shape.fits = shape.fits && (cell->kind == XLSX_TEXT ? length <= MAX_HEADER_BYTES : is_period(cell));
	}
	shape.fits = shape.fits && (shape.texts > 0 || shape.filled > 1);
	return shape;
}

static bool
is_filled(const XlsxRow *row, uint32 column)
{
	for (uint32 i = 0; i < row->count; i++)
	{
		const char *text = row->cells[i].text;
		size_t		length = row->cells[i].length;

		if (row->cells[i].column != column)
			continue;
		if (row->cells[i].kind == XLSX_TEXT)
			text_trim(&text, &length);
		return row->cells[i].kind != XLSX_TEXT || length > 0;
	}
	return false;
}

/* Does the row have the columns of the other, but for the first of them? Then that one is a column without a header. */
static bool
lacks_first_only(const XlsxRow *row, const XlsxRow *other)
{
	bool		first = true;

	for (uint32 i = 0; i < other->count; i++)
	{
		uint32		column = other->cells[i].column;

		if (!is_filled(other, column))
			continue;
		if (is_filled(row, column) == first)
			return false;
		first = false;
	}
	return true;
}

int
header_row_guess(const XlsxRow *const *rows, int count, const XlsxRange *range)
{
	RowShape	shapes[HEADER_ROW_SEARCH];
	int			widest = 0;
	int			best = -1;

	for (int i = 0; i < count; i++)
	{
		shapes[i] = shape_of(rows[i], range);
		widest = Max(widest, shapes[i].filled);
	}
	for (int i = 0; i < count; i++)
		if (shapes[i].fits && shapes[i].filled * 2 > widest && (best < 0 || shapes[i].filled > shapes[best].filled))
			best = i;
	if (best > 0 && shapes[best - 1].fits && rows[best - 1]->number + 1 == rows[best]->number &&
		shapes[best - 1].filled + 1 == shapes[best].filled && lacks_first_only(rows[best - 1], rows[best]))
		best--;
	return best;
}
