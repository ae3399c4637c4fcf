/*
 * duplicates.h
 *	  Files that were imported before: the same bytes, by the same profile, with the same params, of the same role and tenant.
 *
 * A task counts that has not ended, or that saved rows and was not undone. Dry runs do not count.
 */
#ifndef PG_XLSX_DUPLICATES_H
#define PG_XLSX_DUPLICATES_H

#include "pg/pg_xlsx.h"

#include "functions/submission.h"
#include "profile/words.h"

typedef struct Duplicate
{
	int64		task;			/* the last one that imported the file; 0: none, or nobody looks */
	OnDuplicate wanted;			/* of the submission, or else of the profile */
	bool		same_key;		/* it is to be rejected, but has the same idempotency key: it is the same submission */
} Duplicate;

/*
 * For a task of the current role that is about to be inserted. Until the transaction ends, submissions of the same file wait
 * for each other where one of them rejects duplicates. Raises an error (23505) when this one is rejected; a dry run never is.
 */
extern Duplicate duplicate_find(int64 profile, const Submission *submission);

/*
 * The same for a task that imports a dry run for good. Returns the last task that imported the file, or 0.
 */
extern int64 duplicate_find_of_run(int64 dry_run);

/* A hash as a value in the current memory context. */
extern bytea *duplicate_hash(const uint8 *hash);

#endif							/* PG_XLSX_DUPLICATES_H */
