/*
 * sql.h
 *	  The SQL that a profile holds: expressions and queries.
 *
 * It runs as the current role, between role_sql_enter_query(…, profile->confined) and role_sql_leave(). profile.c makes sure that the role may
 * trust it.  Names in it are looked up in pg_catalog and in the schema of the target, whatever the session's search_path, so that it means the
 * same everywhere.
 */
#ifndef PG_XLSX_PROFILE_SQL_H
#define PG_XLSX_PROFILE_SQL_H

#include "pg/pg_xlsx.h"

#include "executor/spi.h"
#include "profile/profile.h"
#include "tables/role_sql.h"

/* The name of the row in an expression: its columns can be named by it where a subquery has columns of the same names. */
#define PROFILE_SQL_ROW "r"

/* Until the GUC nest level ends, names are looked up as above, and texts are read in the same way. schema: that of the target, or NULL. */
extern void profile_sql_fix_path(const char *schema);

/*
 * Runs work(argument), which executes such SQL, in the current memory context. NULL, or the error, in that
 * context.  SQL of a profile looks values up and does not write. It runs read-only, and other effects (a
 * notification, a lock, a temporary table) are taken back at once, because the row may be refused or the
 * whole may be a dry run.
 */
extern ErrorData *profile_sql_try(const Profile *profile, void (*work) (void *argument), void *argument);

/* Prepares a statement and keeps its plan as long as the current memory context; SPI need not be connected. */
extern SPIPlanPtr profile_sql_prepare(const Profile *profile, const char *sql, int arguments, Oid *types);

/* Raises an error unless text is one scalar expression ("transform", "expression") or one query ("lookup", "query"). It is read, not run. */
extern void profile_sql_check(const char *text, const char *what);

/* An error_context_stack callback: the position of an error refers to the text, not to the statement that contained it. */
extern void profile_sql_point_into(void *text);

/* Does an expression use a column of this name, alone or behind the name of the row (r)? */
extern bool profile_sql_names(const char *expression, const char *name);

#endif							/* PG_XLSX_PROFILE_SQL_H */
