/*
 * ref.c
 *	  A1 notation.
 */
#include "ref.h"

#include <string.h>

#include "support.h"

static void
assert_column(uint32_t column, const char *letters)
{
	char		buffer[8];
	uint32_t	row,
				again;

	assert_int_equal(xlsx_ref_column(column, buffer), strlen(letters));
	assert_string_equal(buffer, letters);
	assert_true(xlsx_ref_parse(letters, strlen(letters), &row, &again));
	assert_int_equal(again, column);
	assert_int_equal(row, 0);
}

static void
columns_have_letters(void **state)
{
	(void) state;
	assert_column(1, "A");
	assert_column(26, "Z");
	assert_column(27, "AA");
	assert_column(702, "ZZ");
	assert_column(703, "AAA");
	assert_column(16384, "XFD");
	assert_column(UINT32_MAX, "MWLQKWU");
}

static void
cells_have_both(void **state)
{
	char		buffer[19];

	(void) state;
	assert_int_equal(xlsx_ref_cell(7, 2, buffer), 2);
	assert_string_equal(buffer, "B7");
	xlsx_ref_cell(1048576, 16384, buffer);
	assert_string_equal(buffer, "XFD1048576");
	xlsx_ref_cell(UINT32_MAX, UINT32_MAX, buffer);
	assert_string_equal(buffer, "MWLQKWU4294967295");
}

static void
assert_parsed(const char *text, uint32_t row, uint32_t column)
{
	uint32_t	r,
				c;

	assert_true(xlsx_ref_parse(text, strlen(text), &r, &c));
	assert_int_equal(r, row);
	assert_int_equal(c, column);
}

static void
references_are_read_in_all_their_forms(void **state)
{
	(void) state;
	assert_parsed("B7", 7, 2);
	assert_parsed("b7", 7, 2);
	assert_parsed("$B$7", 7, 2);
	assert_parsed("B", 0, 2);
	assert_parsed("7", 7, 0);
	assert_parsed("$7", 7, 0);
	assert_parsed("xfd1048576", 1048576, 16384);
	assert_parsed("A4294967295", UINT32_MAX, 1);
	assert_parsed("A007", 7, 1);
}

static void
what_is_no_reference_is_refused(void **state)
{
	static const char *const wrong[] = {
		"", "$", "$$", "0", "A0", "7B", "B7 ", " B7", "B-7", "B7:", "B7B", "A4294967296", "MWLQKWV", "ZZZZZZZZZZ",
		"99999999999999999999999", "\xC3\x84" "1", "$B$", "R1C1"
	};
	uint32_t	row,
				column;
	size_t		i;

	(void) state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (xlsx_ref_parse(wrong[i], strlen(wrong[i]), &row, &column))
			fail_msg("\"%s\" was taken for row %u, column %u", wrong[i], row, column);
}

static void
assert_range(const char *text, uint32_t r1, uint32_t c1, uint32_t r2, uint32_t c2)
{
	XlsxRange	range;

	assert_true(xlsx_range_parse(text, strlen(text), &range));
	assert_int_equal(range.first_row, r1);
	assert_int_equal(range.first_column, c1);
	assert_int_equal(range.last_row, r2);
	assert_int_equal(range.last_column, c2);
}

static void
ranges_may_be_open(void **state)
{
	(void) state;
	assert_range("A2:C10", 2, 1, 10, 3);
	assert_range("B7", 7, 2, 7, 2);
	assert_range("A:C", 1, 1, UINT32_MAX, 3);
	assert_range("2:10", 2, 1, 10, UINT32_MAX);
	assert_range("A2:C", 2, 1, UINT32_MAX, 3);
	assert_range("A2:10", 2, 1, 10, UINT32_MAX);
	assert_range("B", 1, 2, UINT32_MAX, 2);
	assert_range("5", 5, 1, 5, UINT32_MAX);
	assert_range("$A$2:$C$10", 2, 1, 10, 3);
}

static void
ends_in_the_wrong_order_are_swapped(void **state)
{
	(void) state;
	assert_range("C10:A2", 2, 1, 10, 3);
	assert_range("A10:C2", 2, 1, 10, 3);
	assert_range("C:A", 1, 1, UINT32_MAX, 3);
}

static void
what_is_no_range_is_refused(void **state)
{
	static const char *const wrong[] = {"", ":", "A1:", ":A1", "A1:B2:C3", "A1 B2", "A1-B2", "A0:B2", "Sheet1!A1"};
	XlsxRange	range;
	size_t		i;

	(void) state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(xlsx_range_parse(wrong[i], strlen(wrong[i]), &range));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_have_letters),
		cmocka_unit_test(cells_have_both),
		cmocka_unit_test(references_are_read_in_all_their_forms),
		cmocka_unit_test(what_is_no_reference_is_refused),
		cmocka_unit_test(ranges_may_be_open),
		cmocka_unit_test(ends_in_the_wrong_order_are_swapped),
		cmocka_unit_test(what_is_no_range_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
