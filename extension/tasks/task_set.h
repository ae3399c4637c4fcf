/*
 * task_set.h
 *	  A set: a task whose state sums up other tasks, which import sheets of one file in order.
 *
 * The row of a set is written in the transactions that start and end its tasks, after theirs: who needs both rows takes the
 * task's first.
 */
#ifndef PG_XLSX_TASK_SET_H
#define PG_XLSX_TASK_SET_H

#include "pg/pg_xlsx.h"

/*
 * A task of the set has begun, ended, or waits again: the set counts as its tasks do, and ends with the last of them: as FAILED if one
 * failed, as CANCELLED if one was cancelled, as HAS_ERRORS if one has errors.  0: does nothing.
 */
extern void task_set_sum(int64 set);

/* Rows of a task of the set were taken back, or the task is gone: the set counts what is left, and stays in its state.  0: does nothing. */
extern void task_set_count(int64 set);

/* Tasks of a set, the first one first; an array in the current memory context. */
extern int64 *task_set_tasks(int64 set, int *count);

#endif							/* PG_XLSX_TASK_SET_H */
