/*
 * datetime.h
 *	  Serial days of a workbook <-> calendar (ECMA-376 Part 1, 18.17.4).
 */
#ifndef XLSX_DATETIME_H
#define XLSX_DATETIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum XlsxMoment
{
	XLSX_MOMENT_NONE,			/* negative, or from the year 10000 on: no date */
	XLSX_MOMENT_DATE,			/* midnight of a day */
	XLSX_MOMENT_DATETIME,
	XLSX_MOMENT_TIME			/* 0 <= serial < 1: time of day without a day */
} XlsxMoment;

typedef struct XlsxDateTime
{
	XlsxMoment	moment;
	int			year,
				month,
				day;			/* 1900-02-29 exists in the 1900 system: serial 60 */
	int			hour,
				minute,
				second,
				millisecond;
} XlsxDateTime;

/* The serial of 9999-12-31 in each date system. */
#define XLSX_LAST_DAY_1900	2958465
#define XLSX_LAST_DAY_1904	2957003

/*
 * Is the serial a date or a time of day? It is not from half a millisecond
 * before the year 10000 on, nor below 0. Elapsed times have other bounds:
 * their milliseconds must fit.
 */
static inline bool
xlsx_serial_is_date(double serial, bool date1904)
{
	return serial >= 0 && serial < (date1904 ? XLSX_LAST_DAY_1904 : XLSX_LAST_DAY_1900) + 1 - 0.5 / 86400000;
}

static inline bool
xlsx_serial_is_elapsed(double serial)
{
	return serial > -1e11 && serial < 1e11;
}

/* Rounds to the nearest millisecond. */
extern void xlsx_serial_to_datetime(double serial, bool date1904, XlsxDateTime *moment);

/* The same of an early day (xlsx_iso_to_early), for which a serial below 1 is no time of day. */
extern void xlsx_early_to_datetime(double serial, bool date1904, XlsxDateTime *moment);

/* Whole milliseconds of an elapsed time, which may be negative; false if they do not fit. */
extern bool xlsx_serial_to_milliseconds(double serial, int64_t *milliseconds);

/*
 * ISO 8601 text of a cell's serial, "-PT1H30M0S" for elapsed time below 0;
 * size >= 40.  Returns the length, 0 where there is no such date.
 */
extern size_t xlsx_serial_to_iso(double serial, bool elapsed, bool date1904, char *buffer, size_t size);

/* An elapsed time as a clock, "-36:00:00", ".5" behind it where there is a fraction; size >= 40. The length, 0 where it does not fit. */
extern size_t xlsx_serial_to_clock(double serial, char *buffer, size_t size);

/* ISO 8601 text of a moment; size >= 40.  Returns the length, 0 for XLSX_MOMENT_NONE. */
extern size_t xlsx_moment_to_iso(const XlsxDateTime *moment, char *buffer, size_t size);

/* ISO 8601 date, time or both (t="d" cells) -> serial; false for any other text. */
extern bool xlsx_iso_to_serial(const char *text, size_t length, bool date1904, double *serial);

/*
 * The same for a date, with a time of day or without, from the year 1 to the
 * first day of the date system (18.17.4.1: what Excel's systems cannot count): its serial is 0 or less, or has 0 before the point.
 */
extern bool xlsx_iso_to_early(const char *text, size_t length, bool date1904, double *serial);

/*
 * ISO 8601 duration of weeks, days, hours, minutes and seconds -> serial of
 * an elapsed time; a "-" before it makes it negative.
 */
extern bool xlsx_iso_to_elapsed(const char *text, size_t length, double *serial);

#endif							/* XLSX_DATETIME_H */
