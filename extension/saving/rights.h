/*
 * rights.h
 *	  What a role must be allowed to do with the target.
 */
#ifndef PG_XLSX_SAVING_RIGHTS_H
#define PG_XLSX_SAVING_RIGHTS_H

#include "pg/pg_xlsx.h"

#include "saving/save_task.h"

/* Both need task->profile and task->mode only. An error where the current role may not do with the target what the mode does. */
extern void save_require_rights(const SaveTask *task);

/* The same, and an error where the role may not take numbers from the sequences of the target's defaults. */
extern void save_require_all_rights(const SaveTask *task);

#endif							/* PG_XLSX_SAVING_RIGHTS_H */
