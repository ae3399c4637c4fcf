/*
 * keyed_write.h
 *	  What is written to the target: the parts of the statement that update and insert rows.
 */
#ifndef PG_XLSX_KEYED_WRITE_H
#define PG_XLSX_KEYED_WRITE_H

#include "pg/pg_xlsx.h"

#include "lib/stringinfo.h"
#include "saving/keyed.h"

/*
 * Which columns an update changes, by profile column: those that the sheet has, without the key.
 * When the profile names columns to update, only those. source NULL: a sheet with all columns.
 * Allocated in the current memory context.
 */
extern bool *keyed_updated_columns(const Profile *profile, const uint32 *source, const bool *is_key);

/* On which condition "t" would change when it is updated from "g". "false": never. */
extern char *keyed_difference(const KeyedState *state);

/* All columns of a row "t" of the target as a jsonb of texts, by name. xlsx.undo compares and restores them. */
extern char *keyed_row_texts(const Profile *profile);

/* On which condition "g" has no value for a column that a new row must have. "false": never. */
extern char *keyed_lack(const KeyedState *state);

/* The same of one row and one column of a batch. */
extern bool keyed_lacks(const ProfileColumn *column, const PacketRows *rows, int row, int i);

/*
 * Appends ", held AS (...), upd AS (...)"; held only in the form with locks. match is that of
 * keyed_same_key.
 */
extern void keyed_update(StringInfo sql, const KeyedState *state, bool holds, const char *target, const char *match);

/* Appends ", ins AS (...)": inserts the rows of looked that were not found and lack nothing. */
extern void keyed_insert(StringInfo sql, const KeyedState *state, const char *target);

#endif							/* PG_XLSX_KEYED_WRITE_H */
