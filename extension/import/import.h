/*
 * import.h
 *	  One task from its claim to its end: the four phases.
 */
#ifndef PG_XLSX_IMPORT_H
#define PG_XLSX_IMPORT_H

#include "pg/pg_xlsx.h"

#include "tasks/queue.h"

/*
 * Runs a claimed task, outside of any transaction, as the role that is set.
 * Goes on where an earlier attempt stopped.  Each batch is one transaction
 * with its rows, counters and events; when the function returns the task has
 * ended in good order.  Throws; the transaction under way is then the
 * caller's to abort, and what was committed before is kept.
 * Everything it needs lives in the current memory context.
 */
extern void import_run(Task *task);

/*
 * The same in the caller's transaction, as the current role, from task->bytes:
 * commits nothing and keeps nothing for another attempt.
 */
extern void import_run_inside(Task *task);

#endif							/* PG_XLSX_IMPORT_H */
