/*
 * styles.c
 *	  Number formats: a date or not?
 */
#include "styles.h"

#include <stdlib.h>

#include "support.h"

static void
built_in_formats_have_their_meaning(void **state)
{
	uint32_t	id;

	(void) state;
	for (id = 0; id < 200; id++)
	{
		XlsxFormat	expected = XLSX_FORMAT_NUMBER;

		if ((id >= 14 && id <= 22) || id == 45 || id == 47 || (id >= 27 && id <= 36) || (id >= 50 && id <= 58))
			expected = XLSX_FORMAT_CALENDAR;
		if (id == 9 || id == 10)
			expected = XLSX_FORMAT_PERCENT;
		if (id == 46)
			expected = XLSX_FORMAT_ELAPSED;
		assert_int_equal(xlsx_format_of_id(id), expected);
	}
}

static void
assert_code(const char *code, XlsxFormat expected)
{
	if (xlsx_format_of_code(code) != expected)
		fail_msg("\"%s\" became %d", code, xlsx_format_of_code(code));
}

static void
codes_of_dates_are_known(void **state)
{
	static const char *const codes[] = {
		"yyyy-mm-dd", "d", "DD/MM/YY", "mmmm", "h:mm", "ss", "AM/PM", "A/P", "a/p", "[$-409]d-mmm-yy;@", "[Red]yyyy",
		"\"on \"d", "\\d d", "[$-F800]dddd\\,\\ mmmm\\ dd", "0.00 d", "yyyy;0", "_d_m y", "*d s", "yyyy\"", "mm:ss.0", "[hx]m"
	};
	size_t		i;

	(void) state;
	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		assert_code(codes[i], XLSX_FORMAT_CALENDAR);
}

static void
codes_of_numbers_are_known(void **state)
{
	static const char *const codes[] = {
		"", "General", "GENERAL", "0.00E+00", "#,##0", "\"days\"", "0\\d", "[Red]0", "[$-409]0", "[Magenta]#.##", "@", ";;;",
		"0;yyyy", "_d0", "*y0", "0\\", "0_", "[", "[d", "\"", "\"d", "# ?/?", "[>=100]0", "0\"m", "[yy]0", "[$d]0"
	};
	size_t		i;

	(void) state;
	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i][0] == '[' && codes[i][1] == 'd')
			assert_code(codes[i], XLSX_FORMAT_CALENDAR);	/* a bracket that never closes is none */
		else
			assert_code(codes[i], XLSX_FORMAT_NUMBER);
}

static void
codes_of_elapsed_time_are_known(void **state)
{
	static const char *const codes[] = {"[h]:mm:ss", "[HH]", "[m]", "[ss].000", "[Red][h]:mm", "d [h]", "[mm]:ss;@"};
	size_t		i;

	(void) state;
	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		assert_code(codes[i], XLSX_FORMAT_ELAPSED);
}

static char *
dump_with_styles(const char *styles)
{
	BookParts	parts = {.styles = styles};
	Bytes		book;
	char	   *cells;

	parts.sheet = "<worksheet xmlns='" MAIN_NS "'><sheetData><row>"
		"<c><v>1.5</v></c><c s='0'><v>1.5</v></c><c s='1'><v>1.5</v></c><c s='2'><v>1.5</v></c><c s='99'><v>1.5</v></c><c s=''><v>1.5</v></c>"
		"</row></sheetData></worksheet>";
	book = book_of(&parts);
	cells = dump(&book, NULL, false);
	bytes_free(&book);
	return cells;
}

static void
assert_styles(const char *styles, const char *expected)
{
	char	   *cells = dump_with_styles(styles);

	assert_string_equal(cells, expected);
	free(cells);
}

static void
the_style_of_a_cell_decides(void **state)
{
	(void) state;
	assert_styles("<styleSheet xmlns='" MAIN_NS "'><cellXfs><xf numFmtId='0'/><xf numFmtId='14'/><xf numFmtId='46'/></cellXfs></styleSheet>",
				  "A1 number 1.5\nB1 number 1.5\nC1 date 1900-01-01T12:00:00\nD1 date PT36H0M0S\nE1 number 1.5\nF1 number 1.5\n");
}

static void
a_missing_style_is_style_0(void **state)
{
	(void) state;
	assert_styles("<styleSheet xmlns='" MAIN_NS "'><cellXfs><xf numFmtId='22'/><xf/></cellXfs></styleSheet>",
				  "A1 date 1900-01-01T12:00:00\nB1 date 1900-01-01T12:00:00\nC1 number 1.5\nD1 number 1.5\nE1 number 1.5\n"
				  "F1 date 1900-01-01T12:00:00\n");
}

static void
the_file_may_give_built_in_numbers_another_meaning(void **state)
{
	(void) state;
	assert_styles("<x:styleSheet xmlns:x='" STRICT_NS "'><x:cellXfs><x:xf numFmtId='14'/><x:xf numFmtId='1'/><x:xf numFmtId='200'/></x:cellXfs>"
				  "<x:numFmts><x:numFmt numFmtId='14' formatCode='0.00'/><x:numFmt numFmtId='1' formatCode='0'/>"
				  "<x:numFmt numFmtId='1' formatCode='yy'/><x:numFmt numFmtId='200' formatCode='[h]'/></x:numFmts></x:styleSheet>",
				  "A1 number 1.5\nB1 number 1.5\nC1 date 1900-01-01T12:00:00\nD1 date PT36H0M0S\nE1 number 1.5\nF1 number 1.5\n");
}

static void
other_lists_of_formats_do_not_count(void **state)
{
	(void) state;
	assert_styles("<styleSheet xmlns='" MAIN_NS "' xmlns:o='urn:o'><cellStyleXfs><xf numFmtId='14'/></cellStyleXfs>"
				  "<o:cellXfs><xf numFmtId='14'/></o:cellXfs>"
				  "<cellXfs><o:xf numFmtId='14'/><xf numFmtId='0'><xf numFmtId='14'/></xf></cellXfs>"
				  "<dxfs><dxf><numFmt numFmtId='0' formatCode='yy'/></dxf></dxfs></styleSheet>",
				  "A1 number 1.5\nB1 number 1.5\nC1 number 1.5\nD1 number 1.5\nE1 number 1.5\nF1 number 1.5\n");
}

static void
broken_styles_are_refused(void **state)
{
	BookParts	parts = {.styles = "<styleSheet xmlns='" MAIN_NS "'><cellXfs>"};
	Bytes		book = book_of(&parts);

	(void) state;
	assert_fails(&book, NULL, XLSX_DAMAGED, "xl/styles.xml\" is not well-formed XML");
	bytes_free(&book);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(built_in_formats_have_their_meaning),
		cmocka_unit_test(codes_of_dates_are_known),
		cmocka_unit_test(codes_of_numbers_are_known),
		cmocka_unit_test(codes_of_elapsed_time_are_known),
		cmocka_unit_test(the_style_of_a_cell_decides),
		cmocka_unit_test(a_missing_style_is_style_0),
		cmocka_unit_test(the_file_may_give_built_in_numbers_another_meaning),
		cmocka_unit_test(other_lists_of_formats_do_not_count),
		cmocka_unit_test(broken_styles_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
