/*
 * turns.h
 *	  Whose turn it is among the parties behind one login.
 *
 * A party is an owner with a tenant (tables/tenant.h). Workers of a login serve the parties of its
 * tasks in turns, by rising number. The party whose task was claimed last is noted for all workers of the login, in shared memory; without
 * shared_preload_libraries in the process. A note that is lost costs nothing but a turn.
 */
#ifndef PG_XLSX_TURNS_H
#define PG_XLSX_TURNS_H

#include "pg/pg_xlsx.h"

/* Called by _PG_init while libraries are preloaded. */
extern void turns_init(void);

/* The party whose task was claimed last; 0: not known. */
extern int64 turns_last(Oid login);

extern void turns_note(Oid login, int64 party);

#endif							/* PG_XLSX_TURNS_H */
