/*
 * frozen.h
 *	  Profiles as they were when somebody submitted with them.
 *
 * A task keeps its target, its columns and the text of its profile from its
 * submission on, through all attempts: it names a row of
 * xlsx_private.frozen_profile, which never changes.  Tasks whose profiles were
 * the same share one.  Needs a transaction.
 */
#ifndef PG_XLSX_PROFILE_FROZEN_H
#define PG_XLSX_PROFILE_FROZEN_H

#include "pg/pg_xlsx.h"

/* Id of the profile as it is now; waits for nobody. The row is locked against removal until the transaction ends. */
extern int64 frozen_profile_make(int64 profile);

/* Removes those that no task names any more, but for those that somebody is about to name. Returns how many. */
extern int64 frozen_profile_sweep(void);

#endif							/* PG_XLSX_PROFILE_FROZEN_H */
