/*
 * live.h
 *	  What is known of the imports that run, in shared memory.
 *
 * An import takes a place, publishes its counts there, and gives the place
 * back; its reading process adds what it has looked at.  Everybody else reads.
 * Places are the source of xlsx.progress, of what REST and snapshots say of a
 * running task, and of the numbers of its events.  Nothing here outlives the
 * server: what must be kept is in the row of the task.
 *
 * With shared_preload_libraries there is a place for each process.  Without,
 * there are LIVE_FEW; an import that finds none has a place in its own memory,
 * which nobody else sees.
 */
#ifndef PG_XLSX_LIVE_H
#define PG_XLSX_LIVE_H

#include "pg/pg_xlsx.h"

#include "datatype/timestamp.h"
#include "tasks/task_status.h"

#define LIVE_FEW 24

#define LIVE_PROFILE_BYTES	128
#define LIVE_FILE_BYTES		256

/* Events of an attempt, which the claim sets aside in the row of the task: task.seq is the last of them. */
#define LIVE_EVENTS (INT64CONST(1) << 20)

/* Who imports what. */
typedef struct LiveTask
{
	int64		task;
	Oid			owner;
	int			attempt;
	bool		inside;			/* in its caller's transaction */
	const char *profile;
	const char *file_name;
	int64		seq;			/* of the last event before this attempt */
} LiveTask;

/* What the import itself says. */
typedef struct LiveImport
{
	Phase		phase;
	int			percent;		/* of the phase, where no reader looks at rows ahead */
	int64		total_rows;
	int64		validated_rows; /* whose outcome is known to the import */
	int64		error_rows;
	int64		saved_rows;
	int64		handled_rows;	/* saved, or left out on purpose */
	int64		refused_rows;	/* of error_rows: found bad while saving, in this attempt */
	bool		promised;		/* saved_rows are in a transaction that keeps all or nothing */
	bool		validated;		/* all rows are known */

	/* Of an import whose reader looks at rows ahead. */
	bool		ahead;
	int64		before_rows;	/* known before this attempt */
	int64		before_errors;
	int64		own_rows;		/* that the import had to look at itself, in this attempt */
	int64		own_open_rows;	/* of them: after the reader had begun to look at rows */
	int64		own_errors;		/* of own_rows */
	int64		written_rows;	/* handled, committed or not */
	bool		among_looked;	/* it has come to rows that the reader has looked at */
} LiveImport;

/* What the reading process says. */
typedef struct LiveReader
{
	int64		judged_rows;
	int64		error_rows;		/* of judged_rows */
	int64		open_rows;		/* that the import has to look at */
	int			percent;		/* of the sheet, read */
	bool		ended;			/* the sheet is read to its end */
} LiveReader;

/* What the last event said. */
typedef struct LiveSent
{
	Phase		phase;
	int			percent;
	int64		rows;			/* validated or saved */
	TimestampTz at;
	bool		closed;			/* the attempt is over: no more events */
} LiveSent;

/* How far the import is, made of all that: what events, views and REST say. */
typedef struct LiveState
{
	Phase		phase;
	int			percent;		/* of the phase: never falls, 100 once the phase is over */
	int			job;			/* percent of the whole */
	int64		total_rows;
	int64		validated_rows;
	int64		error_rows;
	int64		invalid_rows;	/* of error_rows: found bad by looking at them */
	int64		saved_rows;
	bool		committed;		/* false: saved_rows are a promise */
	int64		written_rows;	/* of VALIDATING, where rows are saved meanwhile: written, not committed yet; -1: they are not */
} LiveState;

typedef struct Live Live;

/* Called by _PG_init while libraries are preloaded. */
extern void live_init(void);

/* Takes a place, until live_release or the end of the process. */
extern Live *live_take(const LiveTask *task);
extern void live_release(Live *live);

/* By these another process finds the place, and knows that it is still this import's. The number is -1 when it cannot. */
extern int	live_number(const Live *live);
extern uint64 live_turn(const Live *live);

/* The place of a running task of this database; NULL: there is none, or not any more. */
extern Live *live_find(int64 task);
extern Live *live_at(int number, uint64 turn);
extern bool live_is_at(Live *live, uint64 turn);

/* Each writes its part; the readers see it whole. */
extern void live_publish_import(Live *live, const LiveImport *import);
extern void live_publish_reader(Live *live, uint64 turn, const LiveReader *reader);

/* Under the lock of progress.c. */
extern LiveSent live_sent(Live *live);
extern void live_note_sent(Live *live, const LiveSent *sent);

extern LiveState live_state(Live *live);

/* Has the reader ended while the import has still to look at rows? */
extern bool live_waits_for_import(Live *live);

/* The next number of an event; 0 when only those are left that the end needs, and this one is optional. */
extern int64 live_next_seq(Live *live, bool optional);

#endif							/* PG_XLSX_LIVE_H */
