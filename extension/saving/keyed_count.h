/*
 * keyed_count.h
 *	  What is counted: the result of the statement that saves by key, and what is read from it.
 */
#ifndef PG_XLSX_KEYED_COUNT_H
#define PG_XLSX_KEYED_COUNT_H

#include "pg/pg_xlsx.h"

#include "lib/stringinfo.h"
#include "saving/keyed.h"

/* Appends the SELECT that ends the statement. updates, inserts, holds: it has upd, ins, held. */
extern void keyed_result(StringInfo sql, const KeyedState *state, bool updates, bool inserts, bool holds);

/*
 * The functions below read the result from SPI_tuptable.
 */

/* The row of the batch at a place of the round, counted from 1, which SQL has returned. */
extern int	keyed_row_of_place(const Round *round, Datum place);

/* How many keys come twice in the round. */
extern int64 keyed_duplicates(void);

/* Were all rows updated that were to be? */
extern bool keyed_all_updated(void);

/*
 * Counts what became of the rows, marks those that mode update has not found and new ones that
 * lack a value, and keeps what xlsx.undo needs. Returns the number of rows that were gone when they
 * were to be locked or looked at again, and writes their places in the batch to gone.
 */
extern int	keyed_count(KeyedState *state, const Round *round, SaveOutcome *outcome, int *gone);

#endif							/* PG_XLSX_KEYED_COUNT_H */
