/*
 * header_row.c
 *	  Which row of a sheet holds the headers.
 */
#include "profile/header_row.h"

#include "files/workbook.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "pg/text_trim.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* Digits of the greatest row number that an option may have. */
#define MAX_ROW_DIGITS 7

/* Longer texts are notes. */
#define MAX_HEADER_BYTES 256

typedef struct RowShape
{
	uint32		number;
	int			filled;			/* cells that are not blank */
	bool		titles;			/* all of them texts that differ */
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

/* Of an import. */
Datum
pg_xlsx_is_header_row(PG_FUNCTION_ARGS)
{
	HeaderRow	wanted;

	PG_RETURN_BOOL(header_row_parse(text_to_cstring(PG_GETARG_TEXT_PP(0)), &wanted) && wanted.kind != HEADER_ROW_NONE);
}

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

static bool
all_differ(char **texts, int count)
{
	qsort(texts, (size_t) count, sizeof(char *), compare_texts);
	for (int i = 1; i < count; i++)
		if (strcmp(texts[i - 1], texts[i]) == 0)
			return false;
	return true;
}

static RowShape
shape_of(const XlsxRow *row, const XlsxRange *range)
{
	RowShape	shape = {.number = row->number, .titles = true};
	char	  **texts = palloc(sizeof(char *) * ((size_t) row->count + 1));

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
		}
		if (cell->kind != XLSX_TEXT || length > MAX_HEADER_BYTES)
			shape.titles = false;
		if (shape.titles)
			texts[shape.filled] = pnstrdup(text, length);
		shape.filled++;
	}
	shape.titles = shape.titles && shape.filled > 0 && all_differ(texts, shape.filled);
	return shape;
}

/* Fills shapes from the first rows that are not blank, at most most; returns their number. */
static int
read_shapes(XlsxBook *book, size_t index, const XlsxRange *range, RowShape *shapes, int most)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx header row", ALLOCSET_DEFAULT_SIZES);
	int			count = 0;
	XlsxError	error;
	XlsxSheet  *sheet;
	const XlsxRow *row;
	XlsxStatus	status = xlsx_sheet_open(book, index, &sheet, &error);

	while (count < most && status == XLSX_OK && (status = xlsx_sheet_next(sheet, &row, &error)) == XLSX_OK)
	{
		MemoryContext caller = MemoryContextSwitchTo(context);

		CHECK_FOR_INTERRUPTS();
		if (row->number > range->last_row)
			status = XLSX_DONE;
		else if (row->number >= range->first_row && (shapes[count] = shape_of(row, range)).filled > 0)
			count++;
		MemoryContextSwitchTo(caller);
		MemoryContextReset(context);
	}
	if (status != XLSX_OK && status != XLSX_DONE)
		workbook_throw(&error);
	xlsx_sheet_close(sheet);
	MemoryContextDelete(context);
	return count;
}

uint32
header_row_guess(XlsxBook *book, size_t index, const XlsxRange *range)
{
	RowShape	shapes[HEADER_ROW_SEARCH];
	int			count = read_shapes(book, index, range, shapes, HEADER_ROW_SEARCH);
	int			widest = 0;

	for (int i = 0; i < count; i++)
		widest = Max(widest, shapes[i].filled);
	for (int i = 0; i < count; i++)
		if (shapes[i].titles && shapes[i].filled * 2 > widest)
			return shapes[i].number;
	return 0;
}

uint32
header_row_first(XlsxBook *book, size_t index, const XlsxRange *range)
{
	RowShape	shape;

	return read_shapes(book, index, range, &shape, 1) > 0 ? shape.number : 0;
}
