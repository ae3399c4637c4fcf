/*
 * version.h
 *	  The version of this library, beside that of the SQL objects.
 *
 * A library works with the SQL objects of older versions: scripts come only with releases that
 * add, so until the update has been run there is nothing that it misses. Newer ones it does not
 * know: a server that was not restarted since the packages were replaced has still the old
 * library. Versions are MAJOR.MINOR; others cannot be compared, and none is older.
 */
#ifndef PG_XLSX_VERSION_H
#define PG_XLSX_VERSION_H

#include "pg/pg_xlsx.h"

/*
 * Reports, at that level, that this library is older than the SQL objects in this database. Below
 * ERROR, it does so once in a process. Needs a transaction.
 */
extern void version_check(int level);

#endif							/* PG_XLSX_VERSION_H */
