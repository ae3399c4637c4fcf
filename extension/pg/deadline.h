/*
 * deadline.h
 *	  A time limit for what this process does.
 *
 * statement_timeout has no effect in a background process, and would not span
 * the transactions of an attempt.  When the time is over, the query is cancelled;
 * and again each second, for SQL may catch that; and in the end the process dies.
 */
#ifndef PG_XLSX_DEADLINE_H
#define PG_XLSX_DEADLINE_H

#include "pg/pg_xlsx.h"

/* milliseconds 0: no limit. */
extern void deadline_start(int milliseconds);
extern void deadline_stop(void);

/* Was the time over, since deadline_start? */
extern bool deadline_passed(void);

/* In a PG_CATCH: where the time is over, the error at hand says so. */
extern void deadline_explain(void);

/* The same for an error that is not at hand, because its process died. Lives in the current memory context. */
extern ErrorData *deadline_error(void);

#endif							/* PG_XLSX_DEADLINE_H */
