/*
 * key.h
 *	  The columns that identify a row.
 */
#ifndef PG_XLSX_SAVING_KEY_H
#define PG_XLSX_SAVING_KEY_H

#include "pg/pg_xlsx.h"

#include "saving/save_task.h"

typedef struct SaveKey
{
	bool	   *is_key;			/* by profile column */
} SaveKey;

/*
 * Allocates in the current memory context. Raises an error when the profile has no key, or one
 * that is not unique in the target.
 */
extern void save_key_find(const SaveTask *task, SaveKey *key);

#endif							/* PG_XLSX_SAVING_KEY_H */
