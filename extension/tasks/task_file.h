/*
 * task_file.h
 *	  How long the stored file of a task stays.
 *
 * xlsx_private.needs_file says which tasks need their file: those that have not ended, and those
 * that xlsx_private.file_kept_until names a time for. Several tasks may have one file
 * (xlsx.run); it goes when none of them needs it. Then their rows say why they have none.
 *
 * All functions need a transaction.
 */
#ifndef PG_XLSX_TASK_FILE_H
#define PG_XLSX_TASK_FILE_H

#include "pg/pg_xlsx.h"

#include "pg/names.h"

/* Why a task has no file any more. xlsx_private.why_no_file has the sentences. */
#define FILE_GONES(X) \
	X(FILE_GONE_DONE, "done")	/* the task was completed, and nothing needs the file */ \
	X(FILE_GONE_EXPIRED, "expired") \
	X(FILE_GONE_ERASED, "erased") \
	X(FILE_GONE_DELETED, "deleted")	/* with another task that had the same file */ \
	X(FILE_GONE_LIMIT, "limit")	/* the role may not have so many bytes */

typedef enum FileGone
{
	FILE_GONES(NAMES_VALUE)
} FileGone;

extern const Names file_gone_names;

/*
 * Removes a file: its row, its bytes, and the packets of its tasks. The tasks stay without a file. Waits for sessions that hold any of
 * these rows.
 */
extern void task_file_remove(int64 file, FileGone why);

/* The same without waiting. Returns false, and removes nothing, when a session holds the file or one of its tasks. */
extern bool task_file_try_remove(int64 file, FileGone why);

/* The same as the first, unless a task needs the file. */
extern void task_file_release(int64 file, FileGone why);

/* A task of the file is complete, and its row says so: task_file_tidy may remove the file, unless a task needs it. */
extern void task_file_spend(int64 file);

/*
 * After the transaction that completed a task: removes its working rows, and its file if no task needs it. What a worker
 * cannot remove, because it dies or a session holds a row, a later sweep removes.
 */
extern void task_file_tidy(int64 task, int64 file);

/* A sweep: removes files that no task needs, at most so many. Returns how many; *more: there may be others. */
extern int64 task_file_sweep(int most, bool *more);

/*
 * A role, or its tenant, may not have so many bytes: removes the oldest files of it that nobody waits for, those of tasks with error rows
 * that are no dry runs, until so many bytes are free, or none is left. What a session holds stays.
 */
extern void task_file_make_room(Oid role, const char *tenant, int64 bytes);

/*
 * The file of a task, locked against removal until the transaction ends, and used now. When it is gone, task_file_use returns 0,
 * and task_file_require raises an error (58P01) that says why.
 */
extern int64 task_file_use(int64 task);
extern int64 task_file_require(int64 task);

/* Why a task has no file, as a sentence in the current memory context. */
extern char *task_file_why_gone(int64 task);

#endif							/* PG_XLSX_TASK_FILE_H */
