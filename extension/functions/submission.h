/*
 * submission.h
 *	  What somebody wants of an import, and the task that it becomes.
 */
#ifndef PG_XLSX_SUBMISSION_H
#define PG_XLSX_SUBMISSION_H

#include "pg/pg_xlsx.h"

/* What a task is made of beside its file. */
typedef struct Submission
{
	const char *profile;		/* NULL: the default */
	Datum		run_at;
	bool		run_now;
	int32		priority;
	const char *idempotency_key;	/* NULL: none */
	const char *sheet;			/* this and the following: NULL for what the profile says */
	const char *mode;
	bool		dry_run;
	int64		max_errors;		/* -1: as the profile says */
	const char *header_row;
	const char *locale;
	const char *mapping;		/* JSON object, header -> column name */
} Submission;

/* An error (22023) when an option has a value that does not exist. */
extern void submission_check(const Submission *submission);

/*
 * Writes the row of a task of the current role: PENDING, or PROCESSING when it
 * has no file (0).  The profile is kept as it is now (profile/frozen.h).
 * Returns its id, or 0 when the idempotency key is taken; waits for the transaction that is taking it.
 */
extern int64 submission_insert(int64 file, const char *file_name, int64 size, const Submission *submission);

/* The same, and sees to it that a worker is started for the task when it is due. */
extern int64 submission_queue(int64 file, const char *file_name, int64 size, const Submission *submission);

/* The task of the current role's earlier submission with this key, 0 when there is none. NULL finds none. */
extern int64 submission_find(const char *idempotency_key);

#endif							/* PG_XLSX_SUBMISSION_H */
