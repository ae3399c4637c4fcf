/*
 * live.h
 *	  The state of running imports, in shared memory.
 *
 * An import takes a place, publishes its counts there, and gives the place back. Its reading
 * process adds the rows that it has judged. All other processes only read. xlsx.progress, REST
 * and snapshots report a running task from its place, and its events get their numbers there.
 * Places do not outlive the server: what must be kept is in the row of the task.
 *
 * With shared_preload_libraries there is a place for each process. Without it there are LIVE_FEW
 * places. An import that finds none free has a place in its own memory, which no other process
 * sees.
 */
#ifndef PG_XLSX_LIVE_H
#define PG_XLSX_LIVE_H

#include "pg/pg_xlsx.h"

#include "datatype/timestamp.h"
#include "tasks/task_status.h"

#define LIVE_FEW 24

#define LIVE_PROFILE_BYTES	128
#define LIVE_FILE_BYTES		256

/*
 * The numbers of events that an attempt may use. The claim sets them aside: task.seq in the row
 * is the last of them.
 */
#define LIVE_EVENTS (INT64CONST(1) << 20)

/* Which task runs, and for whom. */
typedef struct LiveTask
{
	int64		task;
	Oid			owner;
	const char *tenant;
	int			attempt;
	bool		inside;			/* in the transaction of its caller */
	const char *profile;
	const char *file_name;
	int64		seq;			/* of the last event before this attempt */
} LiveTask;

/* What the import publishes. */
typedef struct LiveImport
{
	Phase		phase;
	int			percent;		/* of the phase; only when no reader judges rows ahead */
	int64		total_rows;
	int64		validated_rows; /* rows whose outcome is known to the import */
	int64		error_rows;
	int64		saved_rows;
	int64		handled_rows;	/* saved, or left out without an error */
	int64		refused_rows;	/* of error_rows: refused by the target, in this attempt */
	bool		promised;		/* saved_rows are in a transaction that may still be rolled back as a whole */
	bool		validated;		/* the outcome of all rows is known */

	/* For an import whose reader judges rows ahead. */
	bool		ahead;
	int64		before_rows;	/* known before this attempt began */
	int64		before_errors;
	int64		own_rows;		/* that the import had to judge itself, in this attempt */
	int64		own_open_rows;	/* of them: read after the reader had begun to judge rows */
	int64		own_errors;		/* of own_rows */
	int64		written_rows;	/* written to the target, committed or not */
	bool		among_looked;	/* the import has reached rows that the reader has judged */
} LiveImport;

/* What the reading process publishes. */
typedef struct LiveReader
{
	int64		judged_rows;
	int64		error_rows;		/* of judged_rows */
	int64		open_rows;		/* that the reader has left to the import */
	int			percent;		/* of the sheet, read */
	bool		ended;			/* the whole sheet has been read */
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

/* The state of an import, calculated from all of the above. Events, views and REST report it. */
typedef struct LiveState
{
	Phase		phase;
	int			percent;		/* of the phase: never falls, 100 when the phase is over */
	int			job;			/* percent of the whole task */
	int64		total_rows;
	int64		validated_rows;
	int64		error_rows;
	int64		invalid_rows;	/* of error_rows: found bad by judging them */
	int64		saved_rows;
	bool		committed;		/* false: saved_rows may still be rolled back */
	int64		written_rows;	/* of VALIDATING, when rows are saved meanwhile: written, not committed yet; otherwise -1 */
} LiveState;

typedef struct Live Live;

/* Called by _PG_init while libraries are preloaded. */
extern void live_init(void);

/* Takes a place, until live_release or the end of the process. */
extern Live *live_take(const LiveTask *task);
extern void live_release(Live *live);

/*
 * With these, another process finds the place and knows that the same import still uses it. The
 * number is -1 when other processes cannot find it.
 */
extern int	live_number(const Live *live);
extern uint64 live_turn(const Live *live);

/* The place of a running task of this database; NULL when there is none, or none any more. */
extern Live *live_find(int64 task);
extern Live *live_at(int number, uint64 turn);
extern bool live_is_at(Live *live, uint64 turn);

/* Each publishes one part. A reader of the place sees each part complete. */
extern void live_publish_import(Live *live, const LiveImport *import);
extern void live_publish_reader(Live *live, uint64 turn, const LiveReader *reader);

/* Under the lock of progress.c. */
extern LiveSent live_sent(Live *live);
extern void live_note_sent(Live *live, const LiveSent *sent);

extern LiveState live_state(Live *live);

/* Has the reader finished while the import still has rows to judge? */
extern bool live_waits_for_import(Live *live);

/*
 * The next number of an event. Returns 0 when this event is optional and the remaining numbers
 * are reserved.
 */
extern int64 live_next_seq(Live *live, bool optional);

#endif							/* PG_XLSX_LIVE_H */
