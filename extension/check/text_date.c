/*
 * text_date.c
 *	  Dates and times as people write them.
 */
#include "check/text_date.h"

/* One number of a date. */
typedef struct Number
{
	int			value;
	int			digits;
} Number;

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *
read_number(const char *p, const char *end, int most, Number *number)
{
	const char *behind = moment_digits(p, end, most, &number->value);

	if (behind == NULL || (behind < end && is_digit(*behind)))
		return NULL;
	number->digits = (int) (behind - p);
	return behind;
}

static int
year_of(const Number *number)
{
	return number->digits == 2 ? moment_year(number->value) : number->value;
}

static bool
take_certain(TextDate *date, int year, int month, int day)
{
	date->certain = true;
	date->days[0] = (TextDay) {year, month, day};
	return moment_is_day(year, month, day);
}

static void
take_order(TextDate *date, DayOrder order, int year, const Number *month, const Number *day)
{
	if (month->digits > 2 || day->digits > 2 || !moment_is_day(year, month->value, day->value))
		return;
	date->fits |= 1U << order;
	date->days[order] = (TextDay) {year, month->value, day->value};
}

/*
 * With the name of a month
 */

static const char *
skip_ordinal(const char *p, const char *end)
{
	static const char *const marks[] = {"st", "nd", "rd", "th", "er", "º", "."};

	for (size_t i = 0; i < lengthof(marks); i++)
	{
		size_t		length = strlen(marks[i]);

		if ((size_t) (end - p) >= length && pg_strncasecmp(p, marks[i], length) == 0)
			return p + length;
	}
	return p;
}

/* Spaces, a comma, a point, a hyphen, "de" and "of" between the parts. */
static const char *
skip_between(const char *p, const char *end)
{
	for (;;)
	{
		const char *before = p;
		size_t		word;

		p = moment_skip_spaces(p, end);
		if (p < end && (*p == ',' || *p == '.' || *p == '-' || *p == '/'))
			p++;
		word = language_word(p, end);
		if (word == 2 && (pg_strncasecmp(p, "de", 2) == 0 || pg_strncasecmp(p, "of", 2) == 0))
			p += 2;
		if (p == before)
			return p;
	}
}

static const char *
read_month(const char *p, const char *end, const Language *language, int *month)
{
	size_t		length = language_word(p, end);

	*month = language_month(language, p, length);
	return *month > 0 ? p + length : NULL;
}

/* Four digits or two, maybe behind an apostrophe. */
static const char *
read_year(const char *p, const char *end, Number *year)
{
	if (p < end && *p == '\'')
		p++;
	p = read_number(p, end, 4, year);
	return p != NULL && (year->digits == 4 || year->digits == 2) ? p : NULL;
}

/* 1. March 2024, 01-Mar-24: behind the day */
static const char *
read_day_first(const char *p, const char *end, const Language *language, const Number *day, TextDate *date)
{
	Number		year;
	int			month;

	p = skip_between(skip_ordinal(p, end), end);
	if ((p = read_month(p, end, language, &month)) == NULL || (p = read_year(skip_between(p, end), end, &year)) == NULL)
		return NULL;
	return take_certain(date, year_of(&year), month, day->value) ? p : NULL;
}

/* March 1, 2024 */
static const char *
read_month_first(const char *p, const char *end, const Language *language, TextDate *date)
{
	Number		day;
	Number		year;
	int			month;

	if ((p = read_month(p, end, language, &month)) == NULL || (p = read_number(skip_between(p, end), end, 2, &day)) == NULL)
		return NULL;
	p = skip_between(skip_ordinal(p, end), end);
	if ((p = read_year(p, end, &year)) == NULL)
		return NULL;
	return take_certain(date, year_of(&year), month, day.value) ? p : NULL;
}

/*
 * Of numbers alone
 */

/* The separator behind a number: . / - with spaces around it, or spaces alone; NULL: none. */
static const char *
read_separator(const char *p, const char *end, char *separator)
{
	const char *behind = moment_skip_spaces(p, end);

	*separator = ' ';
	if (behind < end && (*behind == '.' || *behind == '/' || *behind == '-'))
	{
		*separator = *behind++;
		return moment_skip_spaces(behind, end);
	}
	return behind > p ? behind : NULL;
}

/* 20240301 */
static const char *
read_compact(const char *p, const Number *number, TextDate *date)
{
	int			value = number->value;

	return take_certain(date, value / 10000, value / 100 % 100, value % 100) ? p : NULL;
}

/* 2024-03-01 and its kin: behind the year */
static const char *
read_year_first(const char *p, const char *end, const Language *language, const Number *year, TextDate *date)
{
	Number		second;
	Number		third;
	char		separator;
	char		again;
	int			month;

	if ((p = read_separator(p, end, &separator)) == NULL)
		return NULL;
	if (language_word(p, end) > 0)
	{
		if ((p = read_month(p, end, language, &month)) == NULL || (p = read_number(skip_between(p, end), end, 2, &third)) == NULL)
			return NULL;
		return take_certain(date, year->value, month, third.value) ? p : NULL;
	}
	if ((p = read_number(p, end, 2, &second)) == NULL || (p = read_separator(p, end, &again)) == NULL ||
		separator != again || (p = read_number(p, end, 2, &third)) == NULL)
		return NULL;
	return take_certain(date, year->value, second.value, third.value) ? p : NULL;
}

/* 3.4.1990: behind the first number, which is no year of four digits */
static const char *
read_three(const char *p, const char *end, const Number *first, TextDate *date)
{
	Number		second;
	Number		third;
	char		again;

	if ((p = read_separator(p, end, &date->separator)) == NULL || (p = read_number(p, end, 2, &second)) == NULL ||
		(p = read_separator(p, end, &again)) == NULL || date->separator != again ||
		(p = read_number(p, end, 4, &third)) == NULL || (third.digits != 4 && third.digits > 2))
		return NULL;
	date->long_year = third.digits == 4;
	if (third.digits == 4 || third.digits == 2)
	{
		take_order(date, DATE_ORDER_DMY, year_of(&third), &second, first);
		take_order(date, DATE_ORDER_MDY, year_of(&third), first, &second);
	}
	if (third.digits != 4 && first->digits == 2)
		take_order(date, DATE_ORDER_YMD, year_of(first), &second, &third);
	return date->fits != 0 ? p : NULL;
}

static const char *
read_day(const char *p, const char *end, const Language *language, TextDate *date)
{
	Number		first;
	size_t		word = language_word(p, end);
	const char *behind;

	if (word > 0 && language_is_weekday(p, word) && language_month(language, p, word) == 0)
	{
		p = skip_between(p + word, end);
		word = language_word(p, end);
	}
	if (word > 0)
		return read_month_first(p, end, language, date);
	if ((p = read_number(p, end, 8, &first)) == NULL)
	{
		return NULL;
	}
	if (first.digits == 8)
		return read_compact(p, &first, date);
	if (first.digits == 4)
		return read_year_first(p, end, language, &first, date);
	if (first.digits > 2)
		return NULL;
	behind = skip_between(skip_ordinal(p, end), end);
	if (language_word(behind, end) > 0)
		return read_day_first(p, end, language, &first, date);
	return read_three(p, end, &first, date);
}

/* Of one digit or two, and the separator behind it; NULL: something else. */
static const char *
read_short(const char *p, const char *end, Number *number, char *separator)
{
	number->value = 0;
	for (number->digits = 0; p < end && number->digits < 2 && is_digit(*p); number->digits++)
		number->value = number->value * 10 + (*p++ - '0');
	if (number->digits == 0 || p == end || (*p != '.' && *p != '/' && *p != '-'))
		return NULL;
	*separator = *p;
	return p + 1;
}

/* 03.04.1990 and nothing else, as most texts of dates are: the same as read_three, and quicker. */
static bool
read_plain_three(const char *p, const char *end, TextDate *date)
{
	Number		first;
	Number		second;
	char		again;
	int			year = 0;

	if ((p = read_short(p, end, &first, &date->separator)) == NULL || (p = read_short(p, end, &second, &again)) == NULL ||
		again != date->separator || end - p != 4)
		return false;
	for (; p < end; p++)
	{
		if (!is_digit(*p))
			return false;
		year = year * 10 + (*p - '0');
	}
	date->long_year = true;
	take_order(date, DATE_ORDER_DMY, year, &second, &first);
	take_order(date, DATE_ORDER_MDY, year, &first, &second);
	return date->fits != 0;
}

bool
text_date_parse(const char *text, size_t length, const Language *language, TextDate *date)
{
	const char *end = text + length;
	const char *p;
	const char *time;

	*date = (TextDate) {0};
	if (length <= 10 && read_plain_three(text, end, date))
		return true;
	date->fits = 0;
	p = read_day(text, end, language, date);
	if (p == NULL || p == end)
		return p != NULL;
	/* 20240301T134237 has no colon; nothing else may stand so close */
	time = p + (*p == 'T' || *p == 't' || *p == ',');
	time = moment_skip_spaces(time, end);
	if (time == p || (end - time >= 3 && is_digit(time[0]) && is_digit(time[1]) && is_digit(time[2]) && *p != 'T'))
		return false;
	return moment_read_time(time, end, &date->moment);
}

bool
text_date_is_ambiguous(const TextDate *date)
{
	const TextDay *first = NULL;

	for (int i = 0; !date->certain && i < COUNT_DATE_ORDERS; i++)
	{
		if ((date->fits & 1U << i) == 0)
			continue;
		if (first == NULL)
			first = &date->days[i];
		else if (memcmp(first, &date->days[i], sizeof(TextDay)) != 0)
			return true;
	}
	return false;
}

int
text_date_only_order(const TextDate *date)
{
	for (int i = 0; !date->certain && i < COUNT_DATE_ORDERS; i++)
		if (date->fits == 1U << i)
			return i;
	return -1;
}

char *
text_date_form(const TextDate *date, DayOrder order)
{
	const char *year = date->long_year ? "YYYY" : "YY";
	char		c = date->separator;

	switch (order)
	{
		case DATE_ORDER_DMY:
			return psprintf("DD%cMM%c%s", c, c, year);
		case DATE_ORDER_MDY:
			return psprintf("MM%cDD%c%s", c, c, year);
		default:
			return psprintf("%s%cMM%cDD", year, c, c);
	}
}
