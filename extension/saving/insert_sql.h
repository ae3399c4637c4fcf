/*
 * insert_sql.h
 *	  The SQL that inserts the rows of a batch. by_unnest.c runs it, probe.c plans it, by_key.c
 *	  uses parts of it.
 *
 * The rows are given as one array per column (kept/unnest.h). The statement calls them "u".
 */
#ifndef PG_XLSX_INSERT_SQL_H
#define PG_XLSX_INSERT_SQL_H

#include "pg/pg_xlsx.h"

#include "lib/stringinfo.h"
#include "profile/profile.h"

/*
 * The whole statement. types has room for one element more than there are columns. It gets the
 * array type of each column, then the type of the task's id.
 */
extern char *insert_sql_statement(const Profile *profile, Oid *types);

/* Appends column i of "u" with its type, and with the column's default in place of NULL. */
extern void insert_sql_source(StringInfo sql, const Profile *profile, int i);

/*
 * "(columns) SELECT values" of an INSERT from "u", with all columns as in insert_sql_source. When
 * the profile has a task column, its value is the parameter after those of the columns.
 */
extern char *insert_sql_select(const Profile *profile);

#endif							/* PG_XLSX_INSERT_SQL_H */
