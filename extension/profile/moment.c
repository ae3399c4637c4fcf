/*
 * moment.c
 *	  A day and a time of day as a text gives them.
 */
#include "profile/moment.h"

#include "profile/language.h"

/* No zone is further from Greenwich. */
#define MOST_OFFSET_HOURS 15

#define MOST_ZONE_NAME 64

bool
moment_is_day(int year, int month, int day)
{
	static const int month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool		leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 &&
		day <= month_days[month - 1] + (month == 2 && leap);
}

int
moment_year(int two_digits)
{
	return two_digits < 70 ? 2000 + two_digits : 1900 + two_digits;
}

const char *
moment_skip_spaces(const char *p, const char *end)
{
	for (;;)
	{
		if (p < end && (*p == ' ' || *p == '\t'))
			p++;
		else if (end - p >= 2 && memcmp(p, "\xC2\xA0", 2) == 0)
			p += 2;
		else if (end - p >= 3 && (memcmp(p, "\xE2\x80\xAF", 3) == 0 || memcmp(p, "\xE2\x80\x89", 3) == 0))
			p += 3;
		else
			return p;
	}
}

const char *
moment_digits(const char *p, const char *end, int most, int *value)
{
	const char *start = p;

	*value = 0;
	for (; p < end && p - start < most && *p >= '0' && *p <= '9'; p++)
		*value = *value * 10 + (*p - '0');
	return p > start ? p : NULL;
}

/* Exactly two digits. */
static const char *
two_digits(const char *p, const char *end, int *value)
{
	const char *behind = moment_digits(p, end, 2, value);

	return behind != NULL && behind - p == 2 ? behind : NULL;
}

/*
 * Zones
 */

/* +02, +0200, +02:00, +02:00:30, and with one digit for the hour where nothing follows it */
static bool
read_offset(const char *p, const char *end, TextMoment *moment)
{
	int			sign = *p == '-' ? -1 : 1;
	int			hour;
	int			minute = 0;
	int			second = 0;
	const char *start = ++p;

	if ((p = moment_digits(p, end, 2, &hour)) == NULL)
		return false;
	if (p < end && p - start == 1 && *p != ':')
		return false;
	if (p < end && *p == ':')
		p++;
	if (p < end && (p = two_digits(p, end, &minute)) == NULL)
		return false;
	if (p < end && *p == ':')
		p++;
	if (p < end && (p = two_digits(p, end, &second)) == NULL)
		return false;
	if (p != end || hour > MOST_OFFSET_HOURS || minute > 59 || second > 59)
		return false;
	moment->has_offset = true;
	moment->offset = sign * (hour * 3600 + minute * 60 + second);
	return true;
}

static bool
is_word(const char *p, size_t length, const char *word)
{
	return strlen(word) == length && pg_strncasecmp(p, word, length) == 0;
}

/* A name of the server's: letters, and what is between them. */
static bool
read_name(const char *p, const char *end, TextMoment *moment)
{
	size_t		length = (size_t) (end - p);

	if (length < 2 || length > MOST_ZONE_NAME || strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_/+-0123456789") < length ||
		!((*p | 0x20) >= 'a' && (*p | 0x20) <= 'z'))
		return false;
	moment->zone = p;
	moment->zone_length = length;
	return true;
}

bool
moment_read_zone(const char *p, const char *end, TextMoment *moment)
{
	size_t		letters = language_word(p, end);
	const char *parenthesis = memchr(p, '(', (size_t) (end - p));

	/* GMT+0200 (Central European Summer Time), as browsers write it */
	if (parenthesis != NULL && parenthesis > p && end[-1] == ')')
		for (end = parenthesis; end > p && end[-1] == ' '; end--)
			;
	if (p == end)
		return false;
	if (*p == '+' || *p == '-')
		return read_offset(p, end, moment);
	if (is_word(p, letters, "Z") || is_word(p, letters, "UTC") || is_word(p, letters, "GMT"))
	{
		moment->has_offset = true;
		moment->offset = 0;
		p += letters;
		return p == end || ((*p == '+' || *p == '-') && letters == 3 && read_offset(p, end, moment));
	}
	return read_name(p, end, moment);
}

/*
 * Times of day
 */

/* am, p.m., and the German "Uhr", which says nothing; false: that hour has no such half. */
static bool
read_half(const char **text, const char *end, TextMoment *moment)
{
	static const char *const words[] = {"a.m.", "p.m.", "am", "pm"};
	const char *p = moment_skip_spaces(*text, end);

	for (int i = 0; i < (int) lengthof(words); i++)
	{
		size_t		length = strlen(words[i]);

		if ((size_t) (end - p) < length || pg_strncasecmp(p, words[i], length) != 0 || language_word(p + length, end) > 0)
			continue;
		if (moment->hour < 1 || moment->hour > 12)
			return false;
		moment->hour = moment->hour % 12 + (i % 2 == 1 ? 12 : 0);
		*text = p + length;
		return true;
	}
	if (is_word(p, language_word(p, end), "Uhr"))
		*text = p + 3;
	return true;
}

static const char *
read_fraction(const char *p, const char *end, TextMoment *moment)
{
	int			unit = 100000;
	const char *start = p;
	int			rest = 0;

	for (; p < end && *p >= '0' && *p <= '9' && p - start < 18; p++)
	{
		if (unit > 0)
			moment->microsecond += (*p - '0') * unit;
		else if (p - start == 6)
			rest = *p - '0';
		unit /= 10;
	}
	/* As the server does: to the nearest microsecond, but never into the next second. */
	if (rest >= 5 && moment->microsecond < 999999)
		moment->microsecond++;
	return p > start ? p : NULL;
}

static const char *
read_clock(const char *p, const char *end, TextMoment *moment)
{
	const char *start = p;

	if ((p = moment_digits(p, end, 2, &moment->hour)) == NULL || p == end)
		return NULL;
	if (*p != ':' && p - start < 2)
		return NULL;
	p += *p == ':';
	if ((p = two_digits(p, end, &moment->minute)) == NULL)
		return NULL;
	if (p < end && (*p == ':' || (*p >= '0' && *p <= '9')))
	{
		p += *p == ':';
		if ((p = two_digits(p, end, &moment->second)) == NULL)
			return NULL;
		if (p < end && (*p == '.' || *p == ','))
			p = read_fraction(p + 1, end, moment);
	}
	return p;
}

bool
moment_read_time(const char *p, const char *end, TextMoment *moment)
{
	moment->has_time = true;
	p = read_clock(p, end, moment);
	if (p == NULL || !read_half(&p, end, moment))
		return false;
	if (moment->minute > 59 || moment->second > 60 || moment->hour > 24 ||
		(moment->hour == 24 && (moment->minute > 0 || moment->second > 0 || moment->microsecond > 0)))
		return false;
	p = moment_skip_spaces(p, end);
	return p == end || moment_read_zone(p, end, moment);
}
