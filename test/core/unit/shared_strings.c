/*
 * shared_strings.c
 *	  Shared strings, read by the scanner and by expat.
 */
#include "shared_strings.h"

#include <stdlib.h>
#include <string.h>

#include "support.h"

#define SST(items) "<sst xmlns=\"" MAIN_NS "\" count=\"9\" uniqueCount=\"9\">" items "</sst>"

/* A book whose cells show the strings 0 to count - 1, one to a row. */
static Bytes
book_of_strings(const char *strings, int count)
{
	Bytes		sheet = {0},
				book;
	BookParts	parts = {.strings = strings};
	int			i;

	bytes_addf(&sheet, "<worksheet xmlns='" MAIN_NS "'><sheetData>");
	for (i = 0; i < count; i++)
		bytes_addf(&sheet, "<row><c t=\"s\"><v>%d</v></c></row>", i);
	bytes_addf(&sheet, "</sheetData></worksheet>");
	parts.sheet = sheet.data;
	book = book_of(&parts);
	bytes_free(&sheet);
	return book;
}

/* expected: the strings with a "|" behind each. */
static void
assert_strings(const char *strings, const char *expected)
{
	Bytes		cells = {0},
				book;
	const char *p,
			   *end;
	int			count = 0;

	bytes_add(&cells, "", 0);
	for (p = expected; (end = strchr(p, '|')) != NULL; p = end + 1)
		bytes_addf(&cells, "A%d text %.*s\n", ++count, (int) (end - p), p);
	book = book_of_strings(strings, count);
	assert_book(&book, cells.data);
	bytes_free(&book);

	/* and not one more */
	book = book_of_strings(strings, count + 1);
	assert_fails(&book, NULL, XLSX_DAMAGED, "It refers to shared string");
	bytes_free(&book);
	bytes_free(&cells);
}

static void
plain_strings_are_read(void **state)
{
	(void) state;
	assert_strings(SST("<si><t>a</t></si><si><t xml:space=\"preserve\"> b </t></si>"), "a| b |");
	assert_strings(SST(""), "");
	assert_strings("<sst xmlns=\"" MAIN_NS "\"/>", "");
}

static void
empty_strings_take_an_index(void **state)
{
	(void) state;
	assert_strings(SST("<si/><si></si><si><t/></si><si><t></t></si><si><t>x</t></si><si ></si ><si><r/></si>"), "||||x|||");
}

static void
rich_strings_are_joined_without_phonetic_runs(void **state)
{
	(void) state;
	assert_strings(SST("<si><r><rPr><b/></rPr><t>a</t></r><r><t> b</t></r></si><si><t>x</t><rPh sb=\"0\" eb=\"1\"><t>no</t></rPh><phoneticPr fontId=\"1\"/></si>"
					   "<si><t>c</t><t>d</t></si>"), "a b|x|cd|");
}

static void
references_escapes_and_line_ends_are_resolved(void **state)
{
	(void) state;
	assert_strings(SST("<si><t>&lt;&amp;&#x41;</t></si><si><t>_x0041__x005F_x0042_</t></si><si><t>1\r\n2\r3_x000D_\n&#13;</t></si>"
					   "<si><r><t>_x00</t></r><r><t>41_</t></r></si><si><t>&#95;x0041_</t></si>"),
				   "<&A|A_x0042_|1\n2\n3\r\n\r|_x0041_|A|");
}

static void
white_space_and_comments_between_items_do_not_count(void **state)
{
	(void) state;
	assert_strings("<?xml version='1.0'?>\n<!-- > -->\n" SST("\n\t<si>\n<t>a</t>\n</si>\n<!-- <si><t>no</t></si> --> <si><t>b<!-- </si> --><![CDATA[</si>&]]></t></si><?x </si>?>"),
				   "a|b</si>&|");
}

static void
foreign_elements_are_ignored(void **state)
{
	(void) state;
	assert_strings("<x:sst xmlns:x='" STRICT_NS "'><x:si><x:t>a</x:t></x:si><si><t>no</t></si><x:si><t>no</t><x:t>b</x:t></x:si></x:sst>", "a|b|");
	assert_strings("<sst xmlns='" MAIN_NS "' xmlns:o='urn:o'><o:si><t>no</t></o:si><si><o:t>no</o:t><t>a<o:b>no</o:b></t></si><o:x><si><t>no</t></si></o:x><si><o:r><t>no</t></o:r></si></sst>",
				   "a||");
	assert_strings("<sst xmlns='" MAIN_NS "'><si><t>a</t></si><si xmlns='urn:o'><t>no</t></si><si><t xmlns=''>no</t></si></sst>", "a||");
}

static void
broken_parts_are_refused(void **state)
{
	static const char *const wrong[] = {
		"<sst xmlns='" MAIN_NS "'><si><t>a</t></si>", "<sst xmlns='" MAIN_NS "'><si><t>a</t></sst>", "<sst xmlns='" MAIN_NS "'><si><t>&x;</t></si></sst>",
		SST("<si><t>a]]>b</t></si>"), SST("<si><t>\xC0\x80</t></si>"), SST("<si><t>a</t></si>") "<sst/>", SST("<si><t a='1' a='2'>a</t></si>"), "<sst/>"
	};
	size_t		i;

	(void) state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
	{
		Bytes		book = book_of_strings(wrong[i], 0);

		assert_fails(&book, NULL, XLSX_DAMAGED, "part \"xl/sharedStrings.xml\"");
		bytes_free(&book);
	}
}

static void
a_missing_part_is_noticed_by_the_cell_that_needs_it(void **state)
{
	Bytes		book = book_of_strings("", 0);

	(void) state;
	assert_book(&book, "");
	bytes_free(&book);
	book = book_of_strings("", 1);
	assert_fails(&book, NULL, XLSX_DAMAGED, "could not read cell A1; It refers to shared string 0, but the workbook has 0.");
	bytes_free(&book);
}

static void
rows_before_one_that_names_no_string_are_handed_out(void **state)
{
	Bytes		book = book_of_strings(SST("<si><t>a</t></si><si><t>b</t></si>"), 4);
	int			expat_only;

	(void) state;
	for (expat_only = 0; expat_only < 2; expat_only++)
	{
		char	   *cells = dump(&book, NULL, expat_only);

		assert_non_null(strstr(cells, "A1 text a\nA2 text b\nerror "));
		assert_non_null(strstr(cells, "could not read cell A3; It refers to shared string 2, but the workbook has 2."));
		assert_non_null(strstr(cells, "row 3 column 1"));
		free(cells);
	}
	bytes_free(&book);
}

static void
budgets_name_their_setting(void **state)
{
	XlsxLimits	limits = xlsx_default_limits;
	Bytes		strings = {0},
				book;
	int			i;

	(void) state;
	bytes_addf(&strings, "<sst xmlns=\"" MAIN_NS "\">");
	for (i = 0; i < 10000; i++)
		bytes_addf(&strings, "<si><t>%010d</t></si>", i);
	bytes_addf(&strings, "</sst>");
	book = book_of_strings(strings.data, 0);
	limits.max_shared_strings_bytes = 10000 * 14 + 4;
	{
		char	   *cells = dump(&book, &limits, false);

		assert_string_equal(cells, "");
		free(cells);
	}
	limits.max_shared_strings_bytes--;
	assert_fails(&book, &limits, XLSX_LIMIT, "workbook has too much text in its shared strings; The limit is 140003.");
	limits.max_shared_strings_bytes = 1000000;
	limits.max_string_length = 9;
	assert_fails(&book, &limits, XLSX_LIMIT, "Shared string 0 has more than 9 characters.");
	bytes_free(&book);
	bytes_free(&strings);
}

/* Items of all kinds and lengths, so that every kind is cut by the end of a window. */
static void
items_are_cut_anywhere(void **state)
{
	Bytes		strings = {0},
				expected = {0};
	int			i;

	(void) state;
	bytes_addf(&strings, "<sst xmlns=\"" MAIN_NS "\">");
	for (i = 0; i < 30000; i++)
	{
		switch (i % 5)
		{
			case 0:
				bytes_addf(&strings, "<si><t>%d</t></si>", i);
				break;
			case 1:
				bytes_addf(&strings, "<si><r><t>%d</t></r></si>", i);
				break;
			case 2:
				bytes_addf(&strings, "<si><t xml:space=\"preserve\">%d</t></si>\n", i);
				break;
			case 3:
				bytes_addf(&strings, "<si><t>&#%d;%d</t></si>", '0' + i / 10000, i % 10000 + 10000);
				break;
			default:
				bytes_addf(&strings, "<si><t>%d</t><!-- </si> --></si>", i);
		}
		if (i % 5 == 3)
			bytes_addf(&expected, "%d%d|", i / 10000, i % 10000 + 10000);
		else
			bytes_addf(&expected, "%d|", i);
	}
	bytes_addf(&strings, "</sst>");
	assert_strings(strings.data, expected.data);
	bytes_free(&strings);
	bytes_free(&expected);
}

#define MANY 30000

/* That many strings that begin with their number, in a part that is longer than a window. */
static Bytes
many_strings(const char *declaration, const char *rest, const char *end)
{
	Bytes		strings = {0};
	int			i;

	bytes_addf(&strings, "%s<sst xmlns=\"" MAIN_NS "\">", declaration);
	for (i = 0; i < MANY; i++)
		bytes_addf(&strings, "<si><t>%d%s</t></si>", i, rest);
	bytes_addf(&strings, "%s", end);
	return strings;
}

static XlsxBook *
open_book(const Bytes *bytes)
{
	XlsxSource	source;
	XlsxBook   *book;
	XlsxError	error;

	xlsx_source_memory(&source, bytes->data, bytes->length);
	assert_int_equal(xlsx_book_open(&source, &xlsx_malloc_allocator, &xlsx_default_limits, &book, &error), XLSX_OK);
	return book;
}

static XlsxSheet *
open_sheet(XlsxBook *book)
{
	XlsxSheet  *sheet;
	XlsxError	error;

	assert_int_equal(xlsx_sheet_open(book, 0, &sheet, &error), XLSX_OK);
	return sheet;
}

/* The text of the only cell of the next row. */
static const XlsxCell *
next_cell(XlsxSheet *sheet)
{
	const XlsxRow *row;
	XlsxError	error;

	assert_int_equal(xlsx_sheet_next(sheet, &row, &error), XLSX_OK);
	return &row->cells[0];
}

/* To the end, or to what is wrong. */
static XlsxStatus
read_rest(XlsxSheet *sheet, XlsxError *error)
{
	const XlsxRow *row;
	XlsxStatus	status;

	while ((status = xlsx_sheet_next(sheet, &row, error)) == XLSX_OK)
		;
	return status;
}

static void
strings_are_read_when_a_cell_asks_for_them(void **state)
{
	Bytes		strings = many_strings("", "", "<si>");	/* damaged, but only at its end */
	Bytes		bytes = book_of_strings(strings.data, MANY);
	XlsxBook   *book = open_book(&bytes);
	int			i;

	(void) state;
	for (i = 0; i < 2; i++)		/* the second finds the strings of the first, and fails in the same way */
	{
		XlsxSheet  *sheet = open_sheet(book);
		XlsxError	error;

		assert_memory_equal(next_cell(sheet)->text, "0", 1);
		assert_int_equal(read_rest(sheet, &error), XLSX_DAMAGED);
		assert_string_equal(error.part, "xl/sharedStrings.xml");
		assert_int_equal(error.row, 0);
		xlsx_sheet_close(sheet);
	}
	xlsx_book_close(book);
	bytes_free(&bytes);
	bytes_free(&strings);
}

static void
strings_that_no_cell_asks_for_must_be_whole_too(void **state)
{
	Bytes		strings = many_strings("", "", "<si>");
	Bytes		bytes = book_of_strings(strings.data, 1);

	(void) state;
	assert_fails(&bytes, NULL, XLSX_DAMAGED, "part \"xl/sharedStrings.xml\"");
	bytes_free(&bytes);
	bytes_free(&strings);
}

/* In UTF-8 it is twice as long as in the part, so the arena has to grow. */
static void
text_stays_where_it_is_when_others_read_on(void **state)
{
	static const char accents[] = "\xE9\xE9\xE9\xE9\xE9\xE9\xE9\xE9\xE9\xE9\xE9\xE9\xE9\xE9\xE9\xE9\xE9\xE9\xE9\xE9\xE9\xE9\xE9\xE9\xE9\xE9\xE9\xE9\xE9\xE9";
	Bytes		strings = many_strings("<?xml version='1.0' encoding='ISO-8859-1'?>", accents, "</sst>");
	Bytes		bytes = book_of_strings(strings.data, MANY);
	XlsxBook   *book = open_book(&bytes);
	XlsxSheet  *first = open_sheet(book);
	XlsxSheet  *second = open_sheet(book);
	const XlsxCell *cell = next_cell(first);
	const char *text = cell->text;
	XlsxError	error;

	(void) state;
	assert_int_equal(read_rest(second, &error), XLSX_DONE);
	assert_int_equal(cell->length, 1 + 2 * (sizeof(accents) - 1));
	assert_ptr_equal(cell->text, text);
	assert_memory_equal(text, "0\xC3\xA9\xC3\xA9", 5);
	assert_int_equal(read_rest(first, &error), XLSX_DONE);
	xlsx_sheet_close(first);
	xlsx_sheet_close(second);
	xlsx_book_close(book);
	bytes_free(&bytes);
	bytes_free(&strings);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_strings_are_read),
		cmocka_unit_test(empty_strings_take_an_index),
		cmocka_unit_test(rich_strings_are_joined_without_phonetic_runs),
		cmocka_unit_test(references_escapes_and_line_ends_are_resolved),
		cmocka_unit_test(white_space_and_comments_between_items_do_not_count),
		cmocka_unit_test(foreign_elements_are_ignored),
		cmocka_unit_test(broken_parts_are_refused),
		cmocka_unit_test(a_missing_part_is_noticed_by_the_cell_that_needs_it),
		cmocka_unit_test(rows_before_one_that_names_no_string_are_handed_out),
		cmocka_unit_test(budgets_name_their_setting),
		cmocka_unit_test(items_are_cut_anywhere),
		cmocka_unit_test(strings_are_read_when_a_cell_asks_for_them),
		cmocka_unit_test(strings_that_no_cell_asks_for_must_be_whole_too),
		cmocka_unit_test(text_stays_where_it_is_when_others_read_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
