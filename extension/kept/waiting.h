/*
 * waiting.h
 *	  The form in which a checked value waits to be saved (ColumnClass).
 */
#ifndef PG_XLSX_WAITING_H
#define PG_XLSX_WAITING_H

#include "pg/pg_xlsx.h"

#include "profile/profile.h"

/* Converts a value that waits as text (COLUMN_OTHER) to its type, with the type's input function. */
extern Datum waiting_input(const ProfileColumn *column, Datum waiting);

/* Returns a waiting value as text, in the current memory context. */
extern char *waiting_text(const ProfileColumn *column, Datum value);

#endif							/* PG_XLSX_WAITING_H */
