/*
 * shut.h
 *	  Databases that must have no connections for a while.
 *
 * When a session shuts a database, its workers end, and none is started until the session opens
 * the database again or ends, whatever ends it. Needs shared_preload_libraries; without it no
 * database can be shut.
 */
#ifndef PG_XLSX_SHUT_H
#define PG_XLSX_SHUT_H

#include "pg/pg_xlsx.h"

/* Called by _PG_init while libraries are preloaded. */
extern void shut_init(void);

/*
 * Several sessions may shut the same database. When the table of shut databases is full, the
 * workers are only ended, and others may start.
 */
extern void shut_database(Oid database);

/* stays: the database still exists, so its tasks go on. */
extern void shut_open(Oid database, bool stays);

extern bool shut_is_shut(Oid database);

#endif							/* PG_XLSX_SHUT_H */
