/*
 * writer.c
 *	  See writer.h. Numbers in comments are sections of ECMA-376 Part 1.
 */
#include "writer.h"

#include <stdio.h>
#include <string.h>

#include "number.h"
#include "ref.h"
#include "text.h"

#define BUFFER_BYTES	(64 * 1024)

/* A sheet ends at this many bytes of XML: far enough from what a zip entry holds for one row more. */
#define SHEET_BYTES	UINT64_C(0xc0000000)

#define MAX_SHEETS	1000
#define MAX_STYLES	1000
#define FIRST_FORMAT_ID	164		/* smaller ones are built in, 18.8.30 */

#define XML_HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
#define MAIN_NS "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define REL_NS "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define PACKAGE_REL_NS "http://schemas.openxmlformats.org/package/2006/relationships"
#define TYPES_NS "http://schemas.openxmlformats.org/package/2006/content-types"
#define CONTENT_TYPE "application/vnd.openxmlformats-officedocument.spreadsheetml."

struct XlsxWriter
{
	XlsxAllocator allocator;
	XlsxMemory	memory;
	XlsxZipWriter *zip;
	XlsxStatus	status;			/* of what failed first */
	XlsxError	error;

	char	   *sheets[MAX_SHEETS]; /* names */
	uint32_t	sheet_count;
	char	   *formats[MAX_STYLES];	/* codes of the own styles */
	uint32_t	format_count;

	bool		in_sheet;
	bool		filter;			/* of the sheet */
	uint32_t	row;			/* written last, 0: none */
	uint32_t	column;			/* of the cell written last */
	uint32_t	last_column;	/* of the sheet */
	uint64_t	sheet_bytes;

	size_t		used;
	char		buffer[BUFFER_BYTES];
};

/*
 * Bytes to the entry
 */

static void
flush(XlsxWriter *writer)
{
	if (writer->status == XLSX_OK && writer->used > 0)
		writer->status = xlsx_zip_writer_write(writer->zip, writer->buffer, writer->used, &writer->error);
	writer->sheet_bytes += writer->used;
	writer->used = 0;
}

static void
put(XlsxWriter *writer, const char *bytes, size_t length)
{
	while (length > BUFFER_BYTES - writer->used)
	{
		size_t		n = BUFFER_BYTES - writer->used;

		memcpy(writer->buffer + writer->used, bytes, n);
		writer->used += n;
		bytes += n;
		length -= n;
		flush(writer);
	}
	memcpy(writer->buffer + writer->used, bytes, length);
	writer->used += length;
}

static void
puts_xml(XlsxWriter *writer, const char *xml)
{
	put(writer, xml, strlen(xml));
}

static void
put_unsigned(XlsxWriter *writer, uint32_t number)
{
	char		digits[10];
	char	   *at = digits + sizeof(digits);

	do
	{
		*--at = (char) ('0' + number % 10);
		number /= 10;
	} while (number > 0);
	put(writer, at, (size_t) (digits + sizeof(digits) - at));
}

static bool
is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Text that a reader would take for an escape (22.9.2.19). */
static bool
looks_escaped(const char *text, const char *end)
{
	return end - text >= 7 && text[1] == 'x' && is_hex(text[2]) && is_hex(text[3]) && is_hex(text[4]) &&
		is_hex(text[5]) && text[6] == '_';
}

/* How a byte is written that cannot stand for itself; NULL when it can. */
static const char *
spelling(const char *at, const char *end, bool cell, char buffer[8])
{
	unsigned char c = (unsigned char) *at;

	switch (c)
	{
		case '&':
			return "&amp;";
		case '<':
			return "&lt;";
		case '>':
			return "&gt;";
		case '"':
			return cell ? NULL : "&quot;";
		case '\t':
		case '\n':
			return NULL;
		case '_':
			return cell && looks_escaped(at, end) ? "_x005F_" : NULL;
		default:
			if (c >= 0x20)
				return NULL;
			if (!cell)
				return " ";
			snprintf(buffer, 8, "_x%04X_", c);
			return buffer;
	}
}

/* cell: with the escapes of cell text; else for an attribute. */
static void
put_text(XlsxWriter *writer, const char *text, size_t length, bool cell)
{
	const char *end = text + length;
	const char *start = text;

	for (; text < end; text++)
	{
		char		buffer[8];
		const char *other;
		bool		forbidden = false;

		if ((unsigned char) *text == 0xEF && end - text >= 3)
			forbidden = xlsx_text_character(text, end) == 0;	/* U+FFFE, U+FFFF: no characters of XML */
		else if ((unsigned char) *text > '_')
			continue;
		other = forbidden ? "\xEF\xBF\xBD" : spelling(text, end, cell, buffer);
		if (other == NULL)
			continue;
		put(writer, start, (size_t) (text - start));
		puts_xml(writer, other);
		if (forbidden)
			text += 2;
		start = text + 1;
	}
	put(writer, start, (size_t) (end - start));
}

/*
 * Parts
 */

static void
begin_part(XlsxWriter *writer, const char *name)
{
	if (writer->status == XLSX_OK)
		writer->status = xlsx_zip_writer_begin(writer->zip, name, &writer->error);
	puts_xml(writer, XML_HEAD);
}

static void
end_part(XlsxWriter *writer)
{
	flush(writer);
	if (writer->status == XLSX_OK)
		writer->status = xlsx_zip_writer_end(writer->zip, &writer->error);
}

static XlsxStatus
report(const XlsxWriter *writer, XlsxError *error)
{
	if (writer->status != XLSX_OK)
		*error = writer->error;
	return writer->status;
}

static void
put_content_types(XlsxWriter *writer)
{
	begin_part(writer, "[Content_Types].xml");
	puts_xml(writer, "<Types xmlns=\"" TYPES_NS "\">"
			 "<Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
			 "<Default Extension=\"xml\" ContentType=\"application/xml\"/>"
			 "<Override PartName=\"/xl/workbook.xml\" ContentType=\"" CONTENT_TYPE "sheet.main+xml\"/>"
			 "<Override PartName=\"/xl/styles.xml\" ContentType=\"" CONTENT_TYPE "styles+xml\"/>");
	for (uint32_t i = 1; i <= writer->sheet_count; i++)
	{
		puts_xml(writer, "<Override PartName=\"/xl/worksheets/sheet");
		put_unsigned(writer, i);
		puts_xml(writer, ".xml\" ContentType=\"" CONTENT_TYPE "worksheet+xml\"/>");
	}
	puts_xml(writer, "</Types>");
	end_part(writer);
}

static void
put_relationships(XlsxWriter *writer)
{
	begin_part(writer, "_rels/.rels");
	puts_xml(writer, "<Relationships xmlns=\"" PACKAGE_REL_NS "\"><Relationship Id=\"rId1\" Type=\"" REL_NS
			 "/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>");
	end_part(writer);
	begin_part(writer, "xl/_rels/workbook.xml.rels");
	puts_xml(writer, "<Relationships xmlns=\"" PACKAGE_REL_NS "\">");
	for (uint32_t i = 1; i <= writer->sheet_count; i++)
	{
		puts_xml(writer, "<Relationship Id=\"rId");
		put_unsigned(writer, i);
		puts_xml(writer, "\" Type=\"" REL_NS "/worksheet\" Target=\"worksheets/sheet");
		put_unsigned(writer, i);
		puts_xml(writer, ".xml\"/>");
	}
	puts_xml(writer, "<Relationship Id=\"rId0\" Type=\"" REL_NS "/styles\" Target=\"styles.xml\"/></Relationships>");
	end_part(writer);
}

static void
put_workbook(XlsxWriter *writer)
{
	begin_part(writer, "xl/workbook.xml");
	puts_xml(writer, "<workbook xmlns=\"" MAIN_NS "\" xmlns:r=\"" REL_NS "\"><bookViews><workbookView/></bookViews>"
			 "<sheets>");
	for (uint32_t i = 1; i <= writer->sheet_count; i++)
	{
		puts_xml(writer, "<sheet name=\"");
		put_text(writer, writer->sheets[i - 1], strlen(writer->sheets[i - 1]), false);
		puts_xml(writer, "\" sheetId=\"");
		put_unsigned(writer, i);
		puts_xml(writer, "\" r:id=\"rId");
		put_unsigned(writer, i);
		puts_xml(writer, "\"/>");
	}
	puts_xml(writer, "</sheets></workbook>");
	end_part(writer);
}

static void
put_number_formats(XlsxWriter *writer)
{
	if (writer->format_count == 0)
		return;					/* an empty list is not allowed, 18.8.31 */
	puts_xml(writer, "<numFmts count=\"");
	put_unsigned(writer, writer->format_count);
	puts_xml(writer, "\">");
	for (uint32_t i = 0; i < writer->format_count; i++)
	{
		puts_xml(writer, "<numFmt numFmtId=\"");
		put_unsigned(writer, FIRST_FORMAT_ID + i);
		puts_xml(writer, "\" formatCode=\"");
		put_text(writer, writer->formats[i], strlen(writer->formats[i]), false);
		puts_xml(writer, "\"/>");
	}
	puts_xml(writer, "</numFmts>");
}

static void
put_styles(XlsxWriter *writer)
{
	begin_part(writer, "xl/styles.xml");
	puts_xml(writer, "<styleSheet xmlns=\"" MAIN_NS "\">");
	put_number_formats(writer);
	puts_xml(writer, "<fonts count=\"2\"><font><sz val=\"11\"/><name val=\"Calibri\"/><family val=\"2\"/></font>"
			 "<font><b/><sz val=\"11\"/><color rgb=\"FFFFFFFF\"/><name val=\"Calibri\"/><family val=\"2\"/></font></fonts>"
			 "<fills count=\"3\"><fill><patternFill patternType=\"none\"/></fill><fill><patternFill patternType=\"gray125\"/>"
			 "</fill><fill><patternFill patternType=\"solid\"><fgColor rgb=\"FF4472C4\"/><bgColor indexed=\"64\"/></patternFill>"
			 "</fill></fills><borders count=\"1\"><border><left/><right/><top/><bottom/><diagonal/></border></borders>"
			 "<cellStyleXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/></cellStyleXfs>"
			 "<cellXfs count=\"");
	put_unsigned(writer, XLSX_STYLE_OWN + writer->format_count);
	puts_xml(writer, "\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\"/>"
			 "<xf numFmtId=\"0\" fontId=\"1\" fillId=\"2\" borderId=\"0\" xfId=\"0\" applyFont=\"1\" applyFill=\"1\"/>");
	for (uint32_t i = 0; i < writer->format_count; i++)
	{
		puts_xml(writer, "<xf numFmtId=\"");
		put_unsigned(writer, FIRST_FORMAT_ID + i);
		puts_xml(writer, "\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyNumberFormat=\"1\"/>");
	}
	puts_xml(writer, "</cellXfs><cellStyles count=\"1\"><cellStyle name=\"Normal\" xfId=\"0\" builtinId=\"0\"/></cellStyles>"
			 "</styleSheet>");
	end_part(writer);
}

/*
 * Sheets
 */

static void
put_columns(XlsxWriter *writer, const XlsxSheetLook *look)
{
	if (look->widths == NULL || look->columns == 0)
		return;
	puts_xml(writer, "<cols>");
	for (uint32_t i = 0; i < look->columns; i++)
	{
		char		width[32];

		puts_xml(writer, "<col min=\"");
		put_unsigned(writer, i + 1);
		puts_xml(writer, "\" max=\"");
		put_unsigned(writer, i + 1);
		puts_xml(writer, "\" width=\"");
		put(writer, width, xlsx_number_format(look->widths[i], width, sizeof(width)));
		puts_xml(writer, "\" customWidth=\"1\"/>");
	}
	puts_xml(writer, "</cols>");
}

static void
begin_sheet(XlsxWriter *writer, const XlsxSheetLook *look)
{
	char		part[40];

	snprintf(part, sizeof(part), "xl/worksheets/sheet%u.xml", writer->sheet_count);
	begin_part(writer, part);
	puts_xml(writer, "<worksheet xmlns=\"" MAIN_NS "\"><sheetViews><sheetView workbookViewId=\"0\"");
	if (writer->sheet_count == 1)
		puts_xml(writer, " tabSelected=\"1\"");
	puts_xml(writer, look->header ?
			 "><pane ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" state=\"frozen\"/></sheetView></sheetViews>" :
			 "/></sheetViews>");
	put_columns(writer, look);
	puts_xml(writer, "<sheetData>");
	writer->in_sheet = true;
	writer->filter = look->header;
	writer->row = writer->column = writer->last_column = 0;
	writer->sheet_bytes = 0;
}

static void
end_row(XlsxWriter *writer)
{
	if (writer->row > 0)
		puts_xml(writer, "</row>");
	if (writer->column > writer->last_column)
		writer->last_column = writer->column;
}

static void
end_sheet(XlsxWriter *writer)
{
	if (!writer->in_sheet)
		return;
	end_row(writer);
	puts_xml(writer, "</sheetData>");
	if (writer->filter && writer->last_column > 0)
	{
		char		last[19];

		xlsx_ref_cell(writer->row, writer->last_column, last);
		puts_xml(writer, "<autoFilter ref=\"A1:");
		puts_xml(writer, last);
		puts_xml(writer, "\"/>");
	}
	puts_xml(writer, "</worksheet>");
	end_part(writer);
	writer->in_sheet = false;
}

/*
 * What callers see
 */

XlsxStatus
xlsx_writer_open(const XlsxSink *sink, const XlsxAllocator *allocator, XlsxWriter **writer, XlsxError *error)
{
	XlsxWriter *self = allocator->alloc(allocator->context, sizeof(XlsxWriter));

	*writer = self;
	if (self == NULL)
		return xlsx_fail_memory(error);
	memset(self, 0, offsetof(XlsxWriter, buffer));
	self->allocator = *allocator;
	xlsx_memory_init(&self->memory, allocator);
	if (xlsx_zip_writer_open(sink, &self->memory, &self->zip, error) == XLSX_OK)
		return XLSX_OK;
	xlsx_writer_free(self);
	*writer = NULL;
	return error->status;
}

XlsxStatus
xlsx_writer_style(XlsxWriter *writer, const char *format, uint32_t *style, XlsxError *error)
{
	uint32_t	i;

	for (i = 0; i < writer->format_count; i++)
		if (strcmp(writer->formats[i], format) == 0)
			break;
	*style = XLSX_STYLE_OWN + i;
	if (i < writer->format_count)
		return XLSX_OK;
	if (i == MAX_STYLES)
		return xlsx_fail(error, XLSX_LIMIT, "workbook has too many number formats");
	writer->formats[i] = xlsx_memory_copy(&writer->memory, format, strlen(format));
	if (writer->formats[i] == NULL)
		return xlsx_fail_memory(error);
	writer->format_count++;
	return XLSX_OK;
}

/* UTF-16 units of well-formed UTF-8: a character of four bytes takes two. */
static size_t
count_units(const char *text, size_t length)
{
	size_t		units = 0;

	for (size_t i = 0; i < length; i++)
		units += ((unsigned char) text[i] & 0xC0) != 0x80 ? 1u + ((unsigned char) text[i] >= 0xF0) : 0u;
	return units;
}

bool
xlsx_writer_name_is_good(const char *name)
{
	size_t		length = strlen(name);

	return length > 0 && count_units(name, length) <= XLSX_WRITER_SHEET_NAME && strpbrk(name, "[]:*?/\\") == NULL &&
		name[0] != '\'' && name[length - 1] != '\'';
}

XlsxStatus
xlsx_writer_sheet(XlsxWriter *writer, const char *name, const XlsxSheetLook *look, XlsxError *error)
{
	end_sheet(writer);
	if (writer->status != XLSX_OK)
		return report(writer, error);
	if (writer->sheet_count == MAX_SHEETS)
		return xlsx_fail(error, XLSX_LIMIT, "workbook has too many sheets");
	writer->sheets[writer->sheet_count] = xlsx_memory_copy(&writer->memory, name, strlen(name));
	if (writer->sheets[writer->sheet_count] == NULL)
		return xlsx_fail_memory(error);
	writer->sheet_count++;
	begin_sheet(writer, look);
	return report(writer, error);
}

bool
xlsx_writer_sheet_is_full(const XlsxWriter *writer)
{
	return writer->row >= XLSX_WRITER_ROWS || writer->sheet_bytes > SHEET_BYTES;
}

XlsxStatus
xlsx_writer_row(XlsxWriter *writer, XlsxError *error)
{
	end_row(writer);
	writer->row++;
	writer->column = 0;
	puts_xml(writer, "<row r=\"");
	put_unsigned(writer, writer->row);
	puts_xml(writer, "\">");
	return report(writer, error);
}

/* Up to the style: <c r="B7" s="2" */
static void
begin_cell(XlsxWriter *writer, uint32_t style)
{
	char		ref[19];

	writer->column++;
	puts_xml(writer, "<c r=\"");
	put(writer, ref, xlsx_ref_cell(writer->row, writer->column, ref));
	if (style != XLSX_STYLE_PLAIN)
	{
		puts_xml(writer, "\" s=\"");
		put_unsigned(writer, style);
	}
	put(writer, "\"", 1);
}

void
xlsx_writer_blank(XlsxWriter *writer)
{
	writer->column++;
}

void
xlsx_writer_number(XlsxWriter *writer, double number, uint32_t style)
{
	char		digits[32];

	begin_cell(writer, style);
	puts_xml(writer, "><v>");
	put(writer, digits, xlsx_number_format(number, digits, sizeof(digits)));
	puts_xml(writer, "</v></c>");
}

void
xlsx_writer_boolean(XlsxWriter *writer, bool value)
{
	begin_cell(writer, XLSX_STYLE_PLAIN);
	puts_xml(writer, value ? " t=\"b\"><v>1</v></c>" : " t=\"b\"><v>0</v></c>");
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

void
xlsx_writer_text(XlsxWriter *writer, const char *text, size_t length, uint32_t style)
{
	begin_cell(writer, style);
	if (length > XLSX_WRITER_TEXT && count_units(text, length) > XLSX_WRITER_TEXT && writer->status == XLSX_OK)
	{
		writer->status = xlsx_fail(&writer->error, XLSX_LIMIT, "text is too long for a cell");
		xlsx_fail_detail(&writer->error, "A cell holds at most %d characters.", XLSX_WRITER_TEXT);
		xlsx_fail_at(&writer->error, "", writer->row, writer->column);
	}
	puts_xml(writer, " t=\"inlineStr\"><is><t");
	if (length > 0 && (is_space(text[0]) || is_space(text[length - 1])))
		puts_xml(writer, " xml:space=\"preserve\"");
	put(writer, ">", 1);
	put_text(writer, text, length, true);
	puts_xml(writer, "</t></is></c>");
}

XlsxStatus
xlsx_writer_close(XlsxWriter *writer, XlsxError *error)
{
	end_sheet(writer);
	put_workbook(writer);
	put_styles(writer);
	put_relationships(writer);
	put_content_types(writer);
	if (writer->status != XLSX_OK)
		return report(writer, error);
	return xlsx_zip_writer_finish(writer->zip, error);
}

void
xlsx_writer_free(XlsxWriter *writer)
{
	if (writer == NULL)
		return;
	xlsx_memory_release(&writer->memory);
	writer->allocator.free(writer->allocator.context, writer);
}
