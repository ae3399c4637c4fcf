/*
 * set_submission.h
 *	  A set of tasks that import sheets of one stored file, one after the other.
 */
#ifndef PG_XLSX_SET_SUBMISSION_H
#define PG_XLSX_SET_SUBMISSION_H

#include "pg/pg_xlsx.h"

#include "functions/submission.h"

/* Is this the submission of a set? */
extern bool set_submission_is_one(const Submission *submission);

/*
 * Queues the set that the option "set" describes: [{"profile": …, further options}, …]. Its members have the other options
 * of the submission, too, unless they have their own; when it starts, after which task, and its key belong to the set as a
 * whole. Returns the task that stands for the set, or 0 when its idempotency key is taken. Raises an error (22023) for a
 * member that cannot be one.
 */
extern int64 set_submission_queue(int64 file, const char *file_name, int64 size, const Submission *submission);

#endif							/* PG_XLSX_SET_SUBMISSION_H */
