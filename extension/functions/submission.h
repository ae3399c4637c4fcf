/*
 * submission.h
 *	  The options of an import, and the task that is made from them.
 */
#ifndef PG_XLSX_SUBMISSION_H
#define PG_XLSX_SUBMISSION_H

#include "pg/pg_xlsx.h"

/* What a task is made of, besides its file. */
typedef struct Submission
{
	const char *profile;		/* NULL: the default */
	Datum		run_at;
	bool		run_now;
	int32		priority;
	const char *idempotency_key;	/* NULL: none */
	const char *sheet;			/* this and the following: NULL for the profile's option */
	const char *mode;
	bool		dry_run;
	int64		max_errors;		/* -1: the profile's */
	const char *header_row;
	const char *locale;
	const char *mapping;		/* JSON object: header to column name */
	const char *range;			/* cell range */
	const char *params;			/* JSON object that SQL of the profile finds; NULL: {} */
	const char *reading;		/* JSON object of options that replace the profile's (options.h); NULL: none */
} Submission;

/* Raises an error (22023) when an option has an unknown value. */
extern void submission_check(const Submission *submission);

/*
 * Inserts the row of a task of the current role: PENDING, or PROCESSING when it has no file (0).
 * The task keeps the profile as it is now (profile/frozen.h). Returns the task's id, or 0 when
 * the idempotency key is taken. Waits for a transaction that is just taking the key.
 */
extern int64 submission_insert(int64 file, const char *file_name, int64 size, const Submission *submission);

/* The same, and makes sure that a worker starts when the task is due. */
extern int64 submission_queue(int64 file, const char *file_name, int64 size, const Submission *submission);

/* The task that the current role, with its tenant, has submitted with this key; 0 when there is none, or the key is NULL. */
extern int64 submission_find(const char *idempotency_key);

#endif							/* PG_XLSX_SUBMISSION_H */
