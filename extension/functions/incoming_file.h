/*
 * incoming_file.h
 *	  Takes a workbook into the store, and queues a task for it.
 *
 * Order of calls: incoming_file_create; incoming_file_put for each chunk, each followed by
 * incoming_file_set_size (or incoming_file_put_all once); incoming_file_finish. All need a
 * transaction; when it aborts, the file is gone.
 */
#ifndef PG_XLSX_INCOMING_FILE_H
#define PG_XLSX_INCOMING_FILE_H

#include "pg/pg_xlsx.h"

#include "core/source.h"
#include "files/store.h"
#include "functions/submission.h"

/* This many first bytes are enough to recognize a workbook. */
#define INCOMING_FILE_HEAD 4096

/*
 * Inserts the row of a file of the current role, and returns its id. Raises an error (22023) when
 * the name is empty or too long. profile: NULL when it is not known yet. options: those of the
 * task, if they are kept with the file (profile/options.h); else NULL.
 */
extern int64 incoming_file_create(const char *profile, const char *name, Jsonb *options);

/* Raises an error when these first bytes cannot begin a workbook. length 0 means an empty file. */
extern void incoming_file_check_head(const char *head, size_t length);

/*
 * Stores chunk no, counted from 0. The caller holds a lock on the file's row. With chunk 0,
 * schedules a sweep where the store lets files expire.
 */
extern void incoming_file_put(const Store *store, int64 file, int32 no, bytea *data);

/* Stores all bytes of a source. Does not set the size. */
extern void incoming_file_put_all(int64 file, const XlsxSource *source);

extern void incoming_file_set_size(int64 file, int64 size, bool complete);

/*
 * Completes a file, queues a task for it, and returns the task's id. When the submission's
 * idempotency key belongs to an earlier task, returns that task, sets *created to false and
 * removes the file. Sets the hash of the submission if that is not known.
 */
extern int64 incoming_file_finish(int64 file, const char *file_name, int64 size, Submission *submission, bool *created);

#endif							/* PG_XLSX_INCOMING_FILE_H */
