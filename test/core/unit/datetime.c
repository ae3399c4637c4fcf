/*
 * datetime.c
 *	  Serials and ISO 8601.
 */
#include "datetime.h"

#include <math.h>
#include <string.h>

#include "support.h"

static void
assert_iso(double serial, bool date1904, const char *expected)
{
	char		text[40];

	assert_int_equal(xlsx_serial_to_iso(serial, false, date1904, text, sizeof(text)), strlen(expected));
	assert_string_equal(text, expected);
	assert_int_equal(xlsx_serial_is_date(serial, date1904), expected[0] != '\0');
}

static void
assert_elapsed(double serial, const char *expected)
{
	char		text[40];

	assert_int_equal(xlsx_serial_to_iso(serial, true, false, text, sizeof(text)), strlen(expected));
	assert_string_equal(text, expected);
}

static void
the_1900_system_has_a_leap_day_that_never_was(void **state)
{
	(void) state;
	assert_iso(1, false, "1900-01-01");
	assert_iso(59, false, "1900-02-28");
	assert_iso(60, false, "1900-02-29");
	assert_iso(60.5, false, "1900-02-29T12:00:00");
	assert_iso(61, false, "1900-03-01");
	assert_iso(366, false, "1900-12-31");
	assert_iso(43831, false, "2020-01-01");
	assert_iso(43890, false, "2020-02-29");
	assert_iso(2958465, false, "9999-12-31");
}

static void
the_1904_system_begins_later(void **state)
{
	(void) state;
	assert_iso(1, true, "1904-01-02");
	assert_iso(60, true, "1904-03-01");
	assert_iso(42369, true, "2020-01-01");
	assert_iso(2957003, true, "9999-12-31");
	assert_iso(2957004, true, "");
}

static void
below_one_there_is_only_a_time_of_day(void **state)
{
	(void) state;
	assert_iso(0, false, "00:00:00");
	assert_iso(0.5, false, "12:00:00");
	assert_iso(0.5, true, "12:00:00");
	assert_iso(49507.0 / 86400, false, "13:45:07");
	assert_iso(0.123456789, false, "02:57:46.667");
}

static void
milliseconds_are_rounded(void **state)
{
	(void) state;
	assert_iso(43831 + 49507.0 / 86400, false, "2020-01-01T13:45:07");
	assert_iso(43831 + 49507.1234 / 86400, false, "2020-01-01T13:45:07.123");
	assert_iso(43831.999999999, false, "2020-01-02");
	assert_iso(43831 + 0.0004 / 86400, false, "2020-01-01");
	assert_iso(43831 + 0.0006 / 86400, false, "2020-01-01T00:00:00.001");
}

static void
some_numbers_are_no_dates(void **state)
{
	(void) state;
	assert_iso(-1, false, "");
	assert_iso(-0.001, false, "");
	assert_iso(2958466, false, "");
	assert_iso(2958465.999999999, false, "");
	assert_iso(1e300, false, "");
	assert_iso(NAN, false, "");
	assert_iso(INFINITY, false, "");
}

static void
elapsed_time_has_no_days(void **state)
{
	(void) state;
	assert_elapsed(1.5, "PT36H0M0S");
	assert_elapsed(0, "PT0H0M0S");
	assert_elapsed(-1.2, "-PT28H48M0S");
	assert_elapsed(3000000, "PT72000000H0M0S");
	assert_elapsed(61.001 / 86400, "PT0H1M1.001S");
	assert_elapsed(1e300, "");
	assert_elapsed(NAN, "");
}

static void
milliseconds_must_fit(void **state)
{
	int64_t		milliseconds;

	(void) state;
	assert_true(xlsx_serial_to_milliseconds(-1.5, &milliseconds));
	assert_int_equal(milliseconds, -129600000);
	assert_false(xlsx_serial_to_milliseconds(1e12, &milliseconds));
	assert_false(xlsx_serial_to_milliseconds(NAN, &milliseconds));
}

static void
assert_serial(const char *iso, bool date1904, double expected)
{
	double		serial;

	assert_true(xlsx_iso_to_serial(iso, strlen(iso), date1904, &serial));
	assert_true(fabs(serial - expected) < 1e-9);
}

static void
iso_texts_become_serials(void **state)
{
	(void) state;
	assert_serial("2020-01-01", false, 43831);
	assert_serial("2020-01-01", true, 42369);
	assert_serial("2020-01-01T12:00", false, 43831.5);
	assert_serial("2020-01-01 12:00:00", false, 43831.5);
	assert_serial("2020-01-01T13:45:07.250Z", false, 43831 + 49507.25 / 86400);
	assert_serial("2020-01-01T24:00:00", false, 43832);
	assert_serial("2020-01-01T00:00:00+00:00", false, 43831);
	assert_serial("2020-02-29Z", false, 43890);
	assert_serial("1900-01-01", false, 1);
	assert_serial("1900-02-28", false, 59);
	assert_serial("1900-02-29", false, 60);
	assert_serial("1900-03-01", false, 61);
	assert_serial("9999-12-31", false, 2958465);
	assert_serial("1904-01-01", true, 0);
	assert_serial("12:00:00", false, 0.5);
	assert_serial("12:30", false, 0.5208333333333333);
}

static void
other_texts_are_no_dates(void **state)
{
	static const char *const wrong[] = {
		"", "x", "2020", "2020-01", "2020-1-1", "2020-13-01", "2020-00-01", "2020-01-00", "2020-01-32", "2021-02-29",
		"2020-01-01T", "2020-01-01X12:00", "2020-01-01T25:00", "2020-01-01T24:00:01", "2020-01-01T12:60",
		"2020-01-01T12:00:60", "2020-01-01T12:00:00.", "2020-01-01T12:00:00+01:00", "2020-01-01T12:00:00Zx",
		"1899-12-31", "20200101", "12:", "1:00", "2020-01-01 ", "-2020-01-01", "12:00:00x"
	};
	double		serial;
	size_t		i;

	(void) state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (xlsx_iso_to_serial(wrong[i], strlen(wrong[i]), false, &serial))
			fail_msg("\"%s\" was taken for %g", wrong[i], serial);
	assert_false(xlsx_iso_to_serial("1900-02-29", 10, true, &serial));
}

static void
every_day_comes_back(void **state)
{
	char		text[40];
	double		serial;
	int			day;

	(void) state;
	for (day = 1; day <= 2958465; day += day < 1000 ? 1 : 97)
	{
		size_t		length = xlsx_serial_to_iso(day, false, false, text, sizeof(text));

		assert_true(xlsx_iso_to_serial(text, length, false, &serial));
		assert_true(serial == day);
	}
}

static void
assert_early(const char *iso, bool date1904, double expected, const char *back)
{
	XlsxDateTime moment;
	char		text[40];
	double		serial;

	assert_true(xlsx_iso_to_early(iso, strlen(iso), date1904, &serial));
	assert_true(fabs(serial - expected) < 1e-9);
	xlsx_early_to_datetime(serial, date1904, &moment);
	assert_int_equal(xlsx_moment_to_iso(&moment, text, sizeof(text)), strlen(back));
	assert_string_equal(text, back);
}

/* Part 1, 18.17.4.1: the system without Excel's past counts down to the first day of the year 1, serial -693593. */
static void
days_before_the_first_are_days_too(void **state)
{
	static const char *const wrong[] = {"1900-01-01", "2020-01-01", "1900-02-29", "0000-12-31", "1582-02-30", "12:00:00", "PT1H", "", "1899-12-31T", "1899-12-31T25:00"};
	XlsxDateTime moment;
	char		text[40];
	double		serial;
	size_t		i;
	int			day;

	(void) state;
	assert_early("1899-12-31", false, 0, "1899-12-31");
	assert_early("1899-12-31T12:00:00Z", false, 0.5, "1899-12-31T12:00:00");
	assert_early("1899-12-30", false, -1, "1899-12-30");
	assert_early("1582-10-15", false, -115859, "1582-10-15");
	assert_early("1582-10-14T23:59:59.999", false, -115860 + 86399.999 / 86400, "1582-10-14T23:59:59.999");
	assert_early("0001-01-01", false, -693594, "0001-01-01");
	assert_early("1904-01-01", true, 0, "1904-01-01");
	assert_early("1903-12-31", true, -1, "1903-12-31");
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (xlsx_iso_to_early(wrong[i], strlen(wrong[i]), false, &serial))
			fail_msg("\"%s\" was taken for %g", wrong[i], serial);
	for (day = 0; day >= -693594; day -= 89)
	{
		xlsx_early_to_datetime(day, false, &moment);
		assert_true(xlsx_iso_to_early(text, xlsx_moment_to_iso(&moment, text, sizeof(text)), false, &serial));
		assert_true(serial == day);
	}
}

static void
assert_elapsed_serial(const char *iso, double seconds)
{
	double		serial;

	assert_true(xlsx_iso_to_elapsed(iso, strlen(iso), &serial));
	assert_true(fabs(serial - seconds / 86400) < 1e-12);
}

static void
durations_become_elapsed_time(void **state)
{
	static const char *const wrong[] = {
		"", "P", "PT", "P1DT", "1H", "PT1", "PTH", "PT1X", "P1H", "PT1D", "PT1M1H", "PT1H1H", "PT1.5H1M", "PT1.H", "P1Y", "P1M", "P1Y2M3DT4H", "PT-1H",
		"--PT1H", "PT1H ", "pt1h", "PT99999999999999999999H", "PT1TH", "P1TT1H", "PTT1H"
	};
	double		serial;
	size_t		i;

	(void) state;
	assert_elapsed_serial("PT0H11M0S", 660);
	assert_elapsed_serial("PT36H", 129600);
	assert_elapsed_serial("P1DT2H3M4.5S", 93784.5);
	assert_elapsed_serial("P2W", 1209600);
	assert_elapsed_serial("PT0,5H", 1800);
	assert_elapsed_serial("-PT6H", -21600);
	assert_elapsed_serial("PT0S", 0);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (xlsx_iso_to_elapsed(wrong[i], strlen(wrong[i]), &serial))
			fail_msg("\"%s\" was taken for %g", wrong[i], serial);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_1900_system_has_a_leap_day_that_never_was),
		cmocka_unit_test(the_1904_system_begins_later),
		cmocka_unit_test(below_one_there_is_only_a_time_of_day),
		cmocka_unit_test(milliseconds_are_rounded),
		cmocka_unit_test(some_numbers_are_no_dates),
		cmocka_unit_test(elapsed_time_has_no_days),
		cmocka_unit_test(milliseconds_must_fit),
		cmocka_unit_test(iso_texts_become_serials),
		cmocka_unit_test(other_texts_are_no_dates),
		cmocka_unit_test(every_day_comes_back),
		cmocka_unit_test(days_before_the_first_are_days_too),
		cmocka_unit_test(durations_become_elapsed_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
