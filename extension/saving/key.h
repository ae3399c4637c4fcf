/*
 * key.h
 *	  The key by which rows of a file find rows of the target, and the columns of the profile that it takes.
 */
#ifndef PG_XLSX_SAVING_KEY_H
#define PG_XLSX_SAVING_KEY_H

#include "pg/pg_xlsx.h"

#include "profile/unique_key.h"
#include "saving/save_task.h"

typedef struct SaveKey
{
	UniqueKey	unique;
	int		   *columns;		/* by part: the profile column that it is; -1: an expression over some */
	bool	   *is_key;			/* by profile column: it is a part of the key */
	bool	   *needs;			/* by profile column: a part of the key is it, or reads it */
	bool	   *reads;			/* the same, or the predicate reads it */
	int			first;			/* the first profile column that the key reads */
} SaveKey;

/*
 * Allocates in the current memory context. Raises an error when the profile has no key, or one
 * that is not unique in the target, or one that reads a column which the profile does not import.
 */
extern void save_key_find(const SaveTask *task, SaveKey *key);

/* Does the index of the key consist of columns, and has it all rows? */
extern bool save_key_is_plain(const SaveKey *key);

#endif							/* PG_XLSX_SAVING_KEY_H */
