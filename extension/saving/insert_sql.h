/*
 * insert_sql.h
 *	  The SQL that inserts the rows of a batch. by_unnest.c runs it, probe.c plans it, by_key.c
 *	  uses parts of it.
 *
 * The rows are given as arrays (unnest_from_marked in kept/unnest.h). The statement calls them "u".
 */
#ifndef PG_XLSX_INSERT_SQL_H
#define PG_XLSX_INSERT_SQL_H

#include "pg/pg_xlsx.h"

#include "profile/profile.h"

/*
 * The whole statement. types has room for unnest_parameters() and one more: it gets the types of
 * these, then the type of the task's id.
 */
extern char *insert_sql_statement(const Profile *profile, Oid *types);

/* Column i of "u" as it was given, with the type below domains: some of them do not take NULL. */
extern char *insert_sql_given(const Profile *profile, int i);

/* Column i of "u" with its type, and with the column's default in place of a blank cell. */
extern char *insert_sql_value(const Profile *profile, int i);

/* The same for a column of the key: every NULL is the default. */
extern char *insert_sql_key(const Profile *profile, int i);

/*
 * "(columns) SELECT values" of an INSERT from "u", with all columns as in insert_sql_value. When
 * the profile has a task column, its value is the parameter after those of unnest_parameters().
 */
extern char *insert_sql_select(const Profile *profile);

#endif							/* PG_XLSX_INSERT_SQL_H */
