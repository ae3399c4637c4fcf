/*
 * decimal.h
 *	  Decimal numbers as text: is it one, and how many digits does it need?
 */
#ifndef PG_XLSX_DECIMAL_H
#define PG_XLSX_DECIMAL_H

#include "pg/pg_xlsx.h"

typedef struct DecimalShape
{
	int			integer_digits; /* before the point, without leading zeros */
	int			fraction_digits;	/* after it, without trailing zeros; the exponent is counted in */
} DecimalShape;

/* Sign, digits with at most one point, exponent: "-12.5e3". False for all else. */
extern bool decimal_parse(const char *text, size_t length, DecimalShape *shape);

/* The value of an integer that decimal_parse took; false when it does not fit. */
extern bool decimal_to_int64(const char *text, size_t length, int64 *value);

#endif							/* PG_XLSX_DECIMAL_H */
