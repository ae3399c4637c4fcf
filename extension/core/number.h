/*
 * number.h
 *	  Decimal text <-> double, exactly and independent of the process's
 *	  locale.
 */
#ifndef XLSX_NUMBER_H
#define XLSX_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The nearest double of "-12.5e3" (xsd:double without INF and NaN, without
 * white space). False if the text is something else or too large.
 */
extern bool xlsx_number_parse(const char *text, size_t length, double *value);

/*
 * The shortest decimal that reads back as the same double, laid out as
 * ECMAScript does: exponent below 1e-6 and from 1e21 on only. size >= 32;
 * returns the length. The value must be finite.
 */
extern size_t xlsx_number_format(double value, char *buffer, size_t size);

/*
 * The same with at most 15 significant digits, as spreadsheets show numbers: 0.30000000000000004 is 0.3. Whole numbers, and those from
 * 1e15 on, are as by xlsx_number_format.
 */
extern size_t xlsx_number_fifteen(double value, char *buffer, size_t size);

/*
 * The same shortest decimal as a whole number over a power of ten: value =
 * digits / 10^places.  Works for numbers of up to 15 digits, up to 9 of them
 * behind the point. False for all others.
 */
#define XLSX_MOST_PLACES	9
extern bool xlsx_number_decimal(double value, int64_t *digits, int *places);

#endif							/* XLSX_NUMBER_H */
