/*
 * end.h
 *	  What a task ends as.
 */
#ifndef PG_XLSX_IMPORT_END_H
#define PG_XLSX_IMPORT_END_H

#include "pg/pg_xlsx.h"

#include "import/state.h"

/* Does the mode keep either all rows or none? */
extern bool import_wants_all(const Task *task);

/* Are there more error rows than the task allows? */
extern bool import_is_over_limit(const Import *import);

/* Can the task no longer be completed, because of the rows so far? */
extern bool import_has_failed(const Import *import);

/*
 * Within a step: ends the task as COMPLETED or HAS_ERRORS, or as FAILED when its rows forbid
 * more. An import that saves all rows in one go calls it in the same transaction, so that no
 * later attempt saves them again.
 */
extern void import_conclude(Import *import);

#endif							/* PG_XLSX_IMPORT_END_H */
