/*
 * keyed_tell.h
 *	  What is kept of each row that is saved by key: its action, the columns to return or the key,
 *	  and the columns that changed.
 *
 * All SQL texts are "" when the task keeps no rows.
 */
#ifndef PG_XLSX_KEYED_TELL_H
#define PG_XLSX_KEYED_TELL_H

#include "pg/pg_xlsx.h"

#include "lib/stringinfo.h"
#include "saving/keyed.h"

/* Further columns of the parts of the statement: looked, held, upd, ins. found: SQL of the column of looked. */
extern const char *keyed_told_look(const KeyedState *state, const char *found);
extern const char *keyed_told_old(const KeyedState *state);
extern const char *keyed_told_update(const KeyedState *state, bool holds);
extern const char *keyed_told_insert(const KeyedState *state);

/* Appends further columns of the result. updates, inserts: the statement has upd, ins. */
extern void keyed_told_result(StringInfo sql, const KeyedState *state, bool updates, bool inserts);

/*
 * Sets the fates of the rows of a round from SPI_tuptable. Rows that mode update has not found, and
 * those that are gone, get none. fates NULL: nothing is kept.
 */
extern void keyed_tell(const KeyedState *state, const Round *round, RowFates *fates);

#endif							/* PG_XLSX_KEYED_TELL_H */
