/*
 * layout.c
 *	  See layout.h.
 */
#include "layout.h"

#include <stdlib.h>
#include <string.h>

#include "private.h"
#include "ref.h"
#include "relations.h"

/* Most merged ranges of a sheet, and most ranges of hidden rows. */
#define MOST_RANGES	(1024 * 1024)

/* Most ranges of hidden columns: Excel has as many columns. */
#define MOST_COLUMN_RANGES	16384

/* Most tables of a sheet that are looked at. */
#define MOST_TABLES	1000

static bool
is_true(const char *value)
{
	return value != NULL && (strcmp(value, "1") == 0 || strcmp(value, "true") == 0 || strcmp(value, "on") == 0);
}

static uint32_t
number_of(const char *text, uint32_t missing)
{
	return text != NULL ? (uint32_t) strtoul(text, NULL, 10) : missing;
}

/* ---------- tables ---------- */

typedef struct TableLoader
{
	XlsxBook   *book;
	const char *sheet;			/* name of its part */
	XlsxXml    *xml;			/* of the part at hand */
	size_t	   *parts;			/* of tables */
	size_t		part_count;
	size_t		part_capacity;
	XlsxTable	table;			/* at hand */
	bool		found;
} TableLoader;

static void
relation_start(void *context, XlsxXmlSpace space, const char *name, const char **attributes)
{
	TableLoader *loader = context;
	XlsxRelation relation;
	char		target[XLSX_TARGET_BYTES];
	size_t		part;

	if (!xlsx_relation_read(space, name, attributes, &relation) || relation.external || strcmp(relation.type, "table") != 0 ||
		loader->part_count == MOST_TABLES || !xlsx_relation_resolve(loader->sheet, relation.target, target))
		return;
	part = xlsx_relation_part(loader->book->zip, target);
	if (part == SIZE_MAX)
		return;
	if (loader->part_count == loader->part_capacity &&
		!xlsx_memory_grow(&loader->book->memory, &loader->parts, &loader->part_capacity, sizeof(size_t), MOST_TABLES))
	{
		xlsx_fail_memory(xlsx_xml_error(loader->xml));
		xlsx_xml_stop(loader->xml, XLSX_NO_MEMORY);
		return;
	}
	loader->parts[loader->part_count++] = part;
}

static void
table_start(void *context, XlsxXmlSpace space, const char *name, const char **attributes)
{
	TableLoader *loader = context;
	XlsxTable  *table = &loader->table;
	const char *ref = xlsx_xml_attribute(attributes, "ref");
	const char *shown = xlsx_xml_attribute(attributes, "displayName");

	if (xlsx_xml_depth(loader->xml) != 0 || space != XLSX_XML_MAIN || strcmp(name, "table") != 0 || ref == NULL ||
		!xlsx_range_parse(ref, strlen(ref), &table->range) || table->range.last_row == UINT32_MAX ||
		table->range.last_column == UINT32_MAX)
		return;
	table->header_rows = number_of(xlsx_xml_attribute(attributes, "headerRowCount"), 1);
	table->totals_rows = number_of(xlsx_xml_attribute(attributes, "totalsRowCount"), 0);
	table->name = xlsx_memory_copy(&loader->book->memory, shown != NULL ? shown : "", shown != NULL ? strlen(shown) : 0);
	loader->found = table->name != NULL && table->header_rows <= 1 &&
		table->totals_rows <= table->range.last_row - table->range.first_row;
}

static XlsxStatus
parse(TableLoader *loader, size_t part, const XlsxXmlHandlers *handlers, XlsxError *error)
{
	return xlsx_part_parse(loader->book->zip, part, &loader->book->limits, &loader->book->memory, handlers, loader, &loader->xml,
						   error);
}

XlsxStatus
xlsx_sheet_tables(XlsxBook *book, size_t index, XlsxTable **tables, size_t *count, XlsxError *error)
{
	const XlsxXmlHandlers relations = {.start = relation_start};
	const XlsxXmlHandlers content = {.start = table_start};
	TableLoader loader = {.book = book};
	XlsxStatus	status = XLSX_OK;
	size_t		part,
				i;

	*tables = NULL;
	*count = 0;
	if (index >= book->package.count || book->package.sheets[index].part == XLSX_NO_PART)
		return XLSX_OK;
	loader.sheet = xlsx_zip_name(book->zip, book->package.sheets[index].part);
	part = xlsx_relations_of(book->zip, loader.sheet);
	if (part != SIZE_MAX)
		status = parse(&loader, part, &relations, error);
	if (status == XLSX_OK && loader.part_count > 0)
		*tables = xlsx_memory_alloc(&book->memory, loader.part_count * sizeof(XlsxTable));
	if (status == XLSX_NO_MEMORY || (loader.part_count > 0 && status == XLSX_OK && *tables == NULL))
		return xlsx_fail_memory(error);
	for (i = 0; status == XLSX_OK && i < loader.part_count; i++)
	{
		loader.found = false;
		memset(&loader.table, 0, sizeof(loader.table));
		if (parse(&loader, loader.parts[i], &content, error) == XLSX_NO_MEMORY)
			return XLSX_NO_MEMORY;
		if (loader.found)
			(*tables)[(*count)++] = loader.table;
	}
	return XLSX_OK;
}

/* ---------- merged and hidden ---------- */

typedef struct LayoutLoader
{
	XlsxBook   *book;
	XlsxPart   *part;
	XlsxLayout *layout;
	size_t		merge_capacity;
	size_t		column_capacity;
	size_t		row_capacity;
	uint32_t	row;			/* the one before */
	char		section;		/* 'c'ols, 'd'ata, 'm'erges */
} LayoutLoader;

static void
add_range(LayoutLoader *loader, XlsxRange **ranges, size_t *count, size_t *capacity, size_t most, const XlsxRange *range)
{
	XlsxError  *error = xlsx_xml_error(loader->part->xml);

	if (*count == most)
	{
		xlsx_fail(error, XLSX_LIMIT, "sheet has too many merged or hidden ranges");
		xlsx_xml_stop(loader->part->xml, XLSX_LIMIT);
		return;
	}
	if (*count == *capacity && !xlsx_memory_grow(&loader->book->memory, ranges, capacity, sizeof(XlsxRange), most))
	{
		xlsx_fail_memory(error);
		xlsx_xml_stop(loader->part->xml, XLSX_NO_MEMORY);
		return;
	}
	(*ranges)[(*count)++] = *range;
}

static void
add_row(LayoutLoader *loader, const char **attributes)
{
	XlsxLayout *layout = loader->layout;
	XlsxRange	range = {.first_column = 1,.last_column = UINT32_MAX};

	loader->row = number_of(xlsx_xml_attribute(attributes, "r"), loader->row + 1);
	if (!is_true(xlsx_xml_attribute(attributes, "hidden")))
		return;
	if (layout->hidden_row_count > 0 && layout->hidden_rows[layout->hidden_row_count - 1].last_row + 1 == loader->row)
	{
		layout->hidden_rows[layout->hidden_row_count - 1].last_row++;
		return;
	}
	range.first_row = range.last_row = loader->row;
	add_range(loader, &layout->hidden_rows, &layout->hidden_row_count, &loader->row_capacity, MOST_RANGES, &range);
}

static void
add_columns(LayoutLoader *loader, const char **attributes)
{
	XlsxRange	range = {
		.first_row = 1,.last_row = UINT32_MAX,.first_column = number_of(xlsx_xml_attribute(attributes, "min"), 0),
		.last_column = number_of(xlsx_xml_attribute(attributes, "max"), 0)
	};

	if (is_true(xlsx_xml_attribute(attributes, "hidden")) && range.first_column > 0)
		add_range(loader, &loader->layout->hidden_columns, &loader->layout->hidden_column_count, &loader->column_capacity, MOST_COLUMN_RANGES,
				  &range);
}

static void
add_merge(LayoutLoader *loader, const char **attributes)
{
	const char *ref = xlsx_xml_attribute(attributes, "ref");
	XlsxRange	range;

	if (ref != NULL && xlsx_range_parse(ref, strlen(ref), &range) && range.last_row != UINT32_MAX && range.last_column != UINT32_MAX)
		add_range(loader, &loader->layout->merges, &loader->layout->merge_count, &loader->merge_capacity, MOST_RANGES, &range);
}

static void
layout_start(void *context, XlsxXmlSpace space, const char *name, const char **attributes)
{
	LayoutLoader *loader = context;
	uint32_t	depth = xlsx_xml_depth(loader->part->xml);

	if (space != XLSX_XML_MAIN || depth < 1 || depth > 2)
		return;
	if (depth == 1)
		loader->section = strcmp(name, "cols") == 0 ? 'c' : strcmp(name, "sheetData") == 0 ? 'd' :
			strcmp(name, "mergeCells") == 0 ? 'm' : ' ';
	else if (loader->section == 'c' && strcmp(name, "col") == 0)
		add_columns(loader, attributes);
	else if (loader->section == 'd' && strcmp(name, "row") == 0)
		add_row(loader, attributes);
	else if (loader->section == 'm' && strcmp(name, "mergeCell") == 0)
		add_merge(loader, attributes);
}

XlsxStatus
xlsx_sheet_layout(XlsxBook *book, size_t index, XlsxLayout *layout, XlsxError *error)
{
	static const XlsxXmlHandlers handlers = {.start = layout_start};
	LayoutLoader loader = {.book = book,.layout = layout};
	XlsxStatus	status;
	bool		reached;

	memset(layout, 0, sizeof(*layout));
	if (index >= book->package.count || book->package.sheets[index].part == XLSX_NO_PART)
		return XLSX_OK;
	status = xlsx_part_open(book->zip, book->package.sheets[index].part, &book->limits, &book->memory, &handlers, &loader,
							&loader.part, error);
	if (status != XLSX_OK)
		return status;
	while (status == XLSX_OK && !(loader.part->finished && !xlsx_xml_paused(loader.part->xml)))
		status = xlsx_part_feed(loader.part, NULL, &reached, error);
	xlsx_part_close(loader.part);
	return status;
}
