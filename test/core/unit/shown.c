/*
 * shown.c
 *	  Numbers as their format shows them, where it says more than the number.
 */
#include <stdio.h>
#include <string.h>

#include "support.h"

#include "shown.h"

typedef struct Case
{
	const char *code;
	double		value;
	const char *shown;			/* "": nothing more than the number */
} Case;

static void
assert_shown(const Case *one)
{
	char		stored[64];
	char		buffer[256] = "";
	size_t		length;

	snprintf(stored, sizeof(stored), "%.17g", one->value);
	if (xlsx_shows(one->code) == XLSX_SHOWS_NUMBER)
		length = 0;
	else
		length = xlsx_shown_number(one->code, one->value, stored, strlen(stored), buffer, sizeof(buffer));
	buffer[length] = '\0';
	if (strcmp(buffer, one->shown) != 0)
		fail_msg("%s in \"%s\" is shown as \"%s\", not as \"%s\"", stored, one->code, buffer, one->shown);
}

#define ASSERT_ALL(cases) \
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) \
		assert_shown(&cases[i])

static void
leading_zeros_and_literals_are_shown(void **state)
{
	static const Case cases[] = {
		{"00000", 1067, "01067"}, {"00000", 99501, "99501"}, {"00000", 123456, "123456"}, {"00000", 0, "00000"}, {"00000", -12, "-00012"},
		{"00000.00", 12.5, "00012.50"}, {"000-00-0000", 123456789, "123-45-6789"}, {"000-00-0000", 1234567, "001-23-4567"},
		{"\"ART-\"0", 7, "ART-7"}, {"\"ART-\"00000", 7, "ART-00007"}, {"00\\:00", 1234, "12:34"}, {"0\\/0", 12, "1/2"},
		{"[<=9999999]###\\-####;\\(###\\)\\ ###\\-####", 5551234, "555-1234"},
		{"[<=9999999]###\\-####;\\(###\\)\\ ###\\-####", 2125551234, "(212) 555-1234"},
		{"00000;\"minus \"00000", -12, "minus 00012"}, {"000;;\"none\"", 0, ""}, {"\"#\"0", 3, "#3"}, {"0000 0000 0000 0000", 1234567812345678, "1234 5678 1234 5678"}
	};

	(void) state;
	ASSERT_ALL(cases);
}

static void
percent_is_shown(void **state)
{
	static const Case cases[] = {
		{"0%", 0.15, "15%"}, {"0.00%", 0.155, "15.50%"}, {"0.#%", 0.155, "15.5%"}, {"0%", -0.15, "-15%"}, {"0%", 1.005, "101%"}, {"0.0%", 0.29, "29.0%"},
		{"0 %", 0.15, "15 %"}, {"#,##0%", 12.5, "1,250%"}, {"0%", 0, "0%"}
	};

	(void) state;
	ASSERT_ALL(cases);
}

static void
the_look_of_a_number_is_not_shown(void **state)
{
	static const Case cases[] = {
		{"General", 12.5, ""}, {"0", 12, ""}, {"0.00", 12.5, ""}, {"#,##0.00", 1234.5, ""}, {"#,##0.00 \"€\"", 1, ""}, {"\"$\"#,##0", 1, ""},
		{"[$€-407] #,##0.00", 1, ""}, {"_-* #,##0.00 \"€\"_-;-* #,##0.00 \"€\"_-", 1, ""}, {"\"EUR\" 0.00", 1, ""}, {"0.00E+00", 1, ""},
		{"# ?/?", 1.5, ""}, {"# ##0", 1234, ""}, {"#\\ ##0.00", 1234, ""}, {"-0", 1, ""}, {"\\(0\\)", 1, ""}, {"0 \"kg\"", 1, ""},
		{"@", 1, ""}, {"", 1, ""}, {"\"CHF\" #'##0.00", 1, ""}, {"kr\\ 0", 1, ""}
	};

	(void) state;
	ASSERT_ALL(cases);
}

static void
assert_elapsed(const char *code, double serial, const char *expected)
{
	char		buffer[256] = "";

	(void) xlsx_shown_elapsed(code, serial, buffer, sizeof(buffer));
	assert_string_equal(buffer, expected);
}

static void
elapsed_times_are_shown(void **state)
{
	(void) state;
	assert_elapsed("[h]:mm", 1.5, "36:00");
	assert_elapsed("[h]:mm", -0.25, "-6:00");
	assert_elapsed("[hh]:mm:ss", 0.0625, "01:30:00");
	assert_elapsed("[m]:ss", 0.0625, "90:00");
	assert_elapsed("[s]", 0.0625, "5400");
	assert_elapsed("[h]:mm:ss.00", 1.5 / 86400, "0:00:01.50");
	assert_elapsed("[h]\" h \"mm", 0.0625, "1 h 30");
	assert_elapsed("[h]:mm", 0, "0:00");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leading_zeros_and_literals_are_shown),
		cmocka_unit_test(percent_is_shown),
		cmocka_unit_test(the_look_of_a_number_is_not_shown),
		cmocka_unit_test(elapsed_times_are_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
