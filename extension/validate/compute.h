/*
 * compute.h
 *	  Transformations and lookups of a batch, by one query.
 *
 * A transformation is an SQL expression over the row's texts; a lookup is a
 * query of two columns, text and value, that runs once for all texts of the
 * batch. The result is text again, and is checked like the text of a cell.
 */
#ifndef PG_XLSX_COMPUTE_H
#define PG_XLSX_COMPUTE_H

#include "pg/pg_xlsx.h"

#include "check/judge.h"

typedef struct Compute Compute;

/* NULL if the profile has nothing to compute. Lives in the current memory context. */
extern Compute *compute_create(const JudgeTask *task, Judge *judge);

/* Gives a row the texts that SQL sees, in the current memory context: call it for each row before compute_run. */
extern void compute_take(const Compute *compute, JudgedRow *row);

/* Writes the results to the texts of the rows. A row whose expression throws gets a violation. */
extern void compute_run(Compute *compute, JudgedRow *rows, int count);

#endif							/* PG_XLSX_COMPUTE_H */
