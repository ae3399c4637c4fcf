/*
 * insert_sql.h
 *	  The SQL that inserts the rows of a batch: by_unnest.c runs it, the probe plans it, by_key.c has parts of it.
 *
 * The rows come as one array for each column (kept/unnest.h) and are called "u" in the statement.
 */
#ifndef PG_XLSX_INSERT_SQL_H
#define PG_XLSX_INSERT_SQL_H

#include "pg/pg_xlsx.h"

#include "lib/stringinfo.h"
#include "profile/profile.h"

/* The whole statement. types has room for the columns and one more; it gets one array type per column, then the task's. */
extern char *insert_sql_statement(const Profile *profile, Oid *types);

/* Column i of "u" as it goes into the target: with its type, and the column's default for NULL. */
extern void insert_sql_source(StringInfo sql, const Profile *profile, int i);

/*
 * "(columns) SELECT values" of an INSERT from "u": all columns as by insert_sql_source, and, where the
 * profile wants it, the task's id as the parameter after theirs.
 */
extern char *insert_sql_select(const Profile *profile);

#endif							/* PG_XLSX_INSERT_SQL_H */
