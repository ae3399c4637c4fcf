/*
 * header_forms.h
 *	  The forms in which headers are compared.
 */
#ifndef PG_XLSX_HEADER_FORMS_H
#define PG_XLSX_HEADER_FORMS_H

#include "pg/pg_xlsx.h"

/* The strictest first. A header that fits in one form is not looked for in the next. */
typedef enum HeaderForm
{
	HEADER_AS_WRITTEN,			/* lower case, without spaces, "-" and "_" */
	HEADER_LETTERS,				/* lower case without accents: only letters and digits */
	HEADER_WITHOUT_UNIT			/* the same of what stands before a final "*", ":" or group in brackets */
} HeaderForm;

#define HEADER_FORMS (HEADER_WITHOUT_UNIT + 1)

/* The form of a header of length bytes, in UTF-8, in the current memory context. "" if nothing is left. */
extern char *header_form(const char *header, size_t length, HeaderForm form);

/*
 * The column of a sheet, from 1, in the name that xlsx.discover gives to a column without a header: "column_b",
 * "column_b_2". 0 for any other name.
 */
extern uint32 header_position(const char *name);

#endif							/* PG_XLSX_HEADER_FORMS_H */
