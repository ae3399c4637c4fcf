/*
 * state.h
 *	  One import on its way, as the files import*.c share it.
 */
#ifndef PG_XLSX_IMPORT_STATE_H
#define PG_XLSX_IMPORT_STATE_H

#include "pg/pg_xlsx.h"

#include "kept/error_rows.h"
#include "profile/profile.h"
#include "reading/rows.h"
#include "saving/saver.h"
#include "tables/role_sql.h"
#include "tasks/progress.h"
#include "tasks/queue.h"
#include "validate/validator.h"

/* Nobody knows yet how long the target takes, or SQL that judges rows; a small file shows no difference. */
#define IMPORT_SMALL_ROWS 10000
#define IMPORT_FIRST_BATCH_ROWS 100

typedef struct Import
{
	Task	   *task;
	Progress   *progress;		/* of the task */
	bool		inside;			/* in the caller's transaction */
	MemoryContext context;		/* as long as the import */
	MemoryContext book_context; /* the workbook; deleted before SAVING */
	MemoryContext batch_context;	/* reset after each batch */
	Profile    *profile;
	XlsxBook   *book;
	SheetRows  *rows;
	uint32		header_row;
	JudgeTask	judging;		/* what the validator works on */
	const uint32 *source;		/* sheet column of each profile column, 0: none */
	Validator  *validator;
	const XlsxRow *ahead;		/* read already, for the next batch; NULL at the end */
	TimestampTz step_began;
	int			step_batches;	/* in the step at hand */
	RoleSql		sql;			/* of the step at hand: all that it does is done as the task's owner */
	bool		durable;		/* the step at hand is to commit as the submitter's own transactions do */
	ErrorRows	errors;			/* of SAVING */
	SaveTask	save;
	Saver	   *saver;
	Reader	   *reader;			/* a second process, which reads and tells; NULL: none, so far */
	bool		sender_tried;	/* to start one that only tells */
	bool		early;			/* rows are saved as soon as they are checked */
	bool		concluded;		/* the task has ended, or does so with the step at hand */
	bool		kept_whole;		/* no commit may come before the sheet is known to be whole */
	int			batch_rows;		/* most rows that are saved at once: fewer where the target takes long, so that bars do not stand */
	int			judged_rows;	/* the same of rows that are judged at once */
} Import;

/*
 * Steps (import/step.c).  A transaction each; all but the last commit
 * asynchronously: rows and progress are in one commit, so a crash loses both
 * or none.  Where rows reach another server they commit synchronously.  In a caller's transaction a step is a command of it.
 *
 * Between begin and end the current memory context is batch_context.
 */
extern void import_step_begin(Import *import);

/* Has the step lasted long enough, or is an event due? */
extern bool import_step_is_full(const Import *import);

/* The next batch of the step, with a snapshot that sees those before; batch_context is reset. */
extern void import_step_next_batch(Import *import);
extern void import_step_end(Import *import);

/* More or fewer rows for the next batch, by the time that this one took. */
extern void import_adapt_batch(int *rows, TimestampTz began);

/* A step of its own that tells of a phase and its percent. */
extern void import_enter_phase(Import *import, Phase phase, int percent);

/* More error rows than the task allows? */
extern bool import_is_over_limit(const Import *import);

/* The bytes of the workbook; what stands behind them lives in the context. */
extern void import_open_source(const Import *import, XlsxSource *source, MemoryContext context);

/* VALIDATING (import/validate_phase.c): from the header row, or where an earlier attempt stopped, to the end of the sheet or the limit. */
extern void import_validate_rows(Import *import);

/*
 * Within a step: ends the task, as COMPLETED or HAS_ERRORS, or as FAILED where its rows will not do.  What
 * saves all rows in one go ends the task with them, so that no attempt does it again.
 */
extern void import_conclude(Import *import);

/* SAVING (import/save_phase.c): what VALIDATING has not saved already. */
extern void import_save_rows(Import *import);

/* Might rows be saved before all are checked?  Only where each stands for itself. Within a step. */
extern bool import_may_save_early(const Import *import);

/* Does the task save in a transaction that stays open? */
extern bool import_is_in_one_go(const Task *task);

/* Where the events of the import go. Within a step. */
extern EventsTo import_events_to(const Import *import);

/* Within a step; import->saver lasts until the end. */
extern void import_create_saver(Import *import);

/* In a transaction that saves: constraints that wait for its end would name no row, so none waits; but a caller's transaction is his own. */
extern void import_hurry_constraints(const Import *import);

/* Saves the rows of a packet, counts them, and stores the errors of those that the target refused: import->errors. */
extern void import_save_packet(Import *import, bytea *packet);

/* Does the mode keep all rows or none? */
extern bool import_wants_all(const Task *task);

#endif							/* PG_XLSX_IMPORT_STATE_H */
