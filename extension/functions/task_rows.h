/*
 * task_rows.h
 *	  Rows of the target that an import saved, and that are taken back.
 */
#ifndef PG_XLSX_TASK_ROWS_H
#define PG_XLSX_TASK_ROWS_H

#include "pg/pg_xlsx.h"

/* How many rows of the task this transaction has deleted by xlsx.delete; -1: none were looked for. */
extern int64 task_rows_deleted(int64 task);

#endif							/* PG_XLSX_TASK_ROWS_H */
