/*
 * progress.h
 *	  How far a task is: counters, phase, events.
 *
 * The row of the task is the truth; what is written here goes out with the
 * transaction that does the work, and so do the events (events.h).  While the
 * import runs its place in shared memory (live.h) says more than the row.
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
	bool		validated;		/* all rows are in packets or error rows */
	int32		packets;		/* stored */
	int32		packets_saved;
	int32		packet_rows_saved;	/* of the next one */
	int64		inserted_rows;	/* saved_rows is the sum of these three */
	int64		updated_rows;
	int64		unchanged_rows;
	int64		skipped_rows;	/* neither saved nor an error */
	int64		warning_rows;

	/* Of this attempt */
	bool		entered;		/* a phase is under way */
	bool		promised;		/* saved_rows are in a transaction that keeps all or nothing */
	int64		refused_rows;	/* of error_rows: found bad while saving */
	bool		ahead;			/* a reader looks at the rows that are still to come, too: live.h */
	int64		before_rows;
	int64		before_errors;
	int64		own_rows;
	int64		own_open_rows;
	int64		own_errors;
	bool		among_looked;
	LiveImport	published;
	Live	   *live;
} Progress;

/* Before anything else, and after all else: takes a place in shared memory, and gives it back. */
extern void progress_begin(Progress *progress, const LiveTask *task);
extern void progress_end(Progress *progress);

/* Begins a phase at progress->percent: writes the row and sends the phase's first events, unless the reader has. */
extern void progress_enter(Progress *progress, Phase phase);

/*
 * Writes the counters.  The events of a phase's end are always sent, others
 * when pg_xlsx.progress_interval has passed since the last.
 */
extern void progress_save(Progress *progress);

/* Lets others see the counters, without the row and without events: cheap, and good in mid-transaction. */
extern void progress_publish(Progress *progress);

/* The same of the rows that the import had to look at itself: what it has saved of them is not committed yet. */
extern void progress_publish_own(Progress *progress);

/* The reader may have ended a phase: takes it over from live_state. */
extern void progress_follow(Progress *progress);

/* Has pg_xlsx.progress_interval passed since the last event? */
extern bool progress_is_due(const Progress *progress, TimestampTz now);

/* The end of a task: sends processing-completed with the total. */
extern void progress_completed(const Progress *progress);

/* The one event that ends a task, made from its row, which must be up to date. */
extern void progress_terminal(int64 task);

/* An attempt has failed and will be repeated. */
extern void progress_retrying(int64 task, int attempt, int64 delay_ms);

/*
 * Sends one event: {"taskId":..,"seq":..,<members>}; members is JSON without
 * its braces, may be "".  Returns seq.  The caller holds the row or will.
 */
extern int64 progress_emit(int64 task, const char *event, const char *members);

#endif							/* PG_XLSX_PROGRESS_H */
