/*
 * import.h
 *	  One task from its claim to its end: the four phases.
 */
#ifndef PG_XLSX_IMPORT_H
#define PG_XLSX_IMPORT_H

#include "pg/pg_xlsx.h"

#include "tasks/queue.h"

/*
 * Runs a claimed task, outside of any transaction, as the current role. Continues where an
 * earlier attempt stopped. Each step is one transaction with its rows, counters and events. When
 * the function returns, the task has ended. When it throws, the caller aborts the transaction
 * under way; what was committed before stays. All memory comes from the current memory context.
 */
extern void import_run(Task *task);

/*
 * The same in the caller's transaction, as the current role, from task->content. Commits nothing,
 * and keeps nothing for another attempt.
 */
extern void import_run_inside(Task *task);

#endif							/* PG_XLSX_IMPORT_H */
