/*
 * book.c
 *	  Opening and closing workbooks: files of other kinds, and failures at any
 *	  moment.
 */
#include "private.h"

#include <stdlib.h>
#include <string.h>

#include "support.h"

static Bytes
some_book(void)
{
	return book_of_rows("<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"str\"><v>a &amp; b</v></c></row>"
						"<row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><r><t>rich</t></r></is></c></row><!-- x --><row><c><v>1</v></c></row>");
}

/* Reads all of the first sheet. Returns the status of a failure, or XLSX_DONE. */
static XlsxStatus
read_all(XlsxBook *book, XlsxError *error)
{
	XlsxSheet  *sheet;
	const XlsxRow *row;
	XlsxStatus	status = xlsx_sheet_open(book, 0, &sheet, error);

	while (status == XLSX_OK)
		status = xlsx_sheet_next(sheet, &row, error);
	return status;
}

static void
no_memory_is_reported_wherever_it_happens(void **state)
{
	Bytes		bytes = some_book();
	XlsxSource	source;
	long		fail_at;

	(void) state;
	xlsx_source_memory(&source, bytes.data, bytes.length);
	for (fail_at = 1;; fail_at++)
	{
		CountingMemory memory = {.fail_at = fail_at};
		XlsxAllocator allocator = counting_allocator(&memory);
		XlsxBook   *book;
		XlsxError	error;
		XlsxStatus	status = xlsx_book_open(&source, &allocator, &xlsx_default_limits, &book, &error);

		if (status == XLSX_OK)
			status = read_all(book, &error);
		xlsx_book_close(book);
		assert_int_equal(memory.live, 0);
		if (status == XLSX_DONE)
			break;
		assert_int_equal(status, XLSX_NO_MEMORY);
		assert_string_equal(error.message, "out of memory");
	}
	assert_true(fail_at > 20);
	bytes_free(&bytes);
}

/* expat_only: then, too, shared strings must not be read, and left, in the midst of a handler of the sheet's parser. */
static void
leave_by_longjmp_at_each_read(bool expat_only)
{
	Bytes		bytes = some_book();
	CountingMemory memory = {0};
	XlsxAllocator allocator = counting_allocator(&memory);
	JumpingSource jumping = {.bytes = &bytes};
	volatile bool done = false;

	while (!done)
	{
		XlsxBook   *volatile book = NULL;
		XlsxSource	source = jumping_source(&jumping);

		jumping.reads = 0;
		jumping.jump_at++;
		if (setjmp(jumping.target) == 0)
		{
			XlsxError	error;

			assert_int_equal(xlsx_book_open(&source, &allocator, &xlsx_default_limits, (XlsxBook **) &book, &error), XLSX_OK);
			book->expat_only = expat_only;
			assert_int_equal(read_all(book, &error), XLSX_DONE);
			done = true;
		}
		xlsx_book_close(book);
		assert_int_equal(memory.live, 0);
	}
	assert_true(jumping.jump_at > 10);
	bytes_free(&bytes);
}

static void
a_source_may_leave_by_longjmp_at_any_read(void **state)
{
	(void) state;
	leave_by_longjmp_at_each_read(false);
	leave_by_longjmp_at_each_read(true);
}

static jmp_buf interrupted;
static long interrupts,
			interrupt_at;

static void
interrupt(void)
{
	if (++interrupts == interrupt_at)
		longjmp(interrupted, 1);
}

/* A sheet without rows: the interrupt callback is called with each piece that is read, and may leave. */
static void
blank_rows_can_be_interrupted(bool expat_only)
{
	Bytes		rows = {0},
				bytes;
	CountingMemory memory = {0};
	XlsxAllocator allocator = counting_allocator(&memory);
	volatile bool done = false;

	for (int i = 0; i < 40000; i++)
		bytes_addf(&rows, "<row r='%d'><c r='A%d' s='1'/></row>", i + 1, i + 1);
	bytes = book_of_rows(rows.data);
	for (interrupt_at = 1; !done; interrupt_at = interrupt_at < 20 ? interrupt_at + 1 : interrupt_at * 2)
	{
		XlsxBook   *volatile book = NULL;
		XlsxSource	source;

		xlsx_source_memory(&source, bytes.data, bytes.length);
		source.interrupt = interrupt;
		interrupts = 0;
		if (setjmp(interrupted) == 0)
		{
			XlsxError	error;

			assert_int_equal(xlsx_book_open(&source, &allocator, &xlsx_default_limits, (XlsxBook **) &book, &error), XLSX_OK);
			book->expat_only = expat_only;
			assert_int_equal(read_all(book, &error), XLSX_DONE);
			done = true;
		}
		xlsx_book_close(book);
		assert_int_equal(memory.live, 0);
	}
	/* It is called once for about 256 kB; this sheet has more than a megabyte. */
	assert_true(interrupts > 10);
	bytes_free(&bytes);
	bytes_free(&rows);
}

static void
whoever_wants_to_interrupt_is_asked(void **state)
{
	(void) state;
	blank_rows_can_be_interrupted(false);
	blank_rows_can_be_interrupted(true);
}

static void
a_failing_source_is_reported_as_it_is(void **state)
{
	Bytes		bytes = some_book();
	JumpingSource failing = {.bytes = &bytes};
	XlsxStatus	status;

	(void) state;
	do
	{
		XlsxSource	source = jumping_source(&failing);
		XlsxBook   *book;
		XlsxError	error;

		failing.reads = 0;
		failing.fail_at++;
		status = xlsx_book_open(&source, &xlsx_malloc_allocator, &xlsx_default_limits, &book, &error);
		if (status == XLSX_OK)
			status = read_all(book, &error);
		xlsx_book_close(book);
		if (status != XLSX_DONE)
			assert_string_equal(error.message, "the disk is gone");
	} while (status == XLSX_IO);
	assert_int_equal(status, XLSX_DONE);
	assert_true(failing.fail_at > 10);
	bytes_free(&bytes);
}

static void
two_cursors_may_be_open_at_once(void **state)
{
	Bytes		bytes = some_book();
	XlsxSource	source;
	XlsxBook   *book;
	XlsxSheet  *a,
			   *b;
	const XlsxRow *row;
	XlsxError	error;

	(void) state;
	xlsx_source_memory(&source, bytes.data, bytes.length);
	assert_int_equal(xlsx_book_open(&source, &xlsx_malloc_allocator, &xlsx_default_limits, &book, &error), XLSX_OK);
	assert_int_equal(xlsx_sheet_open(book, 0, &a, &error), XLSX_OK);
	assert_int_equal(xlsx_sheet_open(book, 0, &b, &error), XLSX_OK);
	assert_int_equal(xlsx_sheet_next(a, &row, &error), XLSX_OK);
	assert_int_equal(xlsx_sheet_next(a, &row, &error), XLSX_OK);
	assert_int_equal(xlsx_sheet_next(b, &row, &error), XLSX_OK);
	assert_int_equal(row->number, 1);
	xlsx_sheet_close(a);
	assert_int_equal(xlsx_sheet_next(b, &row, &error), XLSX_OK);
	assert_int_equal(row->number, 2);
	assert_int_equal(xlsx_sheet_open(book, 1, &a, &error), XLSX_NO_SUCH_SHEET);
	assert_null(a);
	assert_string_equal(error.message, "worksheet 2 does not exist");
	xlsx_book_close(book);
	xlsx_book_close(NULL);
	xlsx_sheet_close(NULL);
	bytes_free(&bytes);
}

static void
a_limit_of_0_is_0(void **state)
{
	XlsxLimits	limits = xlsx_default_limits;
	Bytes		bytes = some_book();

	(void) state;
	limits.max_rows = 0;
	assert_fails(&bytes, &limits, XLSX_LIMIT, "worksheet has too many rows; The limit is 0.");
	bytes_free(&bytes);
}

static void
every_default_is_within_its_own_bounds(void **state)
{
	(void) state;
	for (int i = 0; i < XLSX_LIMIT_COUNT; i++)
	{
		const XlsxLimit *limit = &xlsx_limits[i];

		assert_in_range(limit->standard, limit->least, limit->most);
		assert_int_equal(xlsx_default_limits.value[i], (uint64_t) limit->standard * limit->unit);
	}
	assert_string_equal(xlsx_limits[XLSX_LIMIT_max_rows].name, "max_rows");
}

static void
memory_does_not_grow_with_the_rows(void **state)
{
	long		calls[2];
	int			big;

	(void) state;
	for (big = 0; big < 2; big++)
	{
		Bytes		rows = {0},
					bytes;
		CountingMemory memory = {0};
		XlsxAllocator allocator = counting_allocator(&memory);
		XlsxSource	source;
		XlsxBook   *book;
		XlsxError	error;
		int			i;

		for (i = 0; i < (big ? 100000 : 1000); i++)
			bytes_addf(&rows, "<row><c t=\"inlineStr\"><is><t>a &amp; %d</t></is></c><c t=\"str\"><v>_x0041_</v></c></row>", i);
		bytes = book_of_rows(rows.data);
		xlsx_source_memory(&source, bytes.data, bytes.length);
		assert_int_equal(xlsx_book_open(&source, &allocator, &xlsx_default_limits, &book, &error), XLSX_OK);
		assert_int_equal(read_all(book, &error), XLSX_DONE);
		calls[big] = memory.calls;
		xlsx_book_close(book);
		bytes_free(&rows);
		bytes_free(&bytes);
	}
	assert_int_equal(calls[0], calls[1]);
}

/* ---------- other kinds of files ---------- */

static void
assert_sniffed(const char *head, size_t length, XlsxStatus status, const char *message)
{
	XlsxError	error;

	memset(&error, 0, sizeof(error));
	assert_int_equal(xlsx_sniff(head, length, &error), status);
	assert_string_equal(error.message, message);
	if (status != XLSX_OK)
		assert_true(error.hint[0] != '\0');
}

#define SNIFF(head, status, message) assert_sniffed(head, sizeof(head) - 1, status, message)

static void
the_first_bytes_tell_what_a_file_is(void **state)
{
	(void) state;
	SNIFF("PK\3\4....", XLSX_OK, "");
	SNIFF("PK\5\6....", XLSX_OK, "");
	SNIFF("\0\0junk PK\3\4....", XLSX_OK, "");
	SNIFF("", XLSX_NOT_A_WORKBOOK, "file is empty");
	SNIFF("a,b,c\n1,2,3\n", XLSX_NOT_A_WORKBOOK, "file is text, perhaps CSV, not an .xlsx workbook");
	SNIFF("\xFF\xFE" "a\0,\0", XLSX_NOT_A_WORKBOOK, "file is text, perhaps CSV, not an .xlsx workbook");
	SNIFF("\xEF\xBB\xBF\n <!DOCTYPE HTML><html>", XLSX_NOT_A_WORKBOOK, "file is an HTML page, not an .xlsx workbook");
	SNIFF("<Table border=1>", XLSX_NOT_A_WORKBOOK, "file is an HTML page, not an .xlsx workbook");
	SNIFF("<?xml version='1.0'?><Workbook xmlns='urn:schemas-microsoft-com:office:spreadsheet'>", XLSX_NOT_A_WORKBOOK,
		  "file is an XML Spreadsheet 2003, not an .xlsx workbook");
	SNIFF("<?xml version='1.0'?><x/>", XLSX_NOT_A_WORKBOOK, "file is XML, not an .xlsx workbook");
	SNIFF("%PDF-1.7\n", XLSX_NOT_A_WORKBOOK, "file is a PDF document, not a workbook");
	SNIFF("\x1F\x8B\x08", XLSX_NOT_A_WORKBOOK, "file is compressed by gzip");
	SNIFF("\x01\x02\x03\x00", XLSX_NOT_A_WORKBOOK, "file is not an .xlsx workbook");
	SNIFF("PK", XLSX_NOT_A_WORKBOOK, "file is text, perhaps CSV, not an .xlsx workbook");
	SNIFF("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1....", XLSX_NOT_A_WORKBOOK,
		  "file is an Excel 97-2003 workbook (.xls) or protected with a password");
	SNIFF("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1..W\0o\0r\0k\0b\0o\0o\0k\0", XLSX_NOT_A_WORKBOOK, "file is an Excel 97-2003 workbook (.xls)");
	SNIFF("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1..E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0", XLSX_ENCRYPTED,
		  "workbook is protected with a password");
}

static void
a_password_is_found_in_the_directory_of_the_compound_file(void **state)
{
	Bytes		file = {0};
	char		head[512] = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
	char		filler[512] = "";
	int			i;

	(void) state;
	head[30] = 9;				/* sectors of 512 bytes */
	head[48] = 20;				/* the directory is the 20th */
	bytes_add(&file, head, sizeof(head));
	for (i = 0; i < 20; i++)
		bytes_add(&file, filler, sizeof(filler));
	bytes_add(&file, "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0", 32);
	bytes_add(&file, filler, sizeof(filler));
	assert_fails(&file, NULL, XLSX_ENCRYPTED, "workbook is protected with a password; ; Remove the password and upload the file again.");
	bytes_free(&file);
}

static void
a_cut_workbook_says_so(void **state)
{
	Bytes		bytes = some_book();

	(void) state;
	bytes.length /= 2;
	assert_fails(&bytes, NULL, XLSX_DAMAGED, "file is cut off or damaged");
	bytes_free(&bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_memory_is_reported_wherever_it_happens),
		cmocka_unit_test(a_source_may_leave_by_longjmp_at_any_read),
		cmocka_unit_test(whoever_wants_to_interrupt_is_asked),
		cmocka_unit_test(a_failing_source_is_reported_as_it_is),
		cmocka_unit_test(two_cursors_may_be_open_at_once),
		cmocka_unit_test(a_limit_of_0_is_0),
		cmocka_unit_test(every_default_is_within_its_own_bounds),
		cmocka_unit_test(memory_does_not_grow_with_the_rows),
		cmocka_unit_test(the_first_bytes_tell_what_a_file_is),
		cmocka_unit_test(a_password_is_found_in_the_directory_of_the_compound_file),
		cmocka_unit_test(a_cut_workbook_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
