/*
 * number.c
 *	  Decimal text and doubles.
 */
#define _GNU_SOURCE
#include "number.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

static uint64_t seed = 88172645463325252u;

static uint64_t
next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static void
assert_same(const char *text, double expected)
{
	double		value;

	if (!xlsx_number_parse(text, strlen(text), &value))
		fail_msg("\"%s\" was refused", text);
	if (memcmp(&value, &expected, sizeof(value)) != 0)
		fail_msg("\"%s\" became %.17g instead of %.17g", text, value, expected);
}

/* The C library in the C locale rounds right. */
static void
assert_exact(const char *text)
{
	assert_same(text, strtod(text, NULL));
}

static void
numbers_are_read(void **state)
{
	(void) state;
	assert_same("0", 0);
	assert_same("-0", -0.0);
	assert_same("1", 1);
	assert_same("+1", 1);
	assert_same("-1.5", -1.5);
	assert_same(".5", 0.5);
	assert_same("5.", 5);
	assert_same("1e3", 1000);
	assert_same("1E+3", 1000);
	assert_same("1e-3", 0.001);
	assert_same("0000000000000000000000000000001", 1);
	assert_same("0.00000000000000000000000000000", 0);
	assert_same("0e999999999", 0);
	assert_same("1e-999999999999", 0);
	assert_same("4.9406564584124654e-324", DBL_TRUE_MIN);
	assert_same("1.7976931348623157e308", DBL_MAX);
}

static void
other_texts_are_no_numbers(void **state)
{
	static const char *const wrong[] = {
		"", " ", "x", "1x", " 1", "1 ", "--1", "+-1", "1e", "1e+", "e1", ".", "-", "+", "-.", ".e1", "1,5", "1.2.3", "0x10", "INF",
		"NaN", "inf", "1e309", "-1e400", "1_000", "1e1.5"
	};
	char		long_one[600];
	double		value;
	size_t		i;

	(void) state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (xlsx_number_parse(wrong[i], strlen(wrong[i]), &value))
			fail_msg("\"%s\" was taken for %g", wrong[i], value);
	memset(long_one, '7', sizeof(long_one));
	assert_false(xlsx_number_parse(long_one, sizeof(long_one), &value));
}

static void
rounding_is_exact_at_ties(void **state)
{
	(void) state;
	assert_exact("9007199254740993");
	assert_exact("9007199254740992.5");
	assert_exact("9007199254740993.0000000000000000000000001");
	assert_exact("1.00000000000000011102230246251565");
	assert_exact("1.00000000000000011102230246251566");
	assert_exact("1.00000000000000033306690738754696");
	assert_exact("18446744073709551615");
	assert_exact("18446744073709551616");
	assert_exact("9999999999999999999");
	assert_exact("0.30000000000000004");
	assert_exact("43831.573773148149");
	assert_exact("1e27");
	assert_exact("9007199254740993e27");
	assert_exact("9007199254740993e-27");
	assert_exact("9007199254740993e28");
	assert_exact("2.2250738585072011e-308");
	assert_exact("123456789012345678901234567890");
	assert_exact("0.000000000000000000000000000000000000000123456789012345678901234567890");
}

static void
random_decimals_are_exact(void **state)
{
	char		text[64];
	int			i;

	(void) state;
	for (i = 0; i < 200000; i++)
	{
		uint64_t	digits = next_random() >> (next_random() % 64);
		int			exponent = (int) (next_random() % 61) - 30;

		snprintf(text, sizeof(text), "%llue%d", (unsigned long long) digits, exponent);
		assert_exact(text);
	}
}

static void
random_doubles_come_back(void **state)
{
	char		text[64];
	double		value,
				again;
	size_t		length;
	int			i;

	(void) state;
	for (i = 0; i < 100000; i++)
	{
		uint64_t	image = next_random();

		memcpy(&value, &image, sizeof(value));
		if (!isfinite(value))
			continue;
		snprintf(text, sizeof(text), "%.17g", value);
		assert_same(text, value);
		length = xlsx_number_format(value, text, sizeof(text));
		assert_int_equal(length, strlen(text));
		assert_true(length < 32);
		assert_true(xlsx_number_parse(text, strlen(text), &again));
		assert_true(again == value);
	}
}

static void
assert_formatted(double value, const char *expected)
{
	char		text[64];
	size_t		length = xlsx_number_format(value, text, sizeof(text));

	assert_int_equal(length, strlen(expected));
	assert_string_equal(text, expected);
}

static void
the_shortest_form_is_written(void **state)
{
	(void) state;
	assert_formatted(0, "0");
	assert_formatted(-0.0, "0");
	assert_formatted(1, "1");
	assert_formatted(-17, "-17");
	assert_formatted(1.5, "1.5");
	assert_formatted(0.1, "0.1");
	assert_formatted(0.1 + 0.2, "0.30000000000000004");
	assert_formatted(1e15, "1000000000000000");
	assert_formatted(1e20, "100000000000000000000");
	assert_formatted(1e21, "1e+21");
	assert_formatted(1.25e21, "1.25e+21");
	assert_formatted(123456789012345680000.0, "123456789012345680000");
	assert_formatted(0.000001, "0.000001");
	assert_formatted(0.0000012, "0.0000012");
	assert_formatted(0.0000001, "1e-7");
	assert_formatted(-1.5e-10, "-1.5e-10");
	assert_formatted(5e-324, "5e-324");
	assert_formatted(DBL_MAX, "1.7976931348623157e+308");
	assert_formatted(9007199254740993.0, "9007199254740992");
	assert_formatted(4.35, "4.35");
	assert_formatted(100.5, "100.5");
	assert_formatted(43831.573773148149, "43831.57377314815");
}

/* Whole numbers over powers of ten, laid out by hand, are what the value is written as. */
static void
usual_decimals_are_written_as_they_are(void **state)
{
	(void) state;
	for (int i = 0; i < 300000; i++)
	{
		int			places = (int) (next_random() % 10),
					least;
		int64_t		limit = (int64_t) pow(10, (double) (next_random() % 16)),
					digits = (int64_t) (next_random() % (uint64_t) limit),
					found;
		char		expected[64];
		size_t		length;
		double		value;

		snprintf(expected, sizeof(expected), "%0*lld", places + 1, (long long) digits);
		length = strlen(expected);
		memmove(expected + length - places + 1, expected + length - places, (size_t) places + 1);
		expected[length - (size_t) places] = '.';
		while (expected[length] == '0')
			expected[length--] = '\0';
		if (expected[length] == '.')
			expected[length] = '\0';
		assert_true(xlsx_number_parse(expected, strlen(expected), &value));
		if (value == 0 || value >= 1e-6)
			assert_formatted(value, expected);
		assert_true(xlsx_number_decimal(-value, &found, &least));
		assert_true(least <= places && (double) found / pow(10, least) == -value);
	}
	assert_false(xlsx_number_decimal(0.1 + 0.2, &(int64_t) {0}, &(int) {0}));
	assert_false(xlsx_number_decimal(1e15, &(int64_t) {0}, &(int) {0}));
	assert_false(xlsx_number_decimal(NAN, &(int64_t) {0}, &(int) {0}));
}

/* Wants a locale with a decimal comma; any will do. */
static void
the_locale_does_not_matter(void **state)
{
	static const char *const commas[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "ru_RU.UTF-8", "de_DE"};
	size_t		i;

	(void) state;
	for (i = 0; i < sizeof(commas) / sizeof(commas[0]); i++)
		if (setlocale(LC_NUMERIC, commas[i]) != NULL)
			break;
	if (i == sizeof(commas) / sizeof(commas[0]))
		skip();
	assert_same("1.5", 1.5);
	assert_same("2.2250738585072011e-308", 0x1.fffffffffffffp-1023);
	assert_formatted(1.5, "1.5");
	assert_formatted(0.1 + 0.2, "0.30000000000000004");
	setlocale(LC_NUMERIC, "C");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_read),
		cmocka_unit_test(other_texts_are_no_numbers),
		cmocka_unit_test(rounding_is_exact_at_ties),
		cmocka_unit_test(random_decimals_are_exact),
		cmocka_unit_test(random_doubles_come_back),
		cmocka_unit_test(the_shortest_form_is_written),
		cmocka_unit_test(usual_decimals_are_written_as_they_are),
		cmocka_unit_test(the_locale_does_not_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
