/*
 * header_lines.c
 *	  Headers that take more than one row of a sheet.
 */
#include "profile/header_lines.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "pg/text_trim.h"

/* A longer text is cut: it cannot be a header. */
#define MOST_PART_BYTES 1024

/* Trimmed text of a cell; NULL if it is blank. */
static char *
part_of(const XlsxCell *cell)
{
	char		buffer[MOST_PART_BYTES];
	size_t		length = Min(xlsx_cell_text(cell, buffer, sizeof(buffer)), sizeof(buffer) - 1);
	const char *text = buffer;

	text_trim(&text, &length);
	return length > 0 ? pnstrdup(text, length) : NULL;
}

static uint32
last_column(const XlsxRow *const *rows, int count)
{
	uint32		last = 0;

	for (int i = 0; i < count; i++)
		for (uint32 k = 0; k < rows[i]->count; k++)
			last = Max(last, rows[i]->cells[k].column);
	return last;
}

/* The texts of a row by column. */
static char **
parts_of(const XlsxRow *row, uint32 columns)
{
	char	  **parts = palloc0(sizeof(char *) * ((size_t) columns + 1));

	for (uint32 i = 0; i < row->count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		parts[row->cells[i].column] = part_of(&row->cells[i]);
	}
	return parts;
}

/* Puts the text of a group over all columns that belong to it. */
static void
spread(char **group, char *const *below, uint32 columns)
{
	char	   *text = NULL;

	for (uint32 at = 1; at <= columns; at++)
	{
		if (group[at] != NULL)
			text = group[at];
		else if (below[at] == NULL)
			text = NULL;
		else
			group[at] = text;
	}
}

static bool
lies_in(const XlsxRange *range, uint32 row)
{
	return range->first_row <= row && range->last_row >= row;
}

/* Is one of the rows part of a merged range that is wider than a column? */
static bool
has_groups(const XlsxRow *const *rows, int count, const XlsxRange *merges, size_t merge_count)
{
	for (size_t i = 0; i < merge_count; i++)
		for (int k = 0; k < count; k++)
			if (lies_in(&merges[i], rows[k]->number) && merges[i].last_column > merges[i].first_column)
				return true;
	return false;
}

/* Puts the texts of a row over the columns that they are merged with. */
static void
spread_merged(char **group, uint32 row, const XlsxRange *merges, size_t merge_count, uint32 columns)
{
	for (size_t i = 0; i < merge_count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (merges[i].first_row != row || merges[i].first_column > columns)
			continue;
		for (uint32 at = merges[i].first_column + 1; at <= Min(merges[i].last_column, columns); at++)
			group[at] = group[merges[i].first_column];
	}
}

static char *
join(char ***parts, int count, uint32 column)
{
	StringInfoData text;
	const char *last = NULL;

	initStringInfo(&text);
	for (int i = 0; i < count; i++)
	{
		const char *part = parts[i][column];

		if (part == NULL || (last != NULL && strcmp(last, part) == 0))
			continue;
		appendStringInfo(&text, "%s%s", text.len > 0 ? " / " : "", part);
		last = part;
	}
	return text.len > 0 ? text.data : NULL;
}

const XlsxRow *
header_lines_join(const XlsxRow *const *rows, int count, const XlsxRange *merges, size_t merge_count)
{
	char	  **parts[MOST_HEADER_ROWS];
	uint32		columns;
	XlsxRow    *joined;
	XlsxCell   *cells;

	if (count == 1)
		return rows[0];
	columns = last_column(rows, count);
	for (int i = 0; i < count; i++)
		parts[i] = parts_of(rows[i], columns);
	for (int i = count - 2; i >= 0; i--)
	{
		if (has_groups(rows, count, merges, merge_count))
			spread_merged(parts[i], rows[i]->number, merges, merge_count, columns);
		else
			spread(parts[i], parts[i + 1], columns);
	}
	joined = palloc(sizeof(XlsxRow));
	cells = palloc0(sizeof(XlsxCell) * ((size_t) columns + 1));
	*joined = (XlsxRow) {rows[0]->number, 0, cells};
	for (uint32 at = 1; at <= columns; at++)
	{
		char	   *text = join(parts, count, at);

		if (text != NULL)
			cells[joined->count++] = (XlsxCell) {.column = at,.kind = XLSX_TEXT,.text = text,.length = strlen(text)};
	}
	return joined;
}
