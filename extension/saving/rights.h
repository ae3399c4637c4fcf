/*
 * rights.h
 *	  Rights on the target.
 */
#ifndef PG_XLSX_SAVING_RIGHTS_H
#define PG_XLSX_SAVING_RIGHTS_H

#include "pg/pg_xlsx.h"

#include "saving/save_task.h"

/*
 * Raises an error when the current role lacks a right on the target that the mode needs. Both
 * functions use only profile and mode of the task.
 */
extern void save_require_rights(const SaveTask *task);

/* Also raises an error when the role may not use a sequence in one of the target's defaults. */
extern void save_require_all_rights(const SaveTask *task);

#endif							/* PG_XLSX_SAVING_RIGHTS_H */
