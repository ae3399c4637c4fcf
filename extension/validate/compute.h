/*
 * compute.h
 *	  Transformations and lookups of a batch, by one query.
 *
 * A transformation is an SQL expression over the row's texts; a lookup is a
 * query of two columns, text and value, that is asked once for all texts of
 * the batch.  What comes out is text again, and is checked like a cell's.
 */
#ifndef PG_XLSX_COMPUTE_H
#define PG_XLSX_COMPUTE_H

#include "pg/pg_xlsx.h"

#include "validate/stage.h"

typedef struct Compute Compute;

/* NULL when the profile has nothing to compute. Lives in the current memory context. */
extern Compute *compute_create(const StageTask *task);

/* Writes what was computed to the texts of the rows; a row whose expression throws gets a violation. */
extern void compute_run(Compute *compute, StageRow *rows, int count);

/* Is the column computed? */
extern bool compute_has(const ProfileColumn *column);

/* Do expressions see the sheet's other columns? Only if nobody else is called "extra". */
extern bool compute_sees_extra(const Profile *profile);

#endif							/* PG_XLSX_COMPUTE_H */
