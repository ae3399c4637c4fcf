/*
 * moment.h
 *	  A day and a time of day as a text gives them.
 */
#ifndef PG_XLSX_MOMENT_H
#define PG_XLSX_MOMENT_H

#include "pg/pg_xlsx.h"

typedef struct TextMoment
{
	int			year;			/* 1 to 9999 */
	int			month;
	int			day;
	bool		has_time;
	int			hour;			/* 24 with all the rest 0: the end of the day */
	int			minute;
	int			second;			/* 60 is a leap second */
	int			microsecond;
	bool		has_offset;
	int			offset;			/* seconds east of Greenwich */
	const char *zone;			/* its name in the text, where there is one; NULL: none */
	size_t		zone_length;
} TextMoment;

extern bool moment_is_day(int year, int month, int day);

/* The year that two digits mean: 1970 to 2069. */
extern int	moment_year(int two_digits);

/*
 * Reads a time of day, with its zone if there is one, up to the end of the text: 13:42, 1:42:37.5 pm, 13:42:37+02:00,
 * 134237Z. text: behind the day, and what separates the two.
 */
extern bool moment_read_time(const char *text, const char *end, TextMoment *moment);

/* Reads a zone and nothing else: Z, +02, +0200, +02:00, UTC, GMT+2, Europe/Berlin, CET. */
extern bool moment_read_zone(const char *text, const char *end, TextMoment *moment);

/* Skips spaces, also those that do not break. */
extern const char *moment_skip_spaces(const char *text, const char *end);

/* Reads at least one and at most that many digits -> *value; NULL if there is none. */
extern const char *moment_digits(const char *text, const char *end, int most, int *value);

#endif							/* PG_XLSX_MOMENT_H */
