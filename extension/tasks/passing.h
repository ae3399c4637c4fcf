/*
 * passing.h
 *	  Which errors may pass by themselves.
 */
#ifndef PG_XLSX_PASSING_H
#define PG_XLSX_PASSING_H

#include "pg/pg_xlsx.h"

/*
 * A trouble of this server, or of one that the import needs: no space, no memory, no connection, a
 * read-only spell. A limit that somebody has configured does not pass.
 */
extern bool passing_trouble(int sqlstate);

/* Can another attempt succeed? Not when the file, the profile or the target is the cause. */
extern bool passing_error(int sqlstate);

#endif							/* PG_XLSX_PASSING_H */
