/*
 * violation.h
 *	  One error of a row.
 */
#ifndef PG_XLSX_VIOLATION_H
#define PG_XLSX_VIOLATION_H

#include "pg/pg_xlsx.h"

/*
 * All texts are static, belong to the row, the plan or the profile, or live
 * in the current memory context; all but code and message may be NULL.
 */
typedef struct Violation
{
	const char *code;			/* required, type, range, length, exactness, cell_error, text; and see saver.h */
	const char *message;
	const char *detail;
	const char *hint;
	const char *constraint;		/* constraint of the target, or name of the profile's rule */
	const char *sqlstate;		/* what the server called it */
} Violation;

#endif							/* PG_XLSX_VIOLATION_H */
