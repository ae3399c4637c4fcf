/*
 * tell.h
 *	  What is kept of each row beside its action: the columns to return, or the key, and the
 *	  columns that changed.
 */
#ifndef PG_XLSX_SAVING_TELL_H
#define PG_XLSX_SAVING_TELL_H

#include "pg/pg_xlsx.h"

#include "executor/tuptable.h"
#include "kept/packet.h"
#include "kept/row_fates.h"
#include "saving/save_task.h"

typedef struct Tell Tell;

/*
 * Lives in the current memory context; NULL when the task keeps no rows. Raises an error when a
 * column to return is missing in the target.
 */
extern Tell *tell_create(const SaveTask *task);

/* Are there columns to return? */
extern bool tell_returns(const Tell *tell);

/* SQL text: an object of the columns to return of a row of the target, as text; NULL when there are none. */
extern char *tell_returned_sql(const Tell *tell, const char *row);

/* The same from a row that was inserted without SQL, for a row of the batch. */
extern void tell_slot(Tell *tell, TupleTableSlot *slot, RowFates *fates, int row);

/* When there are no columns to return: the values of the key in the file, for rows that have an action. */
extern void tell_keys(Tell *tell, const PacketRows *rows, RowFates *fates);

/* SQL text: the JSON of the given columns of a row of the target, as text[], by profile column. */
extern char *tell_values_sql(const Profile *profile, const bool *columns, const char *row);

/* Sets old and new of a row of the batch, from two such arrays, whose texts are NULL for null. */
extern void tell_changes(const Profile *profile, const bool *columns, const Datum *old, const bool *old_nulls,
						 const Datum *new, const bool *new_nulls, RowFates *fates, int row);

#endif							/* PG_XLSX_SAVING_TELL_H */
