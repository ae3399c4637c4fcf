/*
 * end.h
 *	  What a task ends as.
 */
#ifndef PG_XLSX_IMPORT_END_H
#define PG_XLSX_IMPORT_END_H

#include "pg/pg_xlsx.h"

#include "import/state.h"

/* Does the mode keep all rows or none? */
extern bool import_wants_all(const Task *task);

/* Are there more error rows than the task allows? */
extern bool import_is_over_limit(const Import *import);

/* Do the rows so far forbid the import to go on? */
extern bool import_has_failed(const Import *import);

/*
 * Within a step: ends the task, as COMPLETED or HAS_ERRORS, or as FAILED where its rows will not do.  What
 * saves all rows in one go ends the task with them, so that no attempt does it again.
 */
extern void import_conclude(Import *import);

#endif							/* PG_XLSX_IMPORT_END_H */
