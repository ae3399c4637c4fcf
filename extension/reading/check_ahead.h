/*
 * check_ahead.h
 *	  Rows judged ahead of the import, in the process that reads them, and sent
 *	  in the bytes in which they will be kept.
 *
 * The plan goes over in shared memory as it is compiled: a reader that
 * opened the target itself could wait for a lock behind somebody who waits for
 * the import, which waits for the reader, and nobody would see the circle.
 */
#ifndef PG_XLSX_CHECK_AHEAD_H
#define PG_XLSX_CHECK_AHEAD_H

#include "pg/pg_xlsx.h"

#include "lib/stringinfo.h"
#include "validate/validator.h"

typedef struct CheckAhead CheckAhead;

/* Lives in the current memory context; the plan, which must be portable, must live as long. */
extern CheckAhead *check_ahead_create(const JudgePlan *plan);

/*
 * Appends the bytes of a row that is good or bad to a buffer whose length is a multiple of 8; nothing of one that is
 * open.  *warned: the row has warnings.
 */
extern RowVerdict check_ahead_row(CheckAhead *ahead, const XlsxRow *row, StringInfo buffer, bool *warned);

/* The same row in the import: what lies in those bytes, of a row with that verdict. */
extern void check_ahead_take(CheckedRow *row, RowVerdict verdict, bool warned, const char *bytes, size_t length);

#endif							/* PG_XLSX_CHECK_AHEAD_H */
