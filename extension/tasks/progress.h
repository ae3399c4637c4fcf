/*
 * progress.h
 *	  The progress of a task: counters, phase, events.
 *
 * The row of the task is authoritative. It is written in the transaction that does the work, and
 * events go out with it (events.h). While the import runs, its place in shared memory (live.h) is
 * further than the row.
 */
#ifndef PG_XLSX_PROGRESS_H
#define PG_XLSX_PROGRESS_H

#include "pg/pg_xlsx.h"

#include "datatype/timestamp.h"
#include "tasks/live.h"

typedef struct Progress
{
	int64		task;
	Phase		phase;
	int			percent;		/* of the phase, 0 to 100 */
	int64		total_rows;
	int64		validated_rows;
	int64		error_rows;
	int64		saved_rows;
	int64		cursor_row;		/* last sheet row whose outcome is committed */
	bool		validated;		/* each row is in a packet or is an error row */
	int32		packets;		/* stored */
	int32		packets_saved;
	int32		packet_rows_saved;	/* of the next one */
	int64		inserted_rows;	/* saved_rows is the sum of these four */
	int64		updated_rows;
	int64		unchanged_rows;
	int64		deleted_rows;
	int64		absent_rows;	/* of the target, which the file lacks: in no sum */
	int64		skipped_rows;	/* neither saved nor an error */
	int64		warning_rows;

	/* Of this attempt */
	bool		entered;		/* a phase has begun */
	bool		promised;		/* saved_rows are in a transaction that may still be rolled back as a whole */
	int64		refused_rows;	/* of error_rows: refused by the target */
	bool		ahead;			/* a reader judges rows ahead, too (live.h) */
	int64		before_rows;
	int64		before_errors;
	int64		own_rows;
	int64		own_open_rows;
	int64		own_errors;
	bool		among_looked;
	LiveImport	published;
	Live	   *live;
} Progress;

/*
 * progress_begin comes before everything else and takes a place in shared memory; progress_end
 * comes last and gives it back.
 */
extern void progress_begin(Progress *progress, const LiveTask *task);
extern void progress_end(Progress *progress);

/*
 * Begins a phase at progress->percent: writes the row, and sends the first events of the phase
 * unless the reader has done so.
 */
extern void progress_enter(Progress *progress, Phase phase);

/*
 * Writes the counters. Events at the end of a phase are always sent, others when
 * pg_xlsx.progress_interval has passed since the last one.
 */
extern void progress_save(Progress *progress);

/*
 * Publishes the counters without writing the row or sending events. It is cheap, and may be
 * called in the middle of a transaction.
 */
extern void progress_publish(Progress *progress);

/* The same for rows that the import had to judge itself. What it has saved of them is not committed yet. */
extern void progress_publish_own(Progress *progress);

/* Takes the phase over from live_state, since the reader may have ended one. */
extern void progress_follow(Progress *progress);

/* Has pg_xlsx.progress_interval passed since the last event? */
extern bool progress_is_due(const Progress *progress, TimestampTz now);

/* At the end of a task: sends processing-completed with the total. */
extern void progress_completed(const Progress *progress);

/* A retried task has entered the queue: listeners may read its state again, whose number is a new one. */
extern void progress_queued_again(int64 task);

/* Sends the event that ends a task, made from its row, which must be up to date. */
extern void progress_terminal(int64 task);

/* Sends the event of a task whose row is about to be deleted, which the caller has locked. */
extern void progress_deleted(int64 task);

/* Sends the same of a task whose row was deleted in this transaction; seq is the last number of its events. */
extern void progress_swept(int64 task, int64 seq);

/* Sends the event of a task whose rows were undone, made from its row. */
extern void progress_undone(int64 task);

/* Sends the event of an attempt that has failed and will be repeated. */
extern void progress_retrying(int64 task, int attempt, int64 delay_ms);

/*
 * Sends one event: {"taskId":..,"seq":..,<members>}. members is JSON without its braces, and may
 * be "". Returns seq. The caller holds a lock on the task's row, or will.
 */
extern int64 progress_emit(int64 task, const char *event, const char *members);

#endif							/* PG_XLSX_PROGRESS_H */
