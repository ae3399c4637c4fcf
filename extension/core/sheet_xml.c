/*
 * sheet_xml.c
 *	  Handlers that build rows from expat's events, for all the scanner leaves.
 */
#include "private.h"

#include <string.h>

#include "ref.h"
#include "text.h"

static size_t
length_of(const char *text)
{
	return text != NULL ? strlen(text) : 0;
}

/* Ends the parse if the builder has failed. */
static void
check(XlsxSheet *sheet)
{
	if (sheet->builder.status == XLSX_OK)
		return;
	*xlsx_xml_error(sheet->part->xml) = sheet->builder.error;
	xlsx_xml_stop(sheet->part->xml, sheet->builder.status);
}

/* ---------- start tags, by depth ---------- */

static void
start_root(XlsxSheet *sheet, const char *name)
{
	XlsxError  *error = xlsx_xml_error(sheet->part->xml);

	if (strcmp(name, "worksheet") == 0)
		return;
	xlsx_fail(error, XLSX_DAMAGED, "part \"%s\" is not a worksheet", sheet->builder.part);
	xlsx_fail_at(error, sheet->builder.part, 0, 0);
	xlsx_xml_stop(sheet->part->xml, XLSX_DAMAGED);
}

static void
start_section(XlsxSheet *sheet, const char *name, const char **attributes)
{
	const char *ref = xlsx_xml_attribute(attributes, "ref");
	XlsxRange	range;

	sheet->path.in_data = strcmp(name, "sheetData") == 0;
	if (strcmp(name, "dimension") == 0 && ref != NULL && xlsx_range_parse(ref, strlen(ref), &range) &&
		range.last_row != UINT32_MAX)
		sheet->declared_rows = range.last_row;
}

static void
start_row(XlsxSheet *sheet, const char **attributes)
{
	const char *number = xlsx_xml_attribute(attributes, "r");

	sheet->path.in_row = true;
	xlsx_row_clear(&sheet->builder);
	xlsx_row_begin(&sheet->builder, number, length_of(number));
}

static void
start_cell(XlsxSheet *sheet, const char **attributes)
{
	const char *ref = xlsx_xml_attribute(attributes, "r"),
			   *style = xlsx_xml_attribute(attributes, "s"),
			   *type = xlsx_xml_attribute(attributes, "t"),
			   *metadata = xlsx_xml_attribute(attributes, "vm");

	sheet->path.in_cell = true;
	sheet->has_value = false;
	sheet->has_inline = false;
	sheet->has_formula = false;
	sheet->value_length = 0;
	xlsx_row_cell(&sheet->builder, ref, length_of(ref), style, length_of(style), type, length_of(type), metadata != NULL);
}

/* <v> or <is>; of two values the last counts, but for inlineStr <is> before <v>. */
static void
start_value(XlsxSheet *sheet, const char *name, uint32_t depth)
{
	bool		is_inline = sheet->builder.type == XLSX_TYPE_INLINE;

	if (strcmp(name, "f") == 0)
		sheet->has_formula = true;
	else if (strcmp(name, "v") == 0 && !sheet->has_inline)
	{
		sheet->has_value = true;
		sheet->value_length = 0;
		sheet->path.in_text = true;
		sheet->path.text_depth = depth + 1;
	}
	else if (strcmp(name, "is") == 0 && is_inline)
	{
		sheet->has_inline = true;
		sheet->value_length = 0;
		sheet->path.in_inline = true;
	}
}

static void
start_text(XlsxSheet *sheet, uint32_t depth)
{
	sheet->path.in_text = true;
	sheet->path.text_depth = depth + 1;
	sheet->text_start = sheet->value_length;
}

static void
on_start(void *context, XlsxXmlSpace space, const char *name, const char **attributes)
{
	XlsxSheet  *sheet = context;
	uint32_t	depth = xlsx_xml_depth(sheet->part->xml);

	if (space != XLSX_XML_MAIN)
	{
		if (depth == 0)
			start_root(sheet, "");
		return;
	}
	if (depth == 0)
		start_root(sheet, name);
	else if (depth == 1)
		start_section(sheet, name, attributes);
	else if (depth == 2 && sheet->path.in_data && strcmp(name, "row") == 0)
		start_row(sheet, attributes);
	else if (depth == 3 && sheet->path.in_row && strcmp(name, "c") == 0)
		start_cell(sheet, attributes);
	else if (depth == 4 && sheet->path.in_cell)
		start_value(sheet, name, depth);
	else if (depth == 5 && sheet->path.in_inline && strcmp(name, "r") == 0)
		sheet->path.in_run = true;
	else if (strcmp(name, "t") == 0 &&
			 ((depth == 5 && sheet->path.in_inline) || (depth == 6 && sheet->path.in_run)))
		start_text(sheet, depth);
	check(sheet);
}

/* ---------- end tags ---------- */

static void
end_text(XlsxSheet *sheet)
{
	sheet->path.in_text = false;
	if (sheet->path.in_inline && sheet->value_length > sheet->text_start)
	{
		char	   *text = sheet->value + sheet->text_start;

		sheet->value_length = sheet->text_start +
			xlsx_text_unescape(text, sheet->value_length - sheet->text_start, text);
	}
}

/* The value moves to where the row keeps its texts. */
static void
end_cell(XlsxSheet *sheet)
{
	char	   *text;

	sheet->path.in_cell = false;
	if (sheet->has_formula &&
		xlsx_row_lacks_value(&sheet->builder, sheet->has_value || sheet->has_inline ? "" : NULL, sheet->value_length))
	{
		xlsx_row_no_value(&sheet->builder);
		return;
	}
	if (!sheet->has_value && !sheet->has_inline)
		return;
	text = xlsx_row_text(&sheet->builder, sheet->value_length);
	if (text == NULL)
		return;
	if (sheet->value_length > 0)
		memcpy(text, sheet->value, sheet->value_length);
	xlsx_row_value(&sheet->builder, text, sheet->value_length, !sheet->has_inline);
}

static void
end_row(XlsxSheet *sheet)
{
	sheet->path.in_row = false;
	xlsx_row_end(&sheet->builder);
	if (sheet->builder.ready_count > 0)
		xlsx_xml_pause(sheet->part->xml);
}

static void
on_end(void *context, XlsxXmlSpace space, const char *name)
{
	XlsxSheet  *sheet = context;
	XlsxSheetPath *path = &sheet->path;
	uint32_t	depth = xlsx_xml_depth(sheet->part->xml);

	(void) space;
	(void) name;
	if (path->in_text && depth + 1 == path->text_depth)
		end_text(sheet);
	else if (depth == 5)
		path->in_run = false;
	else if (depth == 4)
		path->in_inline = false;
	else if (depth == 3 && path->in_cell)
		end_cell(sheet);
	else if (depth == 2 && path->in_row)
		end_row(sheet);
	else if (depth == 1)
		path->in_data = false;
	check(sheet);
}

/* ---------- text ---------- */

/* The longest text a cell may have is this long if all of it is written as _xHHHH_. */
static bool
fits(const XlsxSheet *sheet, size_t length)
{
	return length <= (size_t) sheet->builder.limits->max_string_length * 7;
}

static void
on_text(void *context, const char *text, size_t length)
{
	XlsxSheet  *sheet = context;
	XlsxRowBuilder *builder = &sheet->builder;
	size_t		wanted = sheet->value_length + length;

	if (!sheet->path.in_text || xlsx_xml_depth(sheet->part->xml) != sheet->path.text_depth)
		return;
	if (!fits(sheet, wanted))
	{
		builder->status = xlsx_fail_limit(&builder->error, builder->limits, XLSX_LIMIT_max_string_length,
										  "text of a cell is too long");
		xlsx_fail_at(&builder->error, builder->part, builder->number, builder->column);
	}
	else if (wanted > sheet->value_capacity)
	{
		size_t		capacity = wanted < 1024 ? 1024 : wanted * 2;
		char	   *value = xlsx_memory_realloc(builder->memory, sheet->value, capacity);

		if (value == NULL)
			builder->status = xlsx_fail_memory(&builder->error);
		else
		{
			sheet->value = value;
			sheet->value_capacity = capacity;
		}
	}
	if (builder->status == XLSX_OK)
	{
		memcpy(sheet->value + sheet->value_length, text, length);
		sheet->value_length = wanted;
	}
	check(sheet);
}

const XlsxXmlHandlers xlsx_sheet_handlers = {on_start, on_end, on_text};
