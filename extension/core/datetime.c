/*
 * datetime.c
 *	  See datetime.h.
 *
 * Internally, days are counted from 1970-01-01 in the proleptic Gregorian calendar, in years that
 * begin on the first of March.
 */
#include "datetime.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define DAY_MILLISECONDS	INT64_C(86400000)
#define EPOCH_1900			INT64_C(-25569) /* 1899-12-30: right from serial 61 on */
#define EPOCH_1904			INT64_C(-24107) /* 1904-01-01 */
#define PHANTOM_LEAP_DAY	60	/* serial of 1900-02-29, 18.17.4.1 */

static int64_t
days_from_civil(int64_t year, int month, int day)
{
	int64_t		era,
				year_of_era,
				day_of_year;

	year -= month <= 2;
	era = (year >= 0 ? year : year - 399) / 400;
	year_of_era = year - era * 400;
	day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static void
civil_from_days(int64_t days, int *year, int *month, int *day)
{
	int64_t		era,
				day_of_era,
				year_of_era,
				day_of_year,
				month_from_march;

	days += 719468;
	era = (days >= 0 ? days : days - 146096) / 146097;
	day_of_era = days - era * 146097;
	year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	month_from_march = (5 * day_of_year + 2) / 153;
	*day = (int) (day_of_year - (153 * month_from_march + 2) / 5 + 1);
	*month = (int) (month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
	*year = (int) (year_of_era + era * 400 + (*month <= 2));
}

static void
split_day(int64_t milliseconds, XlsxDateTime *moment)
{
	moment->millisecond = (int) (milliseconds % 1000);
	milliseconds /= 1000;
	moment->second = (int) (milliseconds % 60);
	milliseconds /= 60;
	moment->minute = (int) (milliseconds % 60);
	moment->hour = (int) (milliseconds / 60);
}

void
xlsx_serial_to_datetime(double serial, bool date1904, XlsxDateTime *moment)
{
	int64_t		milliseconds,
				day;

	memset(moment, 0, sizeof(*moment));
	if (!xlsx_serial_is_date(serial, date1904) || !xlsx_serial_to_milliseconds(serial, &milliseconds))
		return;
	day = milliseconds / DAY_MILLISECONDS;
	split_day(milliseconds % DAY_MILLISECONDS, moment);
	if (day == 0)
	{
		moment->moment = XLSX_MOMENT_TIME;
		return;
	}
	if (!date1904 && day == PHANTOM_LEAP_DAY)
	{
		moment->year = 1900;
		moment->month = 2;
		moment->day = 29;
	}
	else
	{
		int64_t		epoch = date1904 ? EPOCH_1904 : EPOCH_1900 + (day < PHANTOM_LEAP_DAY);

		civil_from_days(epoch + day, &moment->year, &moment->month, &moment->day);
	}
	moment->moment = milliseconds % DAY_MILLISECONDS == 0 ? XLSX_MOMENT_DATE : XLSX_MOMENT_DATETIME;
}

/*
 * A day before the date system continues the serials downwards: in the 1900 system 1899-12-31 is
 * 0, which is also a time of day.
 */
#define EARLY_EPOCH(date1904) ((date1904) ? EPOCH_1904 : EPOCH_1900 + 1)

void
xlsx_early_to_datetime(double serial, bool date1904, XlsxDateTime *moment)
{
	int64_t		milliseconds,
				day;

	memset(moment, 0, sizeof(*moment));
	if (!xlsx_serial_to_milliseconds(serial, &milliseconds))
		return;
	day = milliseconds / DAY_MILLISECONDS - (milliseconds % DAY_MILLISECONDS < 0);
	milliseconds -= day * DAY_MILLISECONDS;
	split_day(milliseconds, moment);
	civil_from_days(EARLY_EPOCH(date1904) + day, &moment->year, &moment->month, &moment->day);
	moment->moment = milliseconds == 0 ? XLSX_MOMENT_DATE : XLSX_MOMENT_DATETIME;
}

bool
xlsx_serial_to_milliseconds(double serial, int64_t *milliseconds)
{
	double		exact = serial * (double) DAY_MILLISECONDS;

	if (!(exact > -9.2e18 && exact < 9.2e18))
		return false;
	*milliseconds = (int64_t) (exact < 0 ? exact - 0.5 : exact + 0.5);
	return true;
}

static size_t
put_fraction(int millisecond, char *buffer, size_t size)
{
	if (millisecond == 0)
		return 0;
	return (size_t) snprintf(buffer, size, ".%03d", millisecond);
}

static size_t
elapsed_to_iso(double serial, char *buffer, size_t size)
{
	int64_t		milliseconds;
	size_t		length;
	const char *sign = "";

	if (!xlsx_serial_is_elapsed(serial) || !xlsx_serial_to_milliseconds(serial, &milliseconds))
		return 0;
	if (milliseconds < 0)
	{
		milliseconds = -milliseconds;
		sign = "-";
	}
	length = (size_t) snprintf(buffer, size, "%sPT%lldH%dM%d", sign, (long long) (milliseconds / 3600000),
							   (int) (milliseconds / 60000 % 60), (int) (milliseconds / 1000 % 60));
	length += put_fraction((int) (milliseconds % 1000), buffer + length, size - length);
	buffer[length++] = 'S';
	buffer[length] = '\0';
	return length;
}

size_t
xlsx_serial_to_clock(double serial, char *buffer, size_t size)
{
	int64_t		milliseconds;
	size_t		length;
	const char *sign = "";

	buffer[0] = '\0';
	if (!xlsx_serial_is_elapsed(serial) || !xlsx_serial_to_milliseconds(serial, &milliseconds))
		return 0;
	if (milliseconds < 0)
	{
		milliseconds = -milliseconds;
		sign = "-";
	}
	length = (size_t) snprintf(buffer, size, "%s%02lld:%02d:%02d", sign, (long long) (milliseconds / 3600000),
							   (int) (milliseconds / 60000 % 60), (int) (milliseconds / 1000 % 60));
	return length + put_fraction((int) (milliseconds % 1000), buffer + length, size - length);
}

/* Writes "yyyy-mm-dd" digit by digit, because a sheet has millions of dates. */
static size_t
put_date(const XlsxDateTime *moment, char *buffer)
{
	buffer[0] = (char) ('0' + moment->year / 1000);
	buffer[1] = (char) ('0' + moment->year / 100 % 10);
	buffer[2] = (char) ('0' + moment->year / 10 % 10);
	buffer[3] = (char) ('0' + moment->year % 10);
	buffer[4] = '-';
	buffer[5] = (char) ('0' + moment->month / 10);
	buffer[6] = (char) ('0' + moment->month % 10);
	buffer[7] = '-';
	buffer[8] = (char) ('0' + moment->day / 10);
	buffer[9] = (char) ('0' + moment->day % 10);
	buffer[10] = '\0';
	return 10;
}

size_t
xlsx_moment_to_iso(const XlsxDateTime *moment, char *buffer, size_t size)
{
	size_t		length = 0;

	buffer[0] = '\0';
	if (moment->moment == XLSX_MOMENT_NONE)
		return 0;
	if (moment->moment != XLSX_MOMENT_TIME)
		length = put_date(moment, buffer);
	if (moment->moment == XLSX_MOMENT_DATE)
		return length;
	if (moment->moment == XLSX_MOMENT_DATETIME)
		buffer[length++] = 'T';
	length += (size_t) snprintf(buffer + length, size - length, "%02d:%02d:%02d",
								moment->hour, moment->minute, moment->second);
	length += put_fraction(moment->millisecond, buffer + length, size - length);
	return length;
}

size_t
xlsx_serial_to_iso(double serial, bool elapsed, bool date1904, char *buffer, size_t size)
{
	XlsxDateTime moment;

	buffer[0] = '\0';
	if (elapsed)
		return elapsed_to_iso(serial, buffer, size);
	xlsx_serial_to_datetime(serial, date1904, &moment);
	return xlsx_moment_to_iso(&moment, buffer, size);
}

/* Reads exactly count digits and advances *text. */
static bool
read_digits(const char **text, const char *end, int count, int *value)
{
	*value = 0;
	if (end - *text < count)
		return false;
	while (count-- > 0)
	{
		char		c = *(*text)++;

		if (c < '0' || c > '9')
			return false;
		*value = *value * 10 + (c - '0');
	}
	return true;
}

static bool
read_character(const char **text, const char *end, char wanted)
{
	if (*text == end || **text != wanted)
		return false;
	(*text)++;
	return true;
}

/* ".123" as a fraction of a second. */
static bool
read_fraction(const char **text, const char *end, double *fraction)
{
	double		unit = 0.1;
	const char *digits;

	*fraction = 0;
	if (!read_character(text, end, '.'))
		return true;
	for (digits = *text; *text < end && **text >= '0' && **text <= '9'; (*text)++)
	{
		*fraction += (**text - '0') * unit;
		unit /= 10;
	}
	return *text > digits;
}

/* hh:mm[:ss[.fff]][Z] up to the end of the text, as a fraction of a day. */
static bool
read_time(const char *text, const char *end, double *part)
{
	int			hour,
				minute,
				second = 0;
	double		fraction = 0;

	if (!read_digits(&text, end, 2, &hour) || !read_character(&text, end, ':') ||
		!read_digits(&text, end, 2, &minute))
		return false;
	if (read_character(&text, end, ':') &&
		!(read_digits(&text, end, 2, &second) && read_fraction(&text, end, &fraction)))
		return false;
	if (text < end && (*text == 'Z' || *text == 'z'))
		text++;
	else if (end - text == 6 && memcmp(text, "+00:00", 6) == 0)
		text = end;
	if (text != end || minute > 59 || second > 59 || hour > 24 ||
		(hour == 24 && (minute > 0 || second > 0 || fraction > 0)))
		return false;
	*part = (hour * 3600 + minute * 60 + second + fraction) / 86400;
	return true;
}

/* yyyy-mm-dd. *phantom: it is 1900-02-29, and *days is the day after. */
static bool
read_day(const char **text, const char *end, int64_t *days, bool *phantom)
{
	static const int month_days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int			year,
				month,
				day_of_month;
	bool		leap;

	if (!read_digits(text, end, 4, &year) || !read_character(text, end, '-') ||
		!read_digits(text, end, 2, &month) || !read_character(text, end, '-') ||
		!read_digits(text, end, 2, &day_of_month))
		return false;
	if (year < 1 || month < 1 || month > 12 || day_of_month < 1 || day_of_month > month_days[month - 1])
		return false;
	leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	*phantom = month == 2 && day_of_month == 29 && !leap;
	*days = days_from_civil(year, month, day_of_month);
	return !*phantom || year == 1900;
}

/* What follows the day: nothing, or a time of day. */
static bool
read_rest(const char *text, const char *end, double *part)
{
	*part = 0;
	if (text == end || (end - text == 1 && (*text == 'Z' || *text == 'z')))
		return true;
	return (*text == 'T' || *text == 't' || *text == ' ') && read_time(text + 1, end, part);
}

bool
xlsx_iso_to_serial(const char *text, size_t length, bool date1904, double *serial)
{
	const char *end = text + length;
	int64_t		days;
	bool		phantom;
	double		part;

	if (length >= 3 && text[2] == ':')
		return read_time(text, end, serial);
	if (!read_day(&text, end, &days, &phantom) || !read_rest(text, end, &part))
		return false;
	days -= date1904 ? EPOCH_1904 : EPOCH_1900;
	if (phantom)
		days = PHANTOM_LEAP_DAY;
	else if (!date1904 && days <= PHANTOM_LEAP_DAY)
		days--;
	*serial = (double) days + part;
	return !(phantom && date1904) && days >= (date1904 ? 0 : 1);
}

bool
xlsx_iso_to_early(const char *text, size_t length, bool date1904, double *serial)
{
	const char *end = text + length;
	int64_t		days;
	bool		phantom;
	double		part;

	if (!read_day(&text, end, &days, &phantom) || phantom || !read_rest(text, end, &part))
		return false;
	days -= EARLY_EPOCH(date1904);
	*serial = (double) days + part;
	return days <= 0;
}

/* "12", "1.5" or "1,5", and the letter after it. */
static bool
read_component(const char **text, const char *end, double *number, char *unit, bool *broken)
{
	const char *digits = *text;
	double		scale = 1;

	*number = 0;
	*broken = false;
	for (; *text < end && **text >= '0' && **text <= '9'; (*text)++)
		*number = *number * 10 + (**text - '0');
	if (*text == digits || *text - digits > 15)
		return false;
	if (*text < end && (**text == '.' || **text == ','))
	{
		*broken = true;
		digits = ++*text;
		for (; *text < end && **text >= '0' && **text <= '9'; (*text)++)
			*number += (**text - '0') * (scale /= 10);
		if (*text == digits)
			return false;
	}
	if (*text == end)
		return false;
	*unit = *(*text)++;
	return true;
}

bool
xlsx_iso_to_elapsed(const char *text, size_t length, double *serial)
{
	static const char *const order = "WDTHMS";	/* each letter at most once; years and months have no fixed length */
	static const double seconds[] = {604800, 86400, 0, 3600, 60, 1};
	const char *end = text + length;
	bool		negative = text < end && *text == '-';
	size_t		next = 0;
	bool		in_time = false,
				any = false,
				broken = false;
	double		sum = 0;

	text += negative;
	if (!read_character(&text, end, 'P'))
		return false;
	while (text < end)
	{
		double		number;
		char		unit;
		const char *place;

		if (!in_time && read_character(&text, end, 'T'))
		{
			in_time = true;
			next = 3;
			any = false;		/* a number must follow */
			continue;
		}
		/* only the last number may have a fraction */
		if (broken || !read_component(&text, end, &number, &unit, &broken))
			return false;
		place = unit != 'T' ? memchr(order + next, unit, 6 - next) : NULL;
		if (place == NULL || (place - order > 2) != in_time)
			return false;
		next = (size_t) (place - order) + 1;
		sum += number * seconds[place - order];
		any = true;
	}
	*serial = (negative ? -sum : sum) / 86400;
	return any && xlsx_serial_is_elapsed(*serial);
}
