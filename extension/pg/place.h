/*
 * place.h
 *	  Adds to the server's log what a worker is doing.
 *
 * Between place_enter() and place_leave(), everything that this process logs (errors, warnings
 * and notices of triggers, the end of the process) has two context lines. The first names the
 * task, the profile, the file and, when they are known, the sheet rows; the second the role and
 * the database, because %u and %d of log_line_prefix are empty in a background worker.
 */
#ifndef PG_XLSX_PLACE_H
#define PG_XLSX_PLACE_H

#include "pg/pg_xlsx.h"

/* The strings belong to the caller, and must live until place_leave(). */
extern void place_enter(int64 task, const char *profile, const char *file_name, const char *role, const char *database);
extern void place_leave(void);

/*
 * For a process that reads ahead for the import of a task, until it ends: the log and
 * pg_stat_activity say so.
 */
extern void place_read_ahead(int64 task);

/* SQLSTATE of the last thing that was reported since place_enter(); 0: nothing. After FATAL it says what ends the process. */
extern int	place_last_sqlstate(void);

/* The current rows of the sheet; 0 and 0: not known. */
extern void place_set_rows(uint32 first, uint32 last);

#endif							/* PG_XLSX_PLACE_H */
