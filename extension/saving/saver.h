/*
 * saver.h
 *	  Checked rows into the target table, a batch at a time.
 *
 * The saver asks the probe what the target is, chooses a method (method.h), and asks
 * again before each batch, since the target may have been changed in between.
 *
 * A bad row never fails its batch: the batch is tried in a subtransaction.
 * After a failure the rows at fault are found (by looking each row up
 * before it is inserted, else by halving) and become error rows with one of
 * the codes unique, foreign_key, check, not_null, exclusion, not_found, rejected.
 * Errors that are no row's fault (no space, no rights, deadlock, ...) are raised.
 */
#ifndef PG_XLSX_SAVER_H
#define PG_XLSX_SAVER_H

#include "pg/pg_xlsx.h"

#include "kept/error_rows.h"
#include "kept/packet.h"
#include "saving/method.h"
#include "saving/save_task.h"

typedef struct Saver Saver;

/*
 * Lives in the current memory context, for many batches and transactions.  An error where
 * the current role lacks a right that the task needs (rights.h).
 */
extern Saver *saver_create(const SaveTask *task);

/*
 * Saves rows in the current transaction.  What it allocates for that lives in the
 * current memory context.  Returns how many rows were saved (inserted, updated or
 * unchanged), and adds to *counts what became of all rows without an error.  The others are in errors.
 */
extern int	saver_save(Saver *saver, const PacketRows *rows, SaveCounts *counts, ErrorRows *errors);

/* Empties the target, for MODE_REPLACE. Returns how many rows it had. */
extern int64 saver_empty(Saver *saver);

/*
 * For imports in one transaction: leaves the indexes of the target to
 * saver_index, where the method can do that and late_index_suspend does
 * not refuse; it takes removed and added.  Whether the profile
 * wants it is for the caller to know.
 */
extern bool saver_index_later(Saver *saver, int64 removed, int64 added);
extern void saver_index(Saver *saver);

/*
 * Can no row reach another server?  If one can, that server commits by
 * itself, and what this one loses in a crash would be there twice: commits must not be put off.  Ask after each saver_save.
 */
extern bool saver_is_local(const Saver *saver);

#endif							/* PG_XLSX_SAVER_H */
