/*
 * decimal.h
 *	  Decimal numbers as text: is a text one, and how many digits does it need?
 */
#ifndef PG_XLSX_DECIMAL_H
#define PG_XLSX_DECIMAL_H

#include "pg/pg_xlsx.h"

typedef struct DecimalShape
{
	int			integer_digits; /* before the point, without leading zeros */
	int			fraction_digits;	/* after the point, without trailing zeros, with the exponent applied */
} DecimalShape;

/* Sign, digits with at most one point, exponent: "-12.5e3". Returns false for any other text. */
extern bool decimal_parse(const char *text, size_t length, DecimalShape *shape);

/* The value of an integer that decimal_parse has accepted. Returns false when it does not fit. */
extern bool decimal_to_int64(const char *text, size_t length, int64 *value);

/* A number that decimal_parse has accepted, with at most so many decimals; in the current memory context. Halves go away from zero, or to even. */
extern char *decimal_round(const char *text, size_t length, int decimals, bool half_even);

#endif							/* PG_XLSX_DECIMAL_H */
