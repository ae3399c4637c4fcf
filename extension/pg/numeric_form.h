/*
 * numeric_form.h
 *	  numeric(digits, scale), as the type modifier has it.
 */
#ifndef PG_XLSX_NUMERIC_FORM_H
#define PG_XLSX_NUMERIC_FORM_H

#include "pg/pg_xlsx.h"

typedef struct NumericForm
{
	bool		given;			/* false: numeric without digits; the rest is 0 then */
	int			digits;
	int			scale;			/* digits after the point; below 0: so many before it are 0 */
} NumericForm;

/* The modifier is that of PostgreSQL 15 and later: 11 bits of scale with their sign, below 16 of digits (numeric.c there keeps it to itself). */
static inline NumericForm
numeric_form(int32 typmod)
{
	int32		packed = typmod - (int32) VARHDRSZ;

	if (packed < 0)
		return (NumericForm){false, 0, 0};
	return (NumericForm){true, (packed >> 16) & 0xffff, ((packed & 0x7ff) ^ 1024) - 1024};
}

#endif							/* PG_XLSX_NUMERIC_FORM_H */
