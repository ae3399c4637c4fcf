/*
 * deadline.h
 *	  A time limit for the work of this process.
 *
 * statement_timeout has no effect in a background process, and would not span the transactions of
 * an attempt. When the time is over, the query is cancelled. SQL may catch that, so the query is
 * cancelled again each second. In the end the process terminates itself.
 */
#ifndef PG_XLSX_DEADLINE_H
#define PG_XLSX_DEADLINE_H

#include "pg/pg_xlsx.h"

/* milliseconds 0: no limit. */
extern void deadline_start(int milliseconds);
extern void deadline_stop(void);

/* Has the time been over since deadline_start? */
extern bool deadline_passed(void);

/* In a PG_CATCH: when the time is over, replaces the current error's message by one that says so. */
extern void deadline_explain(void);

/*
 * The same for a process that has died, so that there is no current error. Lives in the current
 * memory context.
 */
extern ErrorData *deadline_error(void);

#endif							/* PG_XLSX_DEADLINE_H */
