/*
 * save_phase.h
 *	  SAVING: packets become rows of the target, batch by batch or in one go.
 *
 * Order of calls: import_saving_create, then import_save_rows. Where VALIDATING saves rows
 * already, it calls import_saving_open first, then, for each batch,
 * import_make_constraints_immediate and import_save_packet.
 */
#ifndef PG_XLSX_IMPORT_SAVE_PHASE_H
#define PG_XLSX_IMPORT_SAVE_PHASE_H

#include "pg/pg_xlsx.h"

#include "import/state.h"
#include "reading/reader.h"

typedef struct ImportSaving ImportSaving;

/*
 * Lives in the current memory context.  The columns of the sheet are known: task->source.
 * sender: the process that reads the sheet and sends events, or NULL.
 */
extern ImportSaving *import_saving_create(Import *import, Reader *sender);

/* Does the task save in one transaction that stays open? */
extern bool import_is_in_one_go(const Task *task);

/*
 * May rows be saved before all are checked, as far as SAVING is concerned? Only in modes that
 * save each row independently. Within a step.
 */
extern bool import_may_save_early(const ImportSaving *saving);

/* Makes the saver, unless there is one. The first batches have first_rows rows. Within a step. */
extern void import_saving_open(ImportSaving *saving, int first_rows);

/*
 * Within a step that saves: makes deferred constraints immediate, because at commit their error could not name a
 * row.  Leaves a caller's own transaction alone.
 */
extern void import_make_constraints_immediate(const Import *import);

/*
 * The most rows to save at once. There are fewer when the target takes long, so that progress
 * bars keep moving.
 */
extern int	import_saving_batch_rows(const ImportSaving *saving);

/*
 * Saves the rows of a packet, counts them, and stores error rows for those that the target
 * refused. Returns the number of refused rows.
 */
extern int	import_save_packet(ImportSaving *saving, bytea *packet);

/*
 * The phase. Saves what VALIDATING has not saved already. Returns true when it has ended the task
 * too (end.h), in the transaction of its rows.
 */
extern bool import_save_rows(ImportSaving *saving);

#endif							/* PG_XLSX_IMPORT_SAVE_PHASE_H */
