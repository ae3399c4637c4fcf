/*
 * waiting.h
 *	  The form in which a checked value waits to be saved (ColumnClass), and back.
 */
#ifndef PG_XLSX_WAITING_H
#define PG_XLSX_WAITING_H

#include "pg/pg_xlsx.h"

#include "profile/profile.h"

/* Value of a column that waits as text (COLUMN_OTHER), through its input function. */
extern Datum waiting_input(const ProfileColumn *column, Datum waiting);

/* A waiting value as text, in the current memory context. */
extern char *waiting_text(const ProfileColumn *column, Datum value);

#endif							/* PG_XLSX_WAITING_H */
