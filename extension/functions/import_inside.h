/*
 * import_inside.h
 *	  Imports in the transaction of the caller.
 */
#ifndef PG_XLSX_IMPORT_INSIDE_H
#define PG_XLSX_IMPORT_INSIDE_H

#include "pg/pg_xlsx.h"

#include "core/source.h"

/*
 * Runs a task that submission_insert or xlsx.run has made without a file, from its bytes, to its end. If the task needs its
 * file afterwards (task_file.h), it gets the stored one, or a copy of the bytes where that is 0. A task with error rows does
 * without when a limit of its role forbids the copy; a dry run is refused.
 */
extern void import_inside(int64 task, const XlsxSource *source, int64 stored);

#endif							/* PG_XLSX_IMPORT_INSIDE_H */
