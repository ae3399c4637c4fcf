/*
 * fitness.h
 *	  Can the database that answers serve at all?
 *
 * A standby cannot, nor a database without the extension, nor one whose
 * version of it this sidecar does not know. health.c asks with each of its
 * questions; requests and /readyz then say the reason.
 *
 * The sidecar works with SQL objects of its own version, one minor version
 * older, and one newer.
 */
#ifndef NOTIFIER_FITNESS_H
#define NOTIFIER_FITNESS_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "db/db.h"

/* What to ask, and what to do with its result. True: FITNESS_LIBRARY is to be asked, too. */
#define FITNESS_QUESTION \
	"SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.current_database()," \
	" (SELECT extversion FROM pg_catalog.pg_extension WHERE extname OPERATOR(pg_catalog.=) 'pg_xlsx')"
#define FITNESS_LIBRARY "SELECT library, older, message FROM xlsx.version()"
extern bool fitness_take(const PGresult *result);
extern void fitness_take_library(const PGresult *result);

/* Why the database cannot serve; NULL: it can, as far as is known. */
extern const DbError *fitness_problem(void);

/* Versions; NULL: not known, or there is none. */
extern const char *fitness_extension(void);
extern const char *fitness_library(void);

/* Which of "sidecar", "sql" and "library" is older than the others; NULL: none. */
extern const char *fitness_older(void);

#endif							/* NOTIFIER_FITNESS_H */
