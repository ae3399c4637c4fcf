/*
 * saver.h
 *	  Saves checked rows into the target table, one batch at a time.
 *
 * The saver probes the target and chooses a method (method.h). It does so again before a batch
 * when the target has changed.
 *
 * A bad row never fails its batch, because the batch is tried in a subtransaction. After a
 * failure the rows at fault are found, by checking each row before it is inserted or by halving.
 * They become error rows with one of the codes unique, foreign_key, check, not_null, exclusion,
 * not_found, rejected. An error that is not caused by a row (no space, no rights, deadlock, ...)
 * is raised.
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
 * Lives in the current memory context, for many batches and transactions. Raises an error when
 * the current role lacks a right that the task needs (rights.h).
 */
extern Saver *saver_create(const SaveTask *task);

/*
 * Saves rows in the current transaction. Temporary memory comes from the current memory context.
 * Returns how many rows were saved: inserted, updated or unchanged. Adds to *counts what became
 * of all rows without an error. The rows at fault are in errors. fates: NULL unless the task keeps
 * rows; else row_fates_begin was called for the rows, and the others get their fate.
 */
extern int	saver_save(Saver *saver, const PacketRows *rows, SaveCounts *counts, ErrorRows *errors, RowFates *fates);

/*
 * Keeps all other writers from the target until the transaction ends, for a mode that empties it:
 * rows that another session committed after that would stay beside the new ones. Call it before
 * the transaction takes a weaker lock on the target: two transactions that both want a stronger
 * one would wait for each other.
 */
extern void saver_hold_target(Oid target);

/* Empties the target, for a mode that does so. Returns how many rows it had. */
extern int64 saver_empty(Saver *saver);

/* How many rows the current role sees in the target. */
extern int64 saver_count_rows(const Saver *saver);

/*
 * For imports in one transaction: suspends the indexes of the target until saver_index. Returns
 * false when the method cannot do that, or late_index_suspend refuses; removed and added are its
 * arguments. The caller has to know whether the profile allows it.
 */
extern bool saver_index_later(Saver *saver, int64 removed, int64 added);
extern void saver_index(Saver *saver);

/*
 * False when rows can reach another server. That server commits on its own, so rows that this
 * server loses in a crash would be saved twice: its commits must not be delayed. Ask again after
 * each saver_save.
 */
extern bool saver_is_local(const Saver *saver);

#endif							/* PG_XLSX_SAVER_H */
