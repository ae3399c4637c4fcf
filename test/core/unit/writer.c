/*
 * writer.c
 *	  The reader reads what the writer wrote: the same values with the same
 *	  types.
 */
#include "writer.h"

#include <stdlib.h>
#include <string.h>

#include "support.h"

static XlsxStatus
take(void *context, uint64_t offset, const void *bytes, size_t length, XlsxError *error)
{
	Bytes	   *file = context;

	(void) error;
	if (offset == file->length)
		bytes_add(file, bytes, length);
	else
	{
		assert_true(offset + length <= file->length);
		memcpy(file->data + offset, bytes, length);
	}
	return XLSX_OK;
}

static XlsxStatus
refuse(void *context, uint64_t offset, const void *bytes, size_t length, XlsxError *error)
{
	(void) context, (void) offset, (void) bytes, (void) length;
	return xlsx_fail(error, XLSX_IO, "disk full");
}

static XlsxWriter *
writer_into(Bytes *file)
{
	XlsxSink	sink = {take, file};
	XlsxWriter *writer;
	XlsxError	error;

	assert_int_equal(xlsx_writer_open(&sink, &xlsx_malloc_allocator, &writer, &error), XLSX_OK);
	return writer;
}

static void
sheet(XlsxWriter *writer, const char *name)
{
	XlsxError	error;

	assert_int_equal(xlsx_writer_sheet(writer, name, &(XlsxSheetLook){.header = true}, &error), XLSX_OK);
}

static void
row(XlsxWriter *writer)
{
	XlsxError	error;

	assert_int_equal(xlsx_writer_row(writer, &error), XLSX_OK);
}

/* Closes the writer, and compares the cells with a dump. */
static void
assert_written(XlsxWriter *writer, Bytes *file, const char *expected)
{
	XlsxError	error;
	char	   *cells;

	assert_int_equal(xlsx_writer_close(writer, &error), XLSX_OK);
	cells = dump(file, NULL, false);
	assert_string_equal(cells, expected);
	free(cells);
	cells = dump(file, NULL, true);
	assert_string_equal(cells, expected);
	free(cells);
	xlsx_writer_free(writer);
	bytes_free(file);
}

static void
text(XlsxWriter *writer, const char *value)
{
	xlsx_writer_text(writer, value, strlen(value), XLSX_STYLE_PLAIN);
}

static void
values_come_back_as_they_were(void **state)
{
	Bytes		file = {0};
	XlsxWriter *writer = writer_into(&file);
	XlsxError	error;
	uint32_t	date;
	uint32_t	again;

	(void) state;
	assert_int_equal(xlsx_writer_style(writer, "yyyy-mm-dd", &date, &error), XLSX_OK);
	assert_int_equal(xlsx_writer_style(writer, "yyyy-mm-dd", &again, &error), XLSX_OK);
	assert_int_equal(date, again);
	sheet(writer, "Data & \"more\"");
	row(writer);
	xlsx_writer_text(writer, "Head", 4, XLSX_STYLE_HEADER);
	row(writer);
	xlsx_writer_number(writer, 0.1 + 0.2, XLSX_STYLE_PLAIN);
	xlsx_writer_number(writer, -1e300, XLSX_STYLE_PLAIN);
	xlsx_writer_blank(writer);
	xlsx_writer_boolean(writer, true);
	xlsx_writer_boolean(writer, false);
	xlsx_writer_number(writer, 43831, date);
	sheet(writer, "Second");
	row(writer);
	row(writer);
	text(writer, "below");
	assert_written(writer, &file,
				   "A1 text Head\nA2 number 0.30000000000000004\nB2 number -1e+300\nD2 bool true\nE2 bool false\n"
				   "F2 date 2020-01-01\n2!A2 text below\n");
}

static void
text_is_text_whatever_it_holds(void **state)
{
	Bytes		file = {0};
	XlsxWriter *writer = writer_into(&file);

	(void) state;
	sheet(writer, "Text");
	row(writer);
	text(writer, "=1+1");
	text(writer, "a <b> & \"c\"");
	text(writer, "_x0041_ _x004_");
	text(writer, "  spaces  ");
	text(writer, "\x01\r");
	text(writer, "\xEF\xBF\xBE\xEF\xBB\xBF\xF0\x9F\x98\x80");	/* U+FFFE, U+FEFF, U+1F600 */
	text(writer, "00123");
	assert_written(writer, &file,
				   "A1 text =1+1\nB1 text a <b> & \"c\"\nC1 text _x0041_ _x004_\nD1 text   spaces  \nE1 text \x01\r\n"
				   "F1 text \xEF\xBF\xBD\xEF\xBB\xBF\xF0\x9F\x98\x80\nG1 text 00123\n");
}

static void
a_long_text_crosses_buffers(void **state)
{
	static char big[XLSX_WRITER_TEXT];
	Bytes		file = {0};
	XlsxWriter *writer = writer_into(&file);
	XlsxSource	source;
	XlsxBook   *book;
	XlsxSheet  *cursor;
	const XlsxRow *got;
	XlsxError	error;

	(void) state;
	memset(big, '&', sizeof(big));
	sheet(writer, "Long");
	row(writer);
	for (int i = 0; i < 20; i++)
		xlsx_writer_text(writer, big, sizeof(big), XLSX_STYLE_PLAIN);
	assert_int_equal(xlsx_writer_close(writer, &error), XLSX_OK);
	xlsx_writer_free(writer);
	xlsx_source_memory(&source, file.data, file.length);
	assert_int_equal(xlsx_book_open(&source, &xlsx_malloc_allocator, &xlsx_default_limits, &book, &error), XLSX_OK);
	assert_int_equal(xlsx_sheet_open(book, 0, &cursor, &error), XLSX_OK);
	assert_int_equal(xlsx_sheet_next(cursor, &got, &error), XLSX_OK);
	assert_int_equal(got->count, 20);
	for (int i = 0; i < 20; i++)
	{
		assert_int_equal(got->cells[i].length, sizeof(big));
		assert_memory_equal(got->cells[i].text, big, sizeof(big));
	}
	xlsx_sheet_close(cursor);
	xlsx_book_close(book);
	bytes_free(&file);
}

static void
a_text_longer_than_a_cell_names_the_cell(void **state)
{
	static char big[XLSX_WRITER_TEXT + 1];
	Bytes		file = {0};
	XlsxWriter *writer = writer_into(&file);
	XlsxError	error;

	(void) state;
	memset(big, 'x', sizeof(big));
	sheet(writer, "Long");
	row(writer);
	text(writer, "first");
	xlsx_writer_text(writer, big, sizeof(big), XLSX_STYLE_PLAIN);
	assert_int_equal(xlsx_writer_close(writer, &error), XLSX_LIMIT);
	assert_string_equal(error.message, "text is too long for a cell");
	assert_int_equal(error.row, 1);
	assert_int_equal(error.column, 2);
	xlsx_writer_free(writer);
	bytes_free(&file);
}

static void
the_same_calls_give_the_same_bytes(void **state)
{
	Bytes		files[2] = {{0}, {0}};
	XlsxError	error;

	(void) state;
	for (int i = 0; i < 2; i++)
	{
		XlsxWriter *writer = writer_into(&files[i]);

		sheet(writer, "Same");
		row(writer);
		text(writer, "same");
		assert_int_equal(xlsx_writer_close(writer, &error), XLSX_OK);
		xlsx_writer_free(writer);
	}
	assert_int_equal(files[0].length, files[1].length);
	assert_memory_equal(files[0].data, files[1].data, files[0].length);
	bytes_free(&files[0]);
	bytes_free(&files[1]);
}

static void
a_sink_that_fails_is_heard(void **state)
{
	XlsxSink	sink = {refuse, NULL};
	XlsxWriter *writer;
	XlsxError	error;

	(void) state;
	assert_int_equal(xlsx_writer_open(&sink, &xlsx_malloc_allocator, &writer, &error), XLSX_OK);
	sheet(writer, "Lost");
	row(writer);
	text(writer, "lost");
	assert_int_equal(xlsx_writer_close(writer, &error), XLSX_IO);
	assert_string_equal(error.message, "disk full");
	xlsx_writer_free(writer);
}

static void
no_memory_is_reported_wherever_it_happens(void **state)
{
	long		fail_at;

	(void) state;
	for (fail_at = 1;; fail_at++)
	{
		CountingMemory memory = {.fail_at = fail_at};
		XlsxAllocator allocator = counting_allocator(&memory);
		Bytes		file = {0};
		XlsxSink	sink = {take, &file};
		XlsxWriter *writer;
		XlsxError	error;
		uint32_t	style;
		XlsxStatus	status = xlsx_writer_open(&sink, &allocator, &writer, &error);

		if (status == XLSX_OK)
			status = xlsx_writer_style(writer, "0.00", &style, &error);
		if (status == XLSX_OK)
			status = xlsx_writer_sheet(writer, "Small", &(XlsxSheetLook){0}, &error);
		if (status == XLSX_OK)
			status = xlsx_writer_close(writer, &error);
		xlsx_writer_free(writer);
		bytes_free(&file);
		assert_int_equal(memory.live, 0);
		if (status == XLSX_OK)
			break;
		assert_int_equal(status, XLSX_NO_MEMORY);
	}
	assert_true(fail_at > 8);
}

static void
names_of_sheets(void **state)
{
	(void) state;
	assert_true(xlsx_writer_name_is_good("Sheet1"));
	assert_true(xlsx_writer_name_is_good("It's 31 characters long, as can"));
	assert_false(xlsx_writer_name_is_good("This one is 32 characters, alas!"));
	assert_false(xlsx_writer_name_is_good(""));
	assert_false(xlsx_writer_name_is_good("a/b"));
	assert_false(xlsx_writer_name_is_good("'quoted"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_come_back_as_they_were),
		cmocka_unit_test(text_is_text_whatever_it_holds),
		cmocka_unit_test(a_long_text_crosses_buffers),
		cmocka_unit_test(a_text_longer_than_a_cell_names_the_cell),
		cmocka_unit_test(the_same_calls_give_the_same_bytes),
		cmocka_unit_test(a_sink_that_fails_is_heard),
		cmocka_unit_test(no_memory_is_reported_wherever_it_happens),
		cmocka_unit_test(names_of_sheets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
