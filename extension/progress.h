/*
 * progress.h
 *	  How far a task is: counters, phase, events.
 *
 * The row of the task is the truth; what is written here goes out with the
 * transaction that does the work, and so do the events (NOTIFY, payload
 * "<task id> <event> <JSON object>", on the channel that xlsx.listen knows).
 */
#ifndef PG_XLSX_PROGRESS_H
#define PG_XLSX_PROGRESS_H

#include "pg_xlsx.h"

#include "datatype/timestamp.h"

typedef enum Phase
{
	PHASE_LOADING_WORKBOOK,
	PHASE_VALIDATING_HEADERS,
	PHASE_VALIDATING,
	PHASE_SAVING
} Phase;

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
	int64		inserted_rows;	/* saved_rows is the sum of these three */
	int64		updated_rows;
	int64		unchanged_rows;
	int64		skipped_rows;	/* neither saved nor an error */
	int64		warning_rows;
	bool		entered;		/* a phase is under way in this attempt */
	TimestampTz last_event;
} Progress;

/* Begins a phase at progress->percent: writes the row and sends the phase's first events. */
extern void progress_enter(Progress *progress, Phase phase);

/*
 * Writes the counters.  The event of a phase's 100 is always sent, others
 * when pg_xlsx.progress_interval has passed since the last.
 */
extern void progress_save(Progress *progress);

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
