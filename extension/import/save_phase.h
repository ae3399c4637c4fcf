/*
 * save_phase.h
 *	  SAVING: packets become rows of the target, batch by batch or in one go.
 *
 * Order of calls: import_saving_create, then import_save_rows; where rows are saved in the phase VALIDATING
 * already, import_saving_open, and for each batch import_make_constraints_immediate and import_save_packet, come before that.
 */
#ifndef PG_XLSX_IMPORT_SAVE_PHASE_H
#define PG_XLSX_IMPORT_SAVE_PHASE_H

#include "pg/pg_xlsx.h"

#include "import/state.h"
#include "reading/reader.h"

typedef struct ImportSaving ImportSaving;

/*
 * Lives in the current memory context.  source: sheet column of each profile column, 0: none; must live as long.
 * sender: the process that reads the sheet and sends events, or NULL.
 */
extern ImportSaving *import_saving_create(Import *import, const uint32 *source, Reader *sender);

/* Does the task save in one transaction that stays open? */
extern bool import_is_in_one_go(const Task *task);

/* Might rows be saved before all are checked, as far as SAVING is concerned?  Only where each stands for itself. Within a step. */
extern bool import_may_save_early(const ImportSaving *saving);

/* Makes the saver, unless there is one, for batches of so many rows at first.  Within a step. */
extern void import_saving_open(ImportSaving *saving, int first_rows);

/*
 * Within a step that saves: makes deferred constraints immediate, because at commit their error could not name a
 * row.  Leaves a caller's own transaction alone.
 */
extern void import_make_constraints_immediate(const Import *import);

/* How many rows are to be saved at once: fewer where the target takes long, so that bars do not stand. */
extern int	import_saving_batch_rows(const ImportSaving *saving);

/* Saves the rows of a packet, counts them, and stores the errors of those that the target refused; returns how many these are. */
extern int	import_save_packet(ImportSaving *saving, bytea *packet);

/* The phase: saves what VALIDATING has not saved already.  True when it has ended the task (end.h), with its rows. */
extern bool import_save_rows(ImportSaving *saving);

#endif							/* PG_XLSX_IMPORT_SAVE_PHASE_H */
