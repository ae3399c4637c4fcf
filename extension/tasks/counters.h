/*
 * counters.h
 *	  Counts of tasks that have ended, and of what they saved.
 *
 * Each function appends rows to xlsx_private.tally in the current transaction, and waits for
 * nobody. The sum over the rows counts. A sweep folds them (counters_fold).
 */
#ifndef PG_XLSX_COUNTERS_H
#define PG_XLSX_COUNTERS_H

#include "pg/pg_xlsx.h"

#include "tasks/task_status.h"

/*
 * A task ends. Call it before the row of the task gets its new status. COUNTERS_SUCCESS: COMPLETED
 * or HAS_ERRORS, as the row's error_rows say.
 */
#define COUNTERS_SUCCESS (-1)
extern void counters_end(int64 task, int status);

/* The columns that the same update must set, so that a task which ends again is counted from there on. */
#define COUNTERS_SET "tallied_saved = greatest(saved_rows, tallied_saved), tallied_errors = greatest(error_rows, tallied_errors)"

/* A task that had ended with this status runs again. */
extern void counters_again(int64 task, TaskStatus status);

/* Rows of deleted tasks, as a part of a statement: gone has the columns owner, tenant and status. */
#define COUNTERS_GONE \
	"INSERT INTO xlsx_private.tally (owner, tenant, status, tasks)" \
	" SELECT (array_agg(owner))[1], tenant, status, -count(*) FROM gone WHERE NOT xlsx_private.is_active(status) GROUP BY owner::oid, tenant, status"

/* Makes few rows of many. Returns true when there may be more to fold, in the next transaction. */
extern bool counters_fold(void);

#endif							/* PG_XLSX_COUNTERS_H */
