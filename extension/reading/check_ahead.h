/*
 * check_ahead.h
 *	  Judges rows ahead of the import, in the process that reads them, and
 *	  sends them in their stored form.
 *
 * The compiled plan goes to the reader in shared memory. If the reader opened
 * the target itself, it could wait for a lock behind a session that waits for
 * the import, which waits for the reader; no deadlock detector would see that
 * circle.
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
 * Appends the bytes of a good or a bad row to a buffer whose length is a multiple of 8, and nothing of an open row.
 * *warned: the row has warnings.
 */
/* What was seen in the rows so far. */
extern const Sightings *check_ahead_sightings(const CheckAhead *ahead);

extern RowVerdict check_ahead_row(CheckAhead *ahead, const XlsxRow *row, StringInfo buffer, bool *warned);

/* The same row in the import: reads these bytes, of a row with that verdict. */
extern void check_ahead_take(CheckedRow *row, RowVerdict verdict, bool warned, const char *bytes, size_t length);

#endif							/* PG_XLSX_CHECK_AHEAD_H */
