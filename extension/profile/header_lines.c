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
header_lines_join(const XlsxRow *const *rows, int count)
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
		spread(parts[i], parts[i + 1], columns);
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
