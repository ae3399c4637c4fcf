/*
 * state.h
 *	  What the parts of one import share.
 *
 * An import is five machines, each with a header and fields of its own:
 *
 *	  step.h			the transactions in which all the others work
 *	  read_phase.h		LOADING_WORKBOOK and VALIDATING_HEADERS: the workbook, its rows, the header row
 *	  validate_phase.h	VALIDATING: rows become packets and error rows, or are saved at once
 *	  save_phase.h		SAVING: packets become rows of the target
 *	  end.h				what the task ends as
 *
 * import.c runs them one after the other.
 */
#ifndef PG_XLSX_IMPORT_STATE_H
#define PG_XLSX_IMPORT_STATE_H

#include "pg/pg_xlsx.h"

#include "import/step.h"
#include "profile/profile.h"
#include "saving/absent.h"
#include "tasks/events.h"
#include "tasks/progress.h"
#include "tasks/queue.h"

/*
 * Rows of the first batch where the target, or SQL that judges rows, may be slow. After it,
 * import_adapt_batch finds the number for the next batch.
 */
#define IMPORT_FIRST_BATCH_ROWS 100

typedef struct Import
{
	Task	   *task;
	Progress   *progress;		/* of the task */
	bool		inside;			/* in the caller's transaction */
	MemoryContext context;		/* as long as the import */
	MemoryContext batch_context;	/* current during a step; reset after each batch */
	Profile    *profile;		/* NULL until a step has loaded it */
	AbsentResult absent;		/* what absent_phase.h found out; rows is 0 before */
	char	   *refusal;		/* why the task keeps none of its rows, whatever they are; NULL: nothing speaks against it */
	const char *refusal_hint;
	ImportStep	step;			/* belongs to step.c */
} Import;

/* Sets *rows for the next batch, by the time since began. */
extern void import_adapt_batch(int *rows, TimestampTz began);

/* Begins a phase at a percent, and sends its events, in a step of its own. */
extern void import_enter_phase(Import *import, Phase phase, int percent);

/* Loads import->profile, and sets the options that the task does not have from the profile. Within a step. */
extern void import_load_profile(Import *import);

/* Where the events of the import go. Within a step. */
extern EventsTo import_events_to(const Import *import);

#endif							/* PG_XLSX_IMPORT_STATE_H */
