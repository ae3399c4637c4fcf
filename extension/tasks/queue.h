/*
 * queue.h
 *	  Tasks from their claim to their end, as a worker sees them.
 *
 * Whoever works on a task holds its lock, an advisory lock in a key space of
 * our own, for the session: a dead worker's lock is free at once, so there
 * are no heartbeats.  A task that says PROCESSING while its lock is free has
 * lost its worker.
 *
 * State machine (status):
 *	  PENDING -> PROCESSING			claim
 *	  PROCESSING -> PROCESSING		claim after the death of a worker
 *	  PROCESSING -> PENDING			an attempt failed, another will follow
 *	  PROCESSING -> COMPLETED, HAS_ERRORS, FAILED, CANCELLED
 *	  PENDING -> CANCELLED, FAILED
 *	  FAILED, CANCELLED -> PENDING	xlsx.retry
 */
#ifndef PG_XLSX_QUEUE_H
#define PG_XLSX_QUEUE_H

#include "pg/pg_xlsx.h"

#include "core/source.h"
#include "datatype/timestamp.h"
#include "profile/profile.h"
#include "tasks/progress.h"

typedef struct Task
{
	int64		id;
	int64		frozen;			/* its profile (profile/frozen.h) */
	int64		file;			/* 0: gone */
	uint64		file_size;
	Oid			owner;			/* the work is done as this role */
	int			attempt;		/* this one, from 1 */
	int64		seq;			/* of the last event before it */
	char	   *profile_name;
	char	   *time_zone;
	char	   *date_style;
	char	   *file_name;
	char	   *sheet;			/* as xlsx.alter_profile has it; NULL: the profile's */
	SaveMode	mode;
	bool		dry_run;
	int64		max_errors;		/* -1: the profile's */
	char	   *header_row;		/* NULL: the profile's */
	char	   *locale;			/* NULL: the profile's */
	char	   *mapping;		/* JSON object of header -> column name, or NULL */
	const XlsxSource *content;	/* the file itself, where it is not in the store */
	int			source_count;
	uint32	   *source;			/* header mapping of an earlier attempt, NULL before there is one */
	Progress	progress;
} Task;

/*
 * The lock of a task.  try_lock: false when another session has it.  try_keep: keeps workers from
 * the task until the transaction ends; false when one works on it.
 */
extern bool queue_try_lock(int64 task);
extern void queue_unlock(int64 task);
extern bool queue_try_keep(int64 task);

/* What a look into the queue has brought. */
typedef struct QueueClaim
{
	Task	   *task;			/* in the current memory context; NULL: none */
	bool		more;			/* there may be others for a second worker */
	bool		held;			/* tasks wait until a worker leaves a role that has as many as it may */
	bool		locked;			/* tasks that are due wait for a session that holds their rows */
	bool		alone;			/* the login works for no other role */
} QueueClaim;

/*
 * The lock is a session lock, which lets SQL of a task release it together
 * with its own (pg_advisory_unlock_all).  So a transaction that runs such SQL
 * holds it once more, in a way that SQL cannot end: queue_hold() at its begin,
 * queue_keep() before its end, also before it is aborted, takes the session's
 * lock again.  Ends the process when another session has the task meanwhile.
 */
extern void queue_hold(int64 task);
extern void queue_keep(int64 task);

/* Releases the lock, and all session locks that SQL of the task has left. */
extern void queue_unlock_all(void);

/*
 * Takes the next due task of a login role: locked, PROCESSING, its attempt
 * counted, in the current transaction.  Waits for nobody who holds a task.  A
 * task that has lost too many workers in a row is ended as FAILED on the way.
 */
extern void queue_claim(Oid login, QueueClaim *claim);

/* Two that claim at once would both see room for one: where there are limits they take turns, a transaction each. */
extern void queue_claim_in_turn(void);

/* When the next waiting task of this role is due; DT_NOEND when none waits. */
extern TimestampTz queue_next_due(Oid login);

/* Keeps the header mapping for later attempts and for the report. found: header texts by profile column. */
extern void queue_save_source(const Task *task, const char *sheet, uint32 header_row, const uint32 *source,
							  char *const *found, int count);

/*
 * Ends a task in good order.  Its file is spent: nobody needs it any more, but
 * removing it takes time that the one who waits for the end need not spend.
 */
extern void queue_complete(Task *task);

/*
 * Removes the file of a task with its packets where it is spent, in a
 * transaction after the one that completed the task; else does nothing.  What
 * a worker does not live to remove, or a session holds, is removed by a later sweep.
 */
extern void queue_remove_spent(const Task *task);

/* A task that runs in the caller's own transaction (xlsx.import), by id. */
extern Task *queue_load(int64 id);

/* Ends a task as FAILED or CANCELLED. Its file and packets stay until their time is over, for xlsx.retry. */
extern void queue_end(int64 task, TaskStatus status, const ErrorData *error);

/*
 * Has a claimed task come to its end already?  An interruption may come when
 * the transaction that ended it is committed: then there is nothing to settle.
 */
extern bool queue_has_ended(int64 task);

/* Ends an attempt: the task waits for the next one, which is due after *delay_ms. False when there was the last. */
extern bool queue_postpone(const Task *task, const ErrorData *error, int64 *delay_ms);

/* Removes what VALIDATING keeps for a task that will not go on: packets, and values that must be unique. */
extern void queue_remove_working_rows(int64 task);

/* All rows that belong to tasks which are gone. tasks: an array of bigint. */
extern void queue_remove_rows(Datum tasks);

/*
 * An attempt that met what passes by itself and is nobody's fault: the task
 * waits, and the attempt does not count.  Returns for how long, in milliseconds.
 */
extern int64 queue_wait_on(const Task *task, const ErrorData *error);

/*
 * An attempt that a conflict with another transaction ended: the task goes
 * back to the queue at once, and the attempt does not count.
 */
extern void queue_again(int64 task);

/* Does xlsx.limit_tasks hold something back?  Then the end of a task may let another one start. */
extern bool queue_is_limited(void);

/* Removes an uploaded file with its bytes and the packets of its tasks, which lose it. */
extern void queue_remove_file(int64 file);

/* The same where no session is at the file or its tasks; false, and nothing is done, where one is. */
extern bool queue_try_remove_file(int64 file);

#endif							/* PG_XLSX_QUEUE_H */
