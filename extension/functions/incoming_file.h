/*
 * incoming_file.h
 *	  A workbook on its way into the store, and the task that it is given to.
 *
 * Order of calls: incoming_file_create, then incoming_file_put for each chunk with
 * incoming_file_set_size after it (or incoming_file_put_all), then incoming_file_finish.
 * All need a transaction and count with it.
 */
#ifndef PG_XLSX_INCOMING_FILE_H
#define PG_XLSX_INCOMING_FILE_H

#include "pg/pg_xlsx.h"

#include "core/source.h"
#include "files/store.h"
#include "functions/submission.h"

/* So many of the first bytes tell a workbook from other files. */
#define INCOMING_FILE_HEAD 4096

/*
 * Makes the row of a file of the current role; returns its id.  An error (22023) unless the name
 * has a length that is allowed.  profile: NULL for none yet; options: a text that holds JSON.
 */
extern int64 incoming_file_create(const char *profile, const char *name, Datum options, bool has_options);

/* Refuses what cannot be a workbook, by its first bytes; length 0: the file is empty. */
extern void incoming_file_check_head(const char *head, size_t length);

/*
 * Puts chunk no, counted from 0.  The caller holds a lock on the file's row.  The first one
 * asks for a sweep where the store forgets files by itself.
 */
extern void incoming_file_put(const Store *store, int64 file, int32 no, bytea *data);

/* Puts all bytes of a source, and sets no size. */
extern void incoming_file_put_all(int64 file, const XlsxSource *source);

extern void incoming_file_set_size(int64 file, int64 size, bool complete);

/*
 * Completes a file and queues a task for it; returns the task's id.  Where the submission's
 * idempotency key belongs to an earlier task, that one is returned, *created is false, and the file is removed.
 */
extern int64 incoming_file_finish(int64 file, const char *file_name, int64 size, const Submission *submission, bool *created);

#endif							/* PG_XLSX_INCOMING_FILE_H */
