/*
 * styles.c
 *	  See styles.h.
 */
#include "styles.h"

#include <stdlib.h>
#include <string.h>

#include "format_section.h"
#include "part.h"
#include "shown.h"

typedef struct NumberFormat
{
	uint32_t	id;
	uint32_t	order;			/* a later definition of an id replaces the earlier */
	XlsxFormat	format;
	const char *code;
} NumberFormat;

typedef struct Loader
{
	XlsxMemory *memory;
	XlsxXml    *xml;
	bool		in_formats;		/* numFmts */
	bool		in_cells;		/* cellXfs */
	NumberFormat *formats;
	size_t		format_count;
	size_t		format_capacity;
	uint32_t   *cells;			/* numFmtId of each cell format */
	size_t		cell_count;
	size_t		cell_capacity;
} Loader;

/* ---------- format codes ---------- */

/* What stands in brackets: elapsed time when it is h, m or s only. */
static const char *
skip_brackets(const char *code, XlsxFormat *format)
{
	const char *inside = code + 1;
	const char *end = strchr(inside, ']');

	if (end == NULL)
		return code + 1;
	if (xlsx_section_is_elapsed(inside, (size_t) (end - inside)))
		*format = XLSX_FORMAT_ELAPSED;
	return end + 1;
}

/* AM/PM holds an m anyway, A/P does not. */
static bool
is_half_of_day(const char *code)
{
	return (code[0] | 0x20) == 'a' && code[1] == '/' && (code[2] | 0x20) == 'p';
}

static const char *
skip_quoted(const char *code)
{
	const char *end = strchr(code + 1, '"');

	return end != NULL ? end + 1 : code + strlen(code);
}

XlsxFormat
xlsx_format_of_code(const char *code)
{
	XlsxFormat	format = XLSX_FORMAT_NUMBER;
	const char *start = code;

	while (*code != '\0' && *code != ';')
	{
		switch (*code)
		{
			case '"':
				code = skip_quoted(code);
				break;
			case '[':
				code = skip_brackets(code, &format);
				break;
			case '\\':
			case '_':
			case '*':
				code += code[1] != '\0' ? 2 : 1;
				break;
			default:
				if ((strchr("dmyhsDMYHS", *code) != NULL || is_half_of_day(code)) && format == XLSX_FORMAT_NUMBER)
					format = XLSX_FORMAT_CALENDAR;
				code++;
		}
	}
	if (format == XLSX_FORMAT_NUMBER)
	{
		XlsxShows	shows = xlsx_shows(start);

		format = shows == XLSX_SHOWS_DIGITS ? XLSX_FORMAT_DIGITS : shows == XLSX_SHOWS_PERCENT ? XLSX_FORMAT_PERCENT : format;
	}
	return format;
}

XlsxFormat
xlsx_format_of_id(uint32_t id)
{
	if (id == 46)
		return XLSX_FORMAT_ELAPSED;
	if (id == 9 || id == 10)
		return XLSX_FORMAT_PERCENT;
	if ((id >= 14 && id <= 22) || id == 45 || id == 47)
		return XLSX_FORMAT_CALENDAR;
	if ((id >= 27 && id <= 36) || (id >= 50 && id <= 58))
		return XLSX_FORMAT_CALENDAR;	/* the dates of East Asian locales */
	return XLSX_FORMAT_NUMBER;
}

const char *
xlsx_code_of_format(uint32_t id)
{
	static const char *const codes[] = {
		[0] = "General", [1] = "0", [2] = "0.00", [3] = "#,##0", [4] = "#,##0.00", [9] = "0%", [10] = "0.00%", [11] = "0.00E+00",
		[12] = "# ?/?", [13] = "# ?\?/?\?", [14] = "mm-dd-yy", [15] = "d-mmm-yy", [16] = "d-mmm", [17] = "mmm-yy",
		[18] = "h:mm AM/PM", [19] = "h:mm:ss AM/PM", [20] = "h:mm", [21] = "h:mm:ss", [22] = "m/d/yy h:mm",
		[37] = "#,##0 ;(#,##0)", [38] = "#,##0 ;[Red](#,##0)", [39] = "#,##0.00;(#,##0.00)", [40] = "#,##0.00;[Red](#,##0.00)",
		[45] = "mm:ss", [46] = "[h]:mm:ss", [47] = "mmss.0", [48] = "##0.0E+0", [49] = "@"
	};

	return id < sizeof(codes) / sizeof(codes[0]) && codes[id] != NULL ? codes[id] : codes[0];
}

/* ---------- the part ---------- */

static uint32_t
format_id(const char **attributes)
{
	const char *value = xlsx_xml_attribute(attributes, "numFmtId");

	return value != NULL ? (uint32_t) strtoul(value, NULL, 10) : 0;
}

static void
stop_without_memory(Loader *loader)
{
	xlsx_fail_memory(xlsx_xml_error(loader->xml));
	xlsx_xml_stop(loader->xml, XLSX_NO_MEMORY);
}

/* NULL after it has stopped for want of memory. */
static const char *
copy_code(Loader *loader, const char *code)
{
	size_t		length = strlen(code) + 1;
	char	   *copy = xlsx_memory_alloc(loader->memory, length);

	if (copy == NULL)
		stop_without_memory(loader);
	else
		memcpy(copy, code, length);
	return copy;
}

static void
add_number_format(Loader *loader, const char **attributes)
{
	const char *code = xlsx_xml_attribute(attributes, "formatCode");
	NumberFormat *format;

	if (code == NULL)
		return;
	if (loader->format_count == loader->format_capacity &&
		!xlsx_memory_grow(loader->memory, &loader->formats, &loader->format_capacity, sizeof(NumberFormat),
						  UINT32_MAX))
	{
		stop_without_memory(loader);
		return;
	}
	format = &loader->formats[loader->format_count];
	format->id = format_id(attributes);
	format->order = (uint32_t) loader->format_count++;
	format->format = xlsx_format_of_code(code);
	format->code = copy_code(loader, code);
}

static void
add_cell_format(Loader *loader, const char **attributes)
{
	if (loader->cell_count == loader->cell_capacity &&
		!xlsx_memory_grow(loader->memory, &loader->cells, &loader->cell_capacity, sizeof(uint32_t), UINT32_MAX))
	{
		stop_without_memory(loader);
		return;
	}
	loader->cells[loader->cell_count++] = format_id(attributes);
}

static void
on_start(void *context, XlsxXmlSpace space, const char *name, const char **attributes)
{
	Loader	   *loader = context;
	uint32_t	depth = xlsx_xml_depth(loader->xml);

	if (depth == 1)
	{
		loader->in_formats = space == XLSX_XML_MAIN && strcmp(name, "numFmts") == 0;
		loader->in_cells = space == XLSX_XML_MAIN && strcmp(name, "cellXfs") == 0;
	}
	if (depth != 2 || space != XLSX_XML_MAIN)
		return;
	if (loader->in_formats && strcmp(name, "numFmt") == 0)
		add_number_format(loader, attributes);
	else if (loader->in_cells && strcmp(name, "xf") == 0)
		add_cell_format(loader, attributes);
}

static int
compare_formats(const void *a, const void *b)
{
	const NumberFormat *x = a,
			   *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* The last of the sorted definitions of id; NULL if there is none. */
static const NumberFormat *
find_format(const Loader *loader, uint32_t id)
{
	size_t		low = 0,
				high = loader->format_count;

	while (low < high)
	{
		size_t		middle = (low + high) / 2;

		if (loader->formats[middle].id <= id)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 && loader->formats[low - 1].id == id ? &loader->formats[low - 1] : NULL;
}

static void
take_formats(const Loader *loader, XlsxStyles *styles)
{
	for (size_t i = 0; i < loader->cell_count; i++)
	{
		const NumberFormat *format = find_format(loader, loader->cells[i]);

		styles->formats[i] = (uint8_t) (format != NULL ? format->format : xlsx_format_of_id(loader->cells[i]));
		styles->number_formats[i] = format != NULL ? format->code : xlsx_code_of_format(loader->cells[i]);
	}
	styles->count = loader->cell_count;
}

XlsxStatus
xlsx_styles_load(XlsxZip *zip, size_t part, const XlsxLimits *limits, XlsxMemory *memory,
				 XlsxStyles *styles, XlsxError *error)
{
	Loader		loader = {.memory = memory};
	XlsxXmlHandlers handlers = {.start = on_start};
	XlsxStatus	status;

	memset(styles, 0, sizeof(*styles));
	status = xlsx_part_parse(zip, part, limits, memory, &handlers, &loader, &loader.xml, error);
	if (status == XLSX_OK && loader.cell_count > 0)
	{
		styles->formats = xlsx_memory_alloc(memory, loader.cell_count);
		styles->number_formats = xlsx_memory_alloc(memory, loader.cell_count * sizeof(char *));
		if (styles->formats == NULL || styles->number_formats == NULL)
			status = xlsx_fail_memory(error);
	}
	if (status == XLSX_OK)
	{
		if (loader.format_count > 0)
			qsort(loader.formats, loader.format_count, sizeof(NumberFormat), compare_formats);
		take_formats(&loader, styles);
	}
	xlsx_memory_free(memory, loader.formats);
	xlsx_memory_free(memory, loader.cells);
	return status;
}
