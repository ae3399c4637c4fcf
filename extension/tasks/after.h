/*
 * after.h
 *	  Tasks that start after another one.
 *
 * Such a task is PENDING, its run_at is infinity, and no worker looks at it.  The transaction that ends the other
 * task lets it start or cancels it, so that none is forgotten.  Who adds one holds a share of the other's row, which its
 * end waits for.
 */
#ifndef PG_XLSX_AFTER_H
#define PG_XLSX_AFTER_H

#include "pg/pg_xlsx.h"

#include "tasks/task_status.h"

/*
 * Reads the status of a task, which does not change before this transaction ends, unless this transaction changes it.
 * Returns false if there is no such task.
 */
extern bool after_share(int64 task, TaskStatus *status);

/*
 * The task has ended with this status.  If it ended well, the tasks after it may start.  Otherwise these are CANCELLED,
 * and those after them, each with a message that names the one before it.
 */
extern void after_ended(int64 task, TaskStatus status);

#endif							/* PG_XLSX_AFTER_H */
