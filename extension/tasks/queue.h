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
	int64		set;			/* that it is one of (task_set.h); 0: none */
	int			set_size;		/* number of its tasks, if it is a set itself; 0: it is an import */
	int64		file;			/* 0: gone */
	uint64		file_size;
	Oid			owner;			/* the role that the import runs as */
	char	   *tenant;			/* tables/tenant.h */
	char	   *settings;		/* that its SQL finds (tables/carried.h); NULL: none */
	char	   *params;			/* JSON object that its SQL finds */
	char	   *owner_name;
	int64		rows_per_task;	/* most rows that the owner's tasks may have; -1: no limit */
	int			attempt;		/* number of this attempt, from 1 */
	int64		seq;			/* of the last event before this attempt */
	char	   *profile_name;
	char	   *time_zone;
	char	   *date_style;
	char	   *file_name;
	char	   *sheet;			/* as in xlsx.alter_profile; NULL: the profile's */
	int			sheet_number;	/* of sheet "?", from 1 on; 0: not known yet */
	SaveMode	mode;
	bool		dry_run;
	int64		max_errors;		/* -1: the profile's */
	char	   *header_row;		/* NULL: the profile's */
	char	   *range;			/* NULL: the profile's; "": the whole sheet */
	char	   *locale;			/* NULL: the profile's */
	char	   *date_order;		/* this and the next two, of options: NULL: not given; "": none */
	char	   *decimal;
	char	   *text_zone;		/* in which texts are read */
	char	   *findings;		/* JSON (reading/findings.h); NULL: none yet */
	char	   *mapping;		/* JSON object of header -> column name, or NULL */
	char	   *options;		/* JSON object of the options without a member here (profile/options.h), or NULL */
	const XlsxSource *content;	/* the file itself, when it is not in the store */
	int			source_count;	/* of an earlier attempt */
	uint32	   *source;			/* sheet column of each profile column, 0: none; NULL until an attempt has found the headers */
	Progress	progress;
} Task;

/*
 * The lock of a task. try_lock: returns false when another session has it. try_keep: keeps
 * workers from the task until the transaction ends; returns false when a worker is at it.
 */
extern bool queue_try_lock(int64 task);
extern void queue_unlock(int64 task);
extern bool queue_try_keep(int64 task);

/* The result of a look into the queue. */
typedef struct QueueClaim
{
	Task	   *task;			/* in the current memory context; NULL: none */
	bool		more;			/* a second worker may find a task, too */
	bool		held;			/* tasks wait until a worker leaves a role that has the most workers it may have */
	bool		limited;		/* tasks wait until another task ends, by xlsx.limit_tasks */
	bool		locked;			/* tasks are due, but a session holds their rows */
	bool		alone;			/* the login works for no other role */
} QueueClaim;

/*
 * The lock is a session lock, and SQL of a task could release it together with its own
 * (pg_advisory_unlock_all). So a transaction that runs such SQL holds the lock a second time, in
 * a way that SQL cannot end. Call queue_hold() at its beginning. Call queue_keep() before its
 * end, also before an abort: it takes the session's lock again. It ends the process when another
 * session has the task by then.
 */
extern void queue_hold(int64 task);
extern void queue_keep(int64 task);

/* Releases the lock, and all session locks that SQL of the task has left behind. */
extern void queue_unlock_all(void);

/*
 * Takes the next due task of a login role, in the current transaction: the task is locked,
 * PROCESSING, and its attempt counted. Tasks that have lost their worker come first, then those of
 * preferred owners (xlsx.prefer), then the other owners in turns. Does not wait for sessions that
 * hold a task. Ends tasks as FAILED that have lost too many workers in a row.
 */
extern void queue_claim(Oid login, QueueClaim *claim);

/* Lets other workers that claim under a limit on tasks wait for the end of this transaction. */
extern void queue_claim_alone(void);

/*
 * When the next task of this role is due that waits for its time; DT_NOEND when there is none.
 * The time may have been reached a moment ago.
 */
extern TimestampTz queue_next_due(Oid login);

/* Ends waits that would begin in the future: the clock was set back, and the tasks are due. */
extern void queue_end_waits(void);

/* Stores task->source for later attempts and for the report. found: header texts by profile column. */
extern void queue_save_source(const Task *task, TextList sheets, uint32 header_row, char *const *found, int count);

/* Stores what the headers leave open, as JSON arrays (profile/header_report.h), and notes on the sheet. */
extern void queue_save_headers(const Task *task, const char *missing, const char *unused, const char *duplicates,
							   const char *notes);

/* Adds one such note. row: of the sheet; 0: none. */
extern void queue_add_note(int64 task, const char *code, int32 row, const char *message);

/*
 * Ends a task as COMPLETED or HAS_ERRORS. Its file is not needed any more, but removing it takes
 * time, and the client that waits for the end should not wait for that.
 */
extern void queue_complete(Task *task);

/*
 * Keeps the table that the task saves into, for undo and delete, and what the user has to know of
 * it, or NULL: then the profile learns the name and the number that its target has now.
 */
extern void queue_save_target(int64 task, Oid target, const char *word);

/* Loads a task that runs in the caller's own transaction (xlsx.import). */
extern Task *queue_load(int64 id);

/* Ends a task as FAILED or CANCELLED. Its file and packets are kept for xlsx.retry until they expire. */
#define QUEUE_BAD_ROWS ERRCODE_DATA_EXCEPTION	/* error_code of a task that failed because rows of it have errors */
extern void queue_end(int64 task, TaskStatus status, const ErrorData *error);

/* The same, without those that start after it (after.h). */
extern void queue_end_one(int64 task, TaskStatus status, const ErrorData *error);

/*
 * Has a claimed task ended already? An interrupt may arrive when the transaction that ended it
 * has just committed. Then there is nothing left to do.
 */
extern bool queue_has_ended(int64 task);

/*
 * Ends an attempt. The task waits for the next one. Returns false when this was the last attempt.
 */
extern bool queue_postpone(const Task *task, const ErrorData *error);

/* Removes what VALIDATING stores for later phases: packets, and values that must be unique. */
extern void queue_remove_working_rows(int64 task);

/* Removes all rows that belong to deleted tasks. tasks: an array of bigint. */
extern void queue_remove_rows(Datum tasks);

/*
 * A running or waiting task has met a trouble that passes by itself and is nobody's fault. It
 * waits, and the attempt does not count. Each wait is as long as all before it since the last
 * batch that was committed, between 1 and 30 seconds. When their sum reaches pg_xlsx.patience, the
 * task ends as FAILED.
 */
extern void queue_wait_on(int64 task, const ErrorData *error);

/*
 * Ends an attempt that conflicted with another transaction. The task is due again at once, and
 * the attempt does not count.
 */
extern void queue_again(int64 task);

#endif							/* PG_XLSX_QUEUE_H */
