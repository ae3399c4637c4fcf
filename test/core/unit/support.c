/*
 * support.c
 *	  See support.h.
 */
#define _GNU_SOURCE
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "private.h"
#include "ref.h"

/* ---------- bytes ---------- */

void
bytes_add(Bytes *bytes, const void *data, size_t length)
{
	if (bytes->length + length + 1 > bytes->capacity)
	{
		bytes->capacity = (bytes->length + length + 1) * 2;
		bytes->data = realloc(bytes->data, bytes->capacity);
		assert_non_null(bytes->data);
	}
	if (length > 0)
		memcpy(bytes->data + bytes->length, data, length);
	bytes->length += length;
	bytes->data[bytes->length] = '\0';
}

void
bytes_addf(Bytes *bytes, const char *format,...)
{
	va_list		args;
	char	   *text;
	int			length;

	va_start(args, format);
	length = vasprintf(&text, format, args);
	va_end(args);
	assert_true(length >= 0);
	bytes_add(bytes, text, (size_t) length);
	free(text);
}

void
bytes_free(Bytes *bytes)
{
	free(bytes->data);
	memset(bytes, 0, sizeof(*bytes));
}

Bytes
read_whole(const char *path)
{
	Bytes		bytes = {0};
	char		buffer[65536];
	size_t		got;
	FILE	   *file = fopen(path, "rb");

	assert_non_null(file);
	bytes_add(&bytes, "", 0);
	while ((got = fread(buffer, 1, sizeof(buffer), file)) > 0)
		bytes_add(&bytes, buffer, got);
	fclose(file);
	return bytes;
}

/* ---------- zip ---------- */

const ZipOptions deflated = {.method = 8};
bool		zip_text_is_stored = false;

static void
add_number(Bytes *bytes, uint64_t value, int size)
{
	while (size-- > 0)
	{
		char		byte = (char) (value & 0xFF);

		bytes_add(bytes, &byte, 1);
		value >>= 8;
	}
}

static Bytes
deflate_all(const void *content, size_t length)
{
	Bytes		out = {0};
	z_stream	stream;
	char		buffer[16384];

	memset(&stream, 0, sizeof(stream));
	assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
	stream.next_in = (Bytef *) content;
	stream.avail_in = (uInt) length;
	do
	{
		stream.next_out = (Bytef *) buffer;
		stream.avail_out = sizeof(buffer);
		deflate(&stream, Z_FINISH);
		bytes_add(&out, buffer, sizeof(buffer) - stream.avail_out);
	} while (stream.avail_out == 0);
	deflateEnd(&stream);
	return out;
}

/* Version needed to extract, up to both sizes: the same in local and central headers. */
static void
add_common(Bytes *out, const ZipOptions *options, uint32_t crc, uint64_t stored, uint64_t size, bool local)
{
	bool		later = local && options->descriptor;

	add_number(out, options->zip64 ? 45 : 20, 2);
	add_number(out, (options->descriptor ? 8u : 0u) | (options->encrypted ? 1u : 0u), 2);
	add_number(out, (uint64_t) options->method, 2);
	add_number(out, 0, 4);
	add_number(out, later ? 0 : crc, 4);
	add_number(out, options->zip64 ? UINT32_MAX : later ? 0 : stored, 4);
	add_number(out, options->zip64 ? UINT32_MAX : later ? 0 : size, 4);
}

static void
add_zip64(Bytes *out, int length, uint64_t size, uint64_t stored)
{
	add_number(out, 1, 2);
	add_number(out, (uint64_t) length, 2);
	add_number(out, size, 8);
	add_number(out, stored, 8);
}

void
zip_add(ZipWriter *zip, const char *name, const void *content, size_t length, const ZipOptions *options)
{
	Bytes		packed = {0};
	size_t		offset = zip->file.length,
				extra = options->zip64 ? 20 : 0;
	uint32_t	crc = (uint32_t) crc32(0, content, (uInt) length) ^ options->crc_xor;
	uint64_t	stored,
				size = (uint64_t) ((int64_t) length + options->size_off);

	if (options->method == 8)
		packed = deflate_all(content, length);
	else
		bytes_add(&packed, content, length);
	stored = (uint64_t) ((int64_t) packed.length + options->stored_off);

	bytes_add(&zip->file, "PK\3\4", 4);
	add_common(&zip->file, options, crc, stored, size, true);
	add_number(&zip->file, strlen(name), 2);
	add_number(&zip->file, extra, 2);
	bytes_add(&zip->file, name, strlen(name));
	if (options->zip64)
		add_zip64(&zip->file, 16, size, stored);
	bytes_add(&zip->file, packed.data, packed.length);
	if (options->descriptor)
	{
		bytes_add(&zip->file, "PK\7\10", 4);
		add_number(&zip->file, crc, 4);
		add_number(&zip->file, stored, 4);
		add_number(&zip->file, size, 4);
	}

	bytes_add(&zip->directory, "PK\1\2\24\0", 6);
	add_common(&zip->directory, options, crc, stored, size, false);
	add_number(&zip->directory, strlen(name), 2);
	add_number(&zip->directory, options->zip64 ? extra + 8 : 0, 2);
	add_number(&zip->directory, 0, 2 + 2 + 2 + 4);
	offset = (size_t) ((int64_t) offset + options->offset_off);
	add_number(&zip->directory, options->zip64 ? UINT32_MAX : offset, 4);
	bytes_add(&zip->directory, name, strlen(name));
	if (options->zip64)
	{
		add_zip64(&zip->directory, 24, size, stored);
		add_number(&zip->directory, offset, 8);
	}
	zip->count++;
	bytes_free(&packed);
}

void
zip_text(ZipWriter *zip, const char *name, const char *text)
{
	static const ZipOptions stored = {.method = 0};

	zip_add(zip, name, text, strlen(text), zip_text_is_stored ? &stored : &deflated);
}

Bytes
zip_finish(ZipWriter *zip, const char *comment)
{
	size_t		start = zip->file.length;
	Bytes		file;

	bytes_add(&zip->file, zip->directory.data, zip->directory.length);
	bytes_add(&zip->file, "PK\5\6\0\0\0\0", 8);
	add_number(&zip->file, zip->count, 2);
	add_number(&zip->file, zip->count, 2);
	add_number(&zip->file, zip->directory.length, 4);
	add_number(&zip->file, start, 4);
	add_number(&zip->file, strlen(comment), 2);
	bytes_add(&zip->file, comment, strlen(comment));
	bytes_free(&zip->directory);
	file = zip->file;
	memset(zip, 0, sizeof(*zip));
	return file;
}

/* ---------- workbooks ---------- */

static const char *const default_rels =
	"<Relationships xmlns='" PACKAGE_NS "'>"
	"<Relationship Id='r1' Type='" REL_NS "/officeDocument' Target='xl/workbook.xml'/></Relationships>";
static const char *const default_workbook =
	"<workbook xmlns='" MAIN_NS "' xmlns:r='" REL_NS "'><sheets>"
	"<sheet name='Data' sheetId='1' r:id='r1'/></sheets></workbook>";
static const char *const default_workbook_rels =
	"<Relationships xmlns='" PACKAGE_NS "'>"
	"<Relationship Id='r1' Type='" REL_NS "/worksheet' Target='worksheets/sheet1.xml'/>"
	"<Relationship Id='r2' Type='" REL_NS "/styles' Target='styles.xml'/>"
	"<Relationship Id='r3' Type='" REL_NS "/sharedStrings' Target='sharedStrings.xml'/></Relationships>";
static const char *const default_styles =
	"<styleSheet xmlns='" MAIN_NS "'><numFmts count='1'><numFmt numFmtId='164' formatCode='[h]:mm'/></numFmts>"
	"<cellXfs count='5'><xf numFmtId='0'/><xf numFmtId='14'/><xf numFmtId='22'/><xf numFmtId='164'/><xf numFmtId='49'/>"
	"</cellXfs></styleSheet>";
static const char *const default_strings =
	"<sst xmlns='" MAIN_NS "'><si><t>zero</t></si><si><t>one</t></si><si><t>two</t></si></sst>";
static const char *const default_sheet =
	"<worksheet xmlns='" MAIN_NS "'><sheetData></sheetData></worksheet>";

static void
add_part(ZipWriter *zip, const char *name, const char *text, const char *standard)
{
	if (text == NULL)
		text = standard;
	if (*text != '\0')
		zip_text(zip, name, text);
}

Bytes
book_of(const BookParts *parts)
{
	ZipWriter	zip = {0};

	add_part(&zip, "_rels/.rels", parts->rels, default_rels);
	add_part(&zip, "xl/workbook.xml", parts->workbook, default_workbook);
	add_part(&zip, "xl/_rels/workbook.xml.rels", parts->workbook_rels, default_workbook_rels);
	add_part(&zip, "xl/styles.xml", parts->styles, default_styles);
	add_part(&zip, "xl/sharedStrings.xml", parts->strings, default_strings);
	add_part(&zip, "xl/worksheets/sheet1.xml", parts->sheet, default_sheet);
	return zip_finish(&zip, "");
}

Bytes
book_of_rows(const char *rows)
{
	Bytes		sheet = {0},
				book;
	BookParts	parts = {0};

	bytes_addf(&sheet, "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\r\n"
			   "<worksheet xmlns=\"" MAIN_NS "\" xmlns:x14ac=\"urn:x14ac\"><sheetData>%s</sheetData></worksheet>", rows);
	parts.sheet = sheet.data;
	book = book_of(&parts);
	bytes_free(&sheet);
	return book;
}

static void
dump_error(Bytes *out, const XlsxError *error)
{
	bytes_addf(out, "error %d: %s; %s; %s @ %s row %u column %u\n", error->status, error->message, error->detail,
			   error->hint, error->part, error->row, error->column);
}

static void
dump_cell(Bytes *out, size_t sheet, uint32_t row, const XlsxCell *cell)
{
	static const char *const kinds[] = {"blank", "number", "text", "bool", "date", "error", "no_value"};
	char		ref[19];
	size_t		needed = xlsx_cell_text(cell, NULL, 0);
	char	   *text = malloc(needed + 1);

	assert_non_null(text);
	assert_int_equal(xlsx_cell_text(cell, text, needed + 1), needed);
	xlsx_ref_cell(row, cell->column, ref);
	if (sheet > 0)
		bytes_addf(out, "%zu!", sheet + 1);
	bytes_addf(out, "%s %s ", ref, kinds[cell->kind]);
	bytes_add(out, text, needed);
	bytes_add(out, "\n", 1);
	free(text);
}

static XlsxStatus
dump_sheet(Bytes *out, XlsxBook *book, size_t index, XlsxError *error)
{
	XlsxSheet  *sheet;
	const XlsxRow *row;
	XlsxStatus	status = xlsx_sheet_open(book, index, &sheet, error);
	uint32_t	i;

	if (status != XLSX_OK)
		return status;
	while ((status = xlsx_sheet_next(sheet, &row, error)) == XLSX_OK)
	{
		assert_true(row->count > 0);
		for (i = 0; i < row->count; i++)
			dump_cell(out, index, row->number, &row->cells[i]);
	}
	xlsx_sheet_close(sheet);
	return status == XLSX_DONE ? XLSX_OK : status;
}

char *
dump(const Bytes *bytes, const XlsxLimits *limits, bool expat_only)
{
	Bytes		out = {0};
	CountingMemory memory = {0};
	XlsxAllocator allocator = counting_allocator(&memory);
	XlsxSource	source;
	XlsxBook   *book;
	XlsxError	error;
	XlsxStatus	status;
	size_t		i;

	bytes_add(&out, "", 0);
	xlsx_source_memory(&source, bytes->data, bytes->length);
	status = xlsx_book_open(&source, &allocator, limits != NULL ? limits : &xlsx_default_limits, &book, &error);
	if (status == XLSX_OK)
		book->expat_only = expat_only;
	else
		assert_null(book);
	for (i = 0; status == XLSX_OK && i < xlsx_book_sheet_count(book); i++)
		status = dump_sheet(&out, book, i, &error);
	if (status != XLSX_OK)
	{
		assert_int_equal(status, error.status);
		dump_error(&out, &error);
	}
	xlsx_book_close(book);
	assert_int_equal(memory.live, 0);
	return out.data;
}

/* Length of what comes before the failure at the end of a dump; SIZE_MAX when there is none. */
static size_t
before_failure(const char *cells)
{
	const char *last;

	if (strncmp(cells, "error ", 6) == 0)
		return 0;
	for (last = strstr(cells, "\nerror "); last != NULL; last = strstr(last + 1, "\nerror "))
		if (strstr(last + 1, " row ") != NULL && strstr(last + 1, "; ") != NULL)
			return (size_t) (last + 1 - cells);
	return SIZE_MAX;
}

bool
same_cells(const char *a, const char *b)
{
	size_t		before_a = before_failure(a),
				before_b = before_failure(b);

	if (before_a == SIZE_MAX || before_b == SIZE_MAX)
		return strcmp(a, b) == 0;
	return memcmp(a, b, before_a < before_b ? before_a : before_b) == 0;
}

void
assert_book(const Bytes *book, const char *expected)
{
	int			expat_only;

	for (expat_only = 0; expat_only < 2; expat_only++)
	{
		char	   *cells = dump(book, NULL, expat_only);

		assert_string_equal(cells, expected);
		free(cells);
	}
}

void
assert_rows(const char *rows, const char *expected)
{
	Bytes		book = book_of_rows(rows);

	assert_book(&book, expected);
	bytes_free(&book);
}

void
assert_fails(const Bytes *book, const XlsxLimits *limits, XlsxStatus status, const char *words)
{
	char		start[32];
	int			expat_only;

	snprintf(start, sizeof(start), "error %d: ", status);
	for (expat_only = 0; expat_only < 2; expat_only++)
	{
		char	   *cells = dump(book, limits, expat_only);
		char	   *failure = strstr(cells, start);

		if (failure == NULL || strstr(failure, words) == NULL)
			fail_msg("expected \"%s... %s\" (%s), got:\n%s", start, words, expat_only ? "expat" : "scanner", cells);
		free(cells);
	}
}

void
assert_rows_fail(const char *rows, XlsxStatus status, const char *words)
{
	Bytes		book = book_of_rows(rows);

	assert_fails(&book, NULL, status, words);
	bytes_free(&book);
}

/* ---------- failing on purpose ---------- */

static bool
refuses(CountingMemory *memory)
{
	memory->calls++;
	return memory->fail_at != 0 && memory->calls >= memory->fail_at;
}

static void *
counting_alloc(void *context, size_t size)
{
	CountingMemory *memory = context;

	if (refuses(memory))
		return NULL;
	memory->live++;
	return malloc(size);
}

static void *
counting_realloc(void *context, void *pointer, size_t size)
{
	return refuses(context) ? NULL : realloc(pointer, size);
}

static void
counting_free(void *context, void *pointer)
{
	((CountingMemory *) context)->live--;
	free(pointer);
}

XlsxAllocator
counting_allocator(CountingMemory *memory)
{
	XlsxAllocator allocator = {counting_alloc, counting_realloc, counting_free, memory};

	return allocator;
}

static XlsxStatus
jumping_read(void *context, uint64_t offset, void *buffer, size_t length, size_t *got, XlsxError *error)
{
	JumpingSource *source = context;

	source->reads++;
	if (source->reads == source->jump_at)
		longjmp(source->target, 1);
	if (source->reads == source->fail_at)
		return xlsx_fail(error, XLSX_IO, "the disk is gone");
	*got = 0;
	if (offset >= source->bytes->length)
		return XLSX_OK;
	if (length > source->bytes->length - offset)
		length = source->bytes->length - offset;
	if (source->piece != 0 && length > source->piece)
		length = source->piece;
	memcpy(buffer, source->bytes->data + offset, length);
	*got = length;
	return XLSX_OK;
}

XlsxSource
jumping_source(JumpingSource *source)
{
	XlsxSource	result = {.read = jumping_read,.size = source->bytes->length,.context = source,.descriptor = -1};

	return result;
}
