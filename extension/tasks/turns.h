/*
 * turns.h
 *	  Whose turn it is among the owners behind one login.
 *
 * Workers of a login serve the owners of its tasks in turns, by rising OID. The owner whose task
 * was claimed last is noted for all workers of the login, in shared memory; without
 * shared_preload_libraries in the process. A note that is lost costs nothing but a turn.
 */
#ifndef PG_XLSX_TURNS_H
#define PG_XLSX_TURNS_H

#include "pg/pg_xlsx.h"

/* Called by _PG_init while libraries are preloaded. */
extern void turns_init(void);

/* The owner whose task was claimed last; InvalidOid: not known. */
extern Oid	turns_last(Oid login);

extern void turns_note(Oid login, Oid owner);

#endif							/* PG_XLSX_TURNS_H */
