/*
 * dues.h
 *	  When the launcher has databases swept. There may be any number of them.
 */
#ifndef PG_XLSX_DUES_H
#define PG_XLSX_DUES_H

#include "pg/pg_xlsx.h"

#include "datatype/timestamp.h"

/* An earlier time that was noted for the database stays. */
extern void dues_note(Oid database, TimestampTz when);

/* Takes one whose time has come; false when there is none. */
extern bool dues_take(TimestampTz now, Oid *database);

extern TimestampTz dues_next(void); /* DT_NOEND when nothing is due */

#endif							/* PG_XLSX_DUES_H */
