/*
 * row.c
 *	  See row.h.
 */
#include "row.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "datetime.h"
#include "number.h"
#include "ref.h"
#include "shown.h"
#include "text.h"

#define SCRATCH_BYTES	(64 * 1024)
#define QUOTED_BYTES	40		/* of a wrong value, in a message */

/* Blocks of text that never move; the first is kept from row to row. */
struct XlsxScratch
{
	XlsxScratch *next;
	size_t		used;
	size_t		capacity;
	char		bytes[];
};

/* ---------- failures ---------- */

static bool
fail_here(XlsxRowBuilder *row, XlsxStatus status)
{
	row->status = status;
	xlsx_fail_at(&row->error, row->part, row->number, row->column);
	return false;
}

static bool
fail_memory(XlsxRowBuilder *row)
{
	return fail_here(row, xlsx_fail_memory(&row->error));
}

static bool
fail_limit(XlsxRowBuilder *row, XlsxLimitId id, const char *message)
{
	return fail_here(row, xlsx_fail_limit(&row->error, row->limits, id, message));
}

bool
xlsx_row_fail(XlsxRowBuilder *row, const char *detail,...)
{
	char		ref[19];
	char		text[400];
	va_list		args;

	va_start(args, detail);
	vsnprintf(text, sizeof(text), detail, args);
	va_end(args);
	if (row->column > 0)
	{
		xlsx_ref_cell(row->number, row->column, ref);
		xlsx_fail(&row->error, XLSX_DAMAGED, "could not read cell %s", ref);
	}
	else
		xlsx_fail(&row->error, XLSX_DAMAGED, "could not read row %u", row->number);
	xlsx_fail_detail(&row->error, "%s", text);
	xlsx_fail_hint(&row->error, "Save the file again in a spreadsheet program, then upload it.");
	return fail_here(row, XLSX_DAMAGED);
}

/* ---------- room ---------- */

/* Cells up to here neither need more memory nor exceed the columns. */
static void
set_room(XlsxRowBuilder *row)
{
	size_t		most = (size_t) row->first + row->limits->max_columns;

	row->room = (uint32_t) (row->capacity < most ? row->capacity : most);
}

bool
xlsx_row_grow(XlsxRowBuilder *row)
{
	size_t		most = (size_t) row->limits->max_columns + XLSX_CELLS_AHEAD;

	if (row->count - row->first >= row->limits->max_columns)
		return fail_limit(row, XLSX_LIMIT_max_columns, "row has too many cells");
	if (row->count == row->capacity &&
		!xlsx_memory_grow(row->memory, &row->cells, &row->capacity, sizeof(XlsxCell), most))
		return fail_memory(row);
	set_room(row);
	return true;
}

char *
xlsx_row_text(XlsxRowBuilder *row, size_t length)
{
	XlsxScratch *block = row->scratch;
	size_t		capacity = length > SCRATCH_BYTES ? length : SCRATCH_BYTES;
	char	   *text;

	row->scratch_bytes += length;
	if (row->scratch_bytes > row->limits->max_row_bytes)
	{
		fail_limit(row, XLSX_LIMIT_max_row_bytes, "row has too much text");
		return NULL;
	}
	if (block == NULL || block->capacity - block->used < length)
	{
		block = xlsx_memory_alloc(row->memory, sizeof(XlsxScratch) + capacity);
		if (block == NULL)
		{
			fail_memory(row);
			return NULL;
		}
		block->next = row->scratch;
		block->used = 0;
		block->capacity = capacity;
		row->scratch = block;
	}
	text = block->bytes + block->used;
	block->used += length;
	return text;
}

void
xlsx_row_clear(XlsxRowBuilder *row)
{
	while (row->scratch != NULL && (row->scratch->next != NULL || row->scratch->capacity > SCRATCH_BYTES))
	{
		XlsxScratch *next = row->scratch->next;

		xlsx_memory_free(row->memory, row->scratch);
		row->scratch = next;
	}
	if (row->scratch != NULL)
		row->scratch->used = 0;
	row->ready_count = 0;
	row->first = 0;
	row->count = 0;
	row->column = 0;
}

void
xlsx_row_drop(XlsxRowBuilder *row)
{
	row->count = row->first;
	row->number = row->previous;
	row->column = 0;
	row->status = XLSX_OK;
}

bool
xlsx_row_enough(const XlsxRowBuilder *row)
{
	const XlsxScratch *scratch = row->scratch;

	return row->ready_count == XLSX_ROWS_AHEAD || row->count >= XLSX_CELLS_AHEAD ||
		(scratch != NULL && (scratch->next != NULL || scratch->capacity > SCRATCH_BYTES));
}

void
xlsx_row_free(XlsxRowBuilder *row)
{
	while (row->scratch != NULL)
	{
		XlsxScratch *next = row->scratch->next;

		xlsx_memory_free(row->memory, row->scratch);
		row->scratch = next;
	}
	xlsx_memory_free(row->memory, row->cells);
	row->cells = NULL;
	row->capacity = row->room = 0;
}

/* ---------- rows and cells ---------- */

/* White space around numbers is not part of them. */
static void
trim(const char **text, size_t *length)
{
	while (*length > 0 && strchr(" \t\r\n", **text) != NULL)
	{
		(*text)++;
		(*length)--;
	}
	while (*length > 0 && strchr(" \t\r\n", (*text)[*length - 1]) != NULL)
		(*length)--;
}

/* A number without sign; UINT32_MAX stands for all that are larger. False when it is none. */
static bool
read_unsigned(const char *text, size_t length, uint32_t *value)
{
	uint64_t	sum = 0;
	size_t		i;

	trim(&text, &length);
	for (i = 0; i < length; i++)
	{
		if (text[i] < '0' || text[i] > '9')
			return false;
		sum = sum * 10 + (uint64_t) (text[i] - '0');
		if (sum > UINT32_MAX)
			sum = UINT32_MAX;
	}
	*value = (uint32_t) sum;
	return length > 0;
}

bool
xlsx_row_begin_at(XlsxRowBuilder *row, uint32_t number)
{
	row->number = number;
	row->column = 0;
	row->scratch_bytes = 0;
	set_room(row);
	if (number > row->limits->max_rows || row->ended >= row->limits->max_rows)
		return fail_limit(row, XLSX_LIMIT_max_rows, "worksheet has too many rows");
	return true;
}

bool
xlsx_row_begin(XlsxRowBuilder *row, const char *number, size_t length)
{
	uint32_t	value = row->previous + 1;

	if (number != NULL && (!read_unsigned(number, length, &value) || value == 0))
	{
		row->number = row->previous + 1;
		row->column = 0;
		return xlsx_row_fail(row, "Its number \"%.*s\" is no row number.",
							 xlsx_text_cut(number, length, QUOTED_BYTES), number);
	}
	return xlsx_row_begin_at(row, value);
}

void
xlsx_row_end(XlsxRowBuilder *row)
{
	row->previous = row->number;
	row->ended++;
	if (row->count > row->first)
		row->ready[row->ready_count++] = (XlsxReadyRow) {row->number, row->first, row->count - row->first};
	row->first = row->count;
}

bool
xlsx_row_check_column(XlsxRowBuilder *row)
{
	if (row->column > row->limits->max_columns)
		return fail_limit(row, XLSX_LIMIT_max_columns, "worksheet has too many columns");
	return true;
}

static bool
read_type(const char *type, size_t length, XlsxCellType *cell_type)
{
	static const struct
	{
		const char *name;
		XlsxCellType type;
	}			types[] = {
		{"n", XLSX_TYPE_NUMBER}, {"s", XLSX_TYPE_SHARED}, {"str", XLSX_TYPE_TEXT}, {"inlineStr", XLSX_TYPE_INLINE},
		{"b", XLSX_TYPE_BOOL}, {"e", XLSX_TYPE_ERROR}, {"d", XLSX_TYPE_DATE}
	};
	size_t		i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strlen(types[i].name) == length && memcmp(types[i].name, type, length) == 0)
		{
			*cell_type = types[i].type;
			return true;
		}
	return false;
}

bool
xlsx_row_cell(XlsxRowBuilder *row, const char *ref, size_t ref_length, const char *style, size_t style_length,
			  const char *type, size_t type_length, bool rich)
{
	uint32_t	ref_row,
				column = row->column + 1;

	if (ref != NULL)
	{
		trim(&ref, &ref_length);
		if (!xlsx_ref_parse(ref, ref_length, &ref_row, &column) || column == 0 || ref_row == 0)
		{
			row->column++;
			return xlsx_row_fail(row, "It calls itself \"%.*s\", which is no cell reference.",
								 xlsx_text_cut(ref, ref_length, QUOTED_BYTES), ref);
		}
	}
	row->column = column;
	row->style = 0;
	row->rich = rich;
	row->type = XLSX_TYPE_NUMBER;
	if (style != NULL && !read_unsigned(style, style_length, &row->style))
		row->style = 0;
	if (type != NULL && type_length > 0 && !read_type(type, type_length, &row->type))
		return xlsx_row_fail(row, "Its type \"%.*s\" is unknown.",
							 xlsx_text_cut(type, type_length, QUOTED_BYTES), type);
	return xlsx_row_check_column(row);
}

/* ---------- values ---------- */

static XlsxCell *
add_cell(XlsxRowBuilder *row, XlsxKind kind, const char *text, size_t length)
{
	XlsxCell   *cell;

	if (row->count == row->room && !xlsx_row_grow(row))
		return NULL;
	cell = &row->cells[row->count++];
	memset(cell, 0, sizeof(*cell));
	cell->column = (uint16_t) row->column;
	cell->style = xlsx_row_style(row);
	cell->kind = (uint8_t) kind;
	cell->text = text;
	cell->length = length;
	return cell;
}

static bool
put_text(XlsxRowBuilder *row, XlsxKind kind, const char *text, size_t length, bool escaped)
{
	uint64_t	most = row->limits->max_string_length;

	if (escaped && xlsx_text_has_escape(text, length))
	{
		char	   *copy = xlsx_row_text(row, length);

		if (copy == NULL)
			return false;
		length = xlsx_text_unescape(text, length, copy);
		text = copy;
	}
	if (length > most && xlsx_text_count(text, length) > most)
		return fail_limit(row, XLSX_LIMIT_max_string_length, "text of a cell is too long");
	return add_cell(row, kind, text, length) != NULL;
}

static bool
put_number(XlsxRowBuilder *row, const char *text, size_t length)
{
	double		number;

	trim(&text, &length);
	if (length == 0)
		return true;
	if (!xlsx_number_parse(text, length, &number))
		return xlsx_row_fail(row, "It holds \"%.*s\", which is no number.",
							 xlsx_text_cut(text, length, QUOTED_BYTES), text);
	return xlsx_row_number(row, number, text, length);
}

/* Until it is delivered, such a cell has no text, and the string's index for its length. */
bool
xlsx_row_shared(XlsxRowBuilder *row, uint64_t index)
{
	if (index < row->strings->count)
		__builtin_prefetch(&row->strings->starts[index]);
	return add_cell(row, XLSX_TEXT, NULL, (size_t) index) != NULL;
}

/* Cell number i is the first to name its string: reads the strings up to that. */
static bool
reach_shared(XlsxRowBuilder *row, uint32_t i)
{
	size_t		index = row->cells[i].length;

	row->status = xlsx_strings_reach(row->strings, index, &row->error);
	return row->status == XLSX_OK && index < row->strings->count;
}

/* A cell has no string. */
static void
fail_shared(XlsxRowBuilder *row, const XlsxCell *cell)
{
	if (row->status != XLSX_OK)
		return;
	row->column = cell->column;
	xlsx_row_fail(row, "It refers to shared string %zu, but the workbook has %zu.", cell->length, row->strings->count);
}

static void
take_shared(const XlsxStrings *strings, XlsxCell *cell)
{
	size_t		index = cell->length;

	cell->text = strings->text + strings->starts[index];
	cell->length = strings->starts[index + 1] - strings->starts[index];
}

/* Shared strings count for the row as its own text does: a short row may name one long string in each of its cells. */
static bool
deliver_ready(XlsxRowBuilder *row, const XlsxReadyRow *ready)
{
	uint64_t	bytes = 0;

	for (uint32_t i = ready->first; i < ready->first + ready->count; i++)
	{
		XlsxCell   *cell = &row->cells[i];

		if (cell->kind != XLSX_TEXT || cell->text != NULL)
			continue;
		if (cell->length >= row->strings->count && !reach_shared(row, i))
		{
			fail_shared(row, cell);
			return false;
		}
		take_shared(row->strings, cell);
		__builtin_prefetch(cell->text);
		bytes += cell->length;
	}
	if (bytes <= row->limits->max_row_bytes)
		return true;
	row->column = 0;
	return fail_limit(row, XLSX_LIMIT_max_row_bytes, "row has too much text");
}

void
xlsx_row_deliver(XlsxRowBuilder *row)
{
	for (uint32_t i = 0; i < row->ready_count; i++)
	{
		uint32_t	number = row->number;

		row->number = row->ready[i].number;
		if (!deliver_ready(row, &row->ready[i]))
		{
			row->ready_count = i;	/* nor is any behind it */
			return;
		}
		row->number = number;
	}
}

static bool
put_shared(XlsxRowBuilder *row, const char *text, size_t length)
{
	uint32_t	index;

	trim(&text, &length);
	if (length == 0)
		return true;
	if (!read_unsigned(text, length, &index))
		return xlsx_row_fail(row, "It refers to shared string \"%.*s\", which is no number.",
							 xlsx_text_cut(text, length, QUOTED_BYTES), text);
	return xlsx_row_shared(row, index);
}

static bool
put_bool(XlsxRowBuilder *row, const char *text, size_t length)
{
	bool		is_true;
	XlsxCell   *cell;

	trim(&text, &length);
	if (length == 0)
		return true;
	is_true = (length == 1 && *text == '1') || (length == 4 && strncasecmp(text, "true", 4) == 0);
	if (!is_true && !(length == 1 && *text == '0') && !(length == 5 && strncasecmp(text, "false", 5) == 0))
		return xlsx_row_fail(row, "It holds \"%.*s\", which is neither true nor false.",
							 xlsx_text_cut(text, length, QUOTED_BYTES), text);
	cell = add_cell(row, XLSX_BOOL, NULL, 0);
	if (cell != NULL)
		cell->boolean = is_true;
	return cell != NULL;
}

/*
 * t="d" (18.18.11): an ISO 8601 date, time of day, both, or duration in the
 * file, a serial for the caller; text when it is none of them.
 */
static bool
put_date(XlsxRowBuilder *row, const char *text, size_t length)
{
	double		serial;
	uint8_t		shape = row->calendar;
	XlsxCell   *cell;

	trim(&text, &length);
	if (length == 0)
		return true;
	if (!xlsx_iso_to_serial(text, length, row->date1904, &serial) ||
		(serial < 1 && length >= 10))	/* the first day of 1904 is no time of day */
	{
		if (xlsx_iso_to_early(text, length, row->date1904, &serial))
			shape = row->date1904 ? XLSX_DATE_EARLY_1904 : XLSX_DATE_EARLY;
		else if (xlsx_iso_to_elapsed(text, length, &serial))
			shape = XLSX_DATE_ELAPSED;
		else if (!xlsx_iso_to_serial(text, length, row->date1904, &serial))
			return put_text(row, XLSX_TEXT, text, length, false);
	}
	cell = add_cell(row, XLSX_DATE, text, length);
	if (cell != NULL)
	{
		cell->number = serial;
		cell->shape = shape;
	}
	return cell != NULL;
}

/* What programs that do not know rich values shall show. */
static bool
put_error(XlsxRowBuilder *row, const char *text, size_t length, bool escaped)
{
	if (!put_text(row, XLSX_ERROR, text, length, escaped))
		return false;
	row->cells[row->count - 1].boolean = row->rich && length == 7 && memcmp(text, "#VALUE!", 7) == 0;
	return true;
}

#define MOST_SHOWN 255			/* it must fit XlsxCell.shown */

bool
xlsx_row_show(XlsxRowBuilder *row, XlsxCell *cell)
{
	const char *code = row->style < row->styles->count ? row->styles->number_formats[row->style] : NULL;
	char		shown[MOST_SHOWN + 1];
	size_t		length;
	char	   *text;

	if (code == NULL)
		return true;
	length = cell->kind == XLSX_DATE ? xlsx_shown_elapsed(code, cell->number, shown, sizeof(shown)) :
		xlsx_shown_number(code, cell->number, cell->text, cell->length, shown, sizeof(shown));
	if (length == 0)
		return true;
	text = xlsx_row_text(row, cell->length + length);
	if (text == NULL)
		return false;
	memcpy(text, cell->text, cell->length);
	memcpy(text + cell->length, shown, length);
	cell->text = text;
	cell->shown = (uint8_t) length;
	return true;
}

bool
xlsx_row_no_value(XlsxRowBuilder *row)
{
	return add_cell(row, XLSX_NO_VALUE, NULL, 0) != NULL;
}

bool
xlsx_row_value(XlsxRowBuilder *row, const char *value, size_t length, bool escaped)
{
	if (value == NULL)
		return true;
	switch (row->type)
	{
		case XLSX_TYPE_NUMBER:
			return put_number(row, value, length);
		case XLSX_TYPE_SHARED:
			return put_shared(row, value, length);
		case XLSX_TYPE_TEXT:
		case XLSX_TYPE_INLINE:
			return put_text(row, XLSX_TEXT, value, length, escaped);
		case XLSX_TYPE_BOOL:
			return put_bool(row, value, length);
		case XLSX_TYPE_ERROR:
			return length == 0 || put_error(row, value, length, escaped);
		case XLSX_TYPE_DATE:
			return put_date(row, value, length);
	}
	return true;
}
