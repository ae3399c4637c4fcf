/*
 * settle.h
 *	  What becomes of a task whose attempt has failed.
 *
 * An error is one of five kinds:
 *	  the task was cancelled, or its attempt took too long		the task ends
 *	  a conflict with another transaction						due again at once
 *	  a trouble that passes by itself and is nobody's fault		waits, up to pg_xlsx.patience, and no attempt counts
 *	  another error that may pass								waits for its next attempt, up to pg_xlsx.max_attempts
 *	  any other: the file, the profile or the target			the task ends
 */
#ifndef PG_XLSX_SETTLE_H
#define PG_XLSX_SETTLE_H

#include "pg/pg_xlsx.h"

#include "tasks/queue.h"

/*
 * Records the end of an attempt, within a transaction of the worker's own. The worker holds the
 * lock of the task. Waits some seconds for a session that holds the row of the task, then throws.
 * May add to the error.
 */
extern void settle_attempt(const Task *task, ErrorData *error);

#endif							/* PG_XLSX_SETTLE_H */
