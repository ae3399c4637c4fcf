/*
 * task_run.h
 *	  Dry runs that are imported for good (xlsx.run).
 */
#ifndef PG_XLSX_TASK_RUN_H
#define PG_XLSX_TASK_RUN_H

#include "pg/pg_xlsx.h"

/*
 * If the task imports a dry run: raises an error (55000) when another task does so, or has done so and was not undone. Locks
 * the row of the dry run until the transaction ends.
 */
extern void task_run_require_alone(int64 task);

#endif							/* PG_XLSX_TASK_RUN_H */
