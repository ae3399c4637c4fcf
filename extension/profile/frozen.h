/*
 * frozen.h
 *	  Profiles as they were at a submission.
 *
 * A task keeps its target, its columns and the text of its profile from its
 * submission on, through all attempts: it names a row of
 * xlsx_private.frozen_profile, which never changes.  Tasks with equal profiles
 * share one row.  Needs a transaction.
 */
#ifndef PG_XLSX_PROFILE_FROZEN_H
#define PG_XLSX_PROFILE_FROZEN_H

#include "pg/pg_xlsx.h"

/*
 * Id of the row for the profile's present form; never waits for a lock. The
 * row is locked against removal until the transaction ends.
 */
extern int64 frozen_profile_make(int64 profile);

/* Removes rows that no task refers to, except those that another session is about to refer to. Returns their number. */
extern int64 frozen_profile_sweep(void);

#endif							/* PG_XLSX_PROFILE_FROZEN_H */
