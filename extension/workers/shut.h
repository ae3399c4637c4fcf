/*
 * shut.h
 *	  Databases that must have no connections for a while.
 *
 * The workers of a database that is shut are told to go, and none is started
 * until it is opened again: by the session that shut it, at the latest when that session
 * ends, by whatever means.  Needs shared_preload_libraries; without it nothing is ever shut.
 */
#ifndef PG_XLSX_SHUT_H
#define PG_XLSX_SHUT_H

#include "pg/pg_xlsx.h"

/* Called by _PG_init while libraries are preloaded. */
extern void shut_init(void);

/* Several sessions may shut the same database. When there are too many, the workers are told to go and others may come. */
extern void shut_database(Oid database);

/* stays: the database is still there, and its tasks go on. */
extern void shut_open(Oid database, bool stays);

extern bool shut_is_shut(Oid database);

#endif							/* PG_XLSX_SHUT_H */
