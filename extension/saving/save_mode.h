/*
 * save_mode.h
 *	  What each mode of saving does with the target.
 *
 * Code asks for these facts.  It does not compare modes, so that a new mode is one more line.
 */
#ifndef PG_XLSX_SAVE_MODE_H
#define PG_XLSX_SAVE_MODE_H

#include "pg/pg_xlsx.h"

#include "profile/profile.h"

typedef struct SaveModeFacts
{
	bool		by_key;			/* looks for rows of the target with the same key */
	bool		inserts;		/* rows whose key is not there; false: they are errors */
	bool		updates;		/* rows whose key is there */
	bool		empties;		/* deletes all rows of the target first */
	bool		whole;			/* keeps either all rows or none */
	bool		absents;		/* deals with rows of the target that the file lacks, in one transaction with the others */
} SaveModeFacts;

extern const SaveModeFacts *save_mode(SaveMode mode);

/* Raises an error (22023) unless rows of the file may delete others in this mode, if delete_when, an option, asks for it. NULL passes. */
extern void save_mode_require_deletes(SaveMode mode, const char *delete_when);

#endif							/* PG_XLSX_SAVE_MODE_H */
