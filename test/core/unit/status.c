/*
 * status.c
 *	  The error record.
 */
#include "support.h"

#include <string.h>

static void
failing_fills_message_and_status(void **state)
{
	XlsxError	error;

	(void) state;
	memset(&error, 'x', sizeof(error));
	assert_int_equal(xlsx_fail(&error, XLSX_DAMAGED, "row %d is bad", 7), XLSX_DAMAGED);
	assert_string_equal(error.message, "row 7 is bad");
	assert_string_equal(error.detail, "");
	assert_string_equal(error.hint, "");
	assert_string_equal(error.part, "");
	assert_int_equal(error.row, 0);
	assert_null(error.setting);
}

static void
place_detail_and_hint_come_afterwards(void **state)
{
	XlsxError	error;

	(void) state;
	xlsx_fail(&error, XLSX_IO, "no");
	assert_int_equal(xlsx_fail_detail(&error, "%s.", "Why"), XLSX_IO);
	assert_int_equal(xlsx_fail_hint(&error, "100 % sure."), XLSX_IO);
	assert_int_equal(xlsx_fail_at(&error, "xl/a.xml", 3, 4), XLSX_IO);
	assert_string_equal(error.detail, "Why.");
	assert_string_equal(error.hint, "100 % sure.");
	assert_string_equal(error.part, "xl/a.xml");
	assert_int_equal(error.row, 3);
	assert_int_equal(error.column, 4);
}

static void
a_limit_names_its_setting(void **state)
{
	XlsxLimits	limits = {.max_rows = 10};
	XlsxError	error;

	(void) state;
	assert_int_equal(xlsx_fail_limit(&error, &limits, XLSX_LIMIT_max_rows, "too many rows"), XLSX_LIMIT);
	assert_string_equal(error.setting, "max_rows");
	assert_string_equal(error.detail, "The limit is 10.");
}

static void
long_texts_are_cut_at_a_character(void **state)
{
	XlsxError	error;
	char		text[1000];
	int			shift;

	(void) state;
	for (shift = 0; shift < 4; shift++)
	{
		int			i;

		memset(text, 'a', sizeof(text));
		for (i = shift; i + 4 < (int) sizeof(text); i += 4)
			memcpy(text + i, "\xF0\x9F\x98\x80", 4);
		text[sizeof(text) - 1] = '\0';
		xlsx_fail(&error, XLSX_IO, "%s", text);
		assert_int_equal((strlen(error.message) - (size_t) shift) % 4, 0);
		assert_in_range(strlen(error.message), 252, 255);
	}
	xlsx_fail(&error, XLSX_IO, "%255s", "");
	assert_int_equal(strlen(error.message), 255);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failing_fills_message_and_status),
		cmocka_unit_test(place_detail_and_hint_come_afterwards),
		cmocka_unit_test(a_limit_names_its_setting),
		cmocka_unit_test(long_texts_are_cut_at_a_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
