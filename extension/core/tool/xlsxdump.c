/*
 * xlsxdump.c
 *	  xlsxdump FILE: every cell of every worksheet as a line of JSON.
 *
 *	  {"sheet":1,"row":1,"col":"B","kind":"number","value":"1.5"}
 *
 * Exit status: 0 all read, 1 refused (one line on standard error says why and
 * where), 2 wrong usage.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../ref.h"
#include "../sheet.h"

static const char *const kinds[] = {
	[XLSX_BLANK] = "blank",
	[XLSX_NUMBER] = "number",
	[XLSX_TEXT] = "text",
	[XLSX_BOOL] = "bool",
	[XLSX_DATE] = "date",
	[XLSX_ERROR] = "error",
	[XLSX_NO_VALUE] = "no_value",
};

static void
put_escaped(char c, FILE *out)
{
	switch (c)
	{
		case '"':
			fputs("\\\"", out);
			break;
		case '\\':
			fputs("\\\\", out);
			break;
		case '\n':
			fputs("\\n", out);
			break;
		case '\t':
			fputs("\\t", out);
			break;
		case '\r':
			fputs("\\r", out);
			break;
		default:
			fprintf(out, "\\u%04x", (unsigned char) c);
	}
}

/* A JSON string; the text is UTF-8 already. */
static void
put_string(const char *text, size_t length, FILE *out)
{
	const char *end = text + length;

	putc_unlocked('"', out);
	while (text < end)
	{
		const char *plain = text;

		while (text < end && (unsigned char) *text >= 0x20 && *text != '"' && *text != '\\')
			text++;
		fwrite(plain, 1, (size_t) (text - plain), out);
		if (text < end)
			put_escaped(*text++, out);
	}
	putc_unlocked('"', out);
}

static void
put_cell(size_t sheet, uint32_t row, const XlsxCell *cell, FILE *out)
{
	char		column[8];
	char		text[64];

	xlsx_ref_column(cell->column, column);
	fprintf(out, "{\"sheet\":%zu,\"row\":%u,\"col\":\"%s\",\"kind\":\"%s\",\"value\":", sheet + 1, row, column,
			kinds[cell->kind]);
	if (cell->kind == XLSX_NO_VALUE)
		fputs("null", out);
	else if (cell->kind == XLSX_TEXT || cell->kind == XLSX_ERROR)
		put_string(cell->text, cell->length, out);
	else
		put_string(text, xlsx_cell_text(cell, text, sizeof(text)), out);
	fputs("}\n", out);
}

static XlsxStatus
dump_sheet(XlsxBook *book, size_t index, XlsxError *error)
{
	XlsxSheet  *sheet;
	const XlsxRow *row;
	XlsxStatus	status;
	uint32_t	i;

	status = xlsx_sheet_open(book, index, &sheet, error);
	if (status != XLSX_OK)
		return status;
	while ((status = xlsx_sheet_next(sheet, &row, error)) == XLSX_OK)
		for (i = 0; i < row->count; i++)
			put_cell(index, row->number, &row->cells[i], stdout);
	xlsx_sheet_close(sheet);
	return status == XLSX_DONE ? XLSX_OK : status;
}

static XlsxStatus
dump_file(const char *path, XlsxError *error)
{
	XlsxSource	source;
	XlsxBook   *book = NULL;
	XlsxStatus	status;
	size_t		i;
	int			descriptor = open(path, O_RDONLY);

	if (descriptor < 0)
		return xlsx_fail(error, XLSX_IO, "could not open file");
	status = xlsx_source_descriptor(&source, descriptor, error);
	if (status == XLSX_OK)
		status = xlsx_book_open(&source, &xlsx_malloc_allocator, &xlsx_default_limits, &book, error);
	for (i = 0; status == XLSX_OK && i < xlsx_book_sheet_count(book); i++)
		status = dump_sheet(book, i, error);
	xlsx_book_close(book);
	close(descriptor);
	return status;
}

/* Names in a file may hold line ends; the report is one line. */
static void
put_line(const char *before, const char *text)
{
	fputs(before, stderr);
	for (; *text != '\0'; text++)
		fputc((unsigned char) *text < 0x20 ? ' ' : *text, stderr);
}

/* "xlsxdump: could not read cell B7: It holds ... (part xl/worksheets/sheet1.xml, row 7, column B) Hint: Save ..." */
static void
report(const XlsxError *error)
{
	char		column[8];

	put_line("xlsxdump: ", error->message);
	if (error->detail[0] != '\0')
		put_line(": ", error->detail);
	if (error->part[0] != '\0')
	{
		put_line(" (part ", error->part);
		if (error->row != 0)
			fprintf(stderr, ", row %u", error->row);
		if (error->column != 0)
		{
			xlsx_ref_column(error->column, column);
			fprintf(stderr, ", column %s", column);
		}
		fputc(')', stderr);
	}
	if (error->setting != NULL)
		fprintf(stderr, " [%s]", error->setting);
	if (error->hint[0] != '\0')
		put_line(" Hint: ", error->hint);
	fputc('\n', stderr);
}

int
main(int argc, char **argv)
{
	static char buffer[1 << 18];
	XlsxError	error;

	if (argc != 2)
	{
		fputs("usage: xlsxdump FILE\n", stderr);
		return 2;
	}
	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	if (dump_file(argv[1], &error) != XLSX_OK)
	{
		fflush(stdout);
		report(&error);
		return 1;
	}
	if (fflush(stdout) != 0 || ferror(stdout))
	{
		fputs("xlsxdump: could not write\n", stderr);
		return 1;
	}
	return 0;
}
