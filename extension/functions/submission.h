/*
 * submission.h
 *	  The options of an import, and the task that is made from them.
 */
#ifndef PG_XLSX_SUBMISSION_H
#define PG_XLSX_SUBMISSION_H

#include "pg/pg_xlsx.h"

#include "datatype/timestamp.h"
#include "utils/jsonb.h"

/* What a task is made of, besides its file. */
typedef struct Submission
{
	const char *profile;		/* NULL: the default */
	Jsonb	   *options;		/* those of a task, as profile/options.h returns them */
	const char *idempotency_key;	/* NULL: none */
	int64		set;			/* the set that the task is one of; 0: none */
	const uint8 *hash;			/* of the file (files/file_hash.h); NULL: not known yet */
} Submission;

/*
 * Checks the options and takes the key out of them. Raises an error (22023) when an option is unknown or has an unknown
 * value.
 */
extern Submission submission_make(const char *profile, Jsonb *options);

/*
 * Inserts the row of a task of the current role: PENDING, or PROCESSING when it has no file (0).
 * The task keeps the profile as it is now (profile/frozen.h). Returns the task's id, or 0 when
 * the idempotency key is taken. Waits for a transaction that is just taking the key. Raises an error (23505) when the file was
 * imported before and shall be rejected (functions/duplicates.h): nobody looks while the hash is not known.
 */
extern int64 submission_insert(int64 file, const char *file_name, int64 size, const Submission *submission);

/* The same, and makes sure that a worker starts when the task is due. */
extern int64 submission_queue(int64 file, const char *file_name, int64 size, const Submission *submission);

/* For a task of the current session that was just inserted: tells listeners, and makes sure that a worker starts when it is due. */
extern void submission_start(int64 task, TimestampTz due);

/* Makes sure that a worker of a login starts when a task is due. */
extern void submission_wake(Oid login, TimestampTz due);

/* The settings that tasks of a profile carry along, as they are in this session, as JSON; NULL: none. */
extern char *submission_settings(int64 profile);

/* The task that the current role, with its tenant, has submitted with this key; 0 when there is none, or the key is NULL. */
extern int64 submission_find(const char *idempotency_key);

#endif							/* PG_XLSX_SUBMISSION_H */
