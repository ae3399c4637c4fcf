/*
 * place.h
 *	  Adds to the server's log what a worker is doing.
 *
 * Between place_enter() and place_leave(), everything that this process logs (errors, warnings
 * and notices of triggers, the end of the process) has a context line. It names the task, the
 * profile, the file and, when they are known, the sheet rows.
 */
#ifndef PG_XLSX_PLACE_H
#define PG_XLSX_PLACE_H

#include "pg/pg_xlsx.h"

/* The strings belong to the caller, and must live until place_leave(). */
extern void place_enter(int64 task, const char *profile, const char *file_name);
extern void place_leave(void);

/* The current rows of the sheet; 0 and 0: not known. */
extern void place_set_rows(uint32 first, uint32 last);

#endif							/* PG_XLSX_PLACE_H */
