/*
 * place.h
 *	  Where a worker is, for the server's log.
 *
 * While a place is entered, whatever the server logs of this process (errors,
 * warnings and notices of triggers, the end of the process) has a context line
 * that names the task, the profile, the file and, where they are known, the sheet rows at hand.
 */
#ifndef PG_XLSX_PLACE_H
#define PG_XLSX_PLACE_H

#include "pg/pg_xlsx.h"

/* The strings belong to the caller and must live until place_leave(). */
extern void place_enter(int64 task, const char *profile, const char *file_name);
extern void place_leave(void);

/* The rows at hand, 0 and 0: none is known. */
extern void place_set_rows(uint32 first, uint32 last);

#endif							/* PG_XLSX_PLACE_H */
