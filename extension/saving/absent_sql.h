/*
 * absent_sql.h
 *	  The statements that find, lock and remove rows of the target that the file lacks.
 *
 * $1 is what SQL of the profile sees as params. ABSENT_KEYS and ABSENT_FOUND are named rows
 * (named_rows.h).
 */
#ifndef PG_XLSX_SAVING_ABSENT_SQL_H
#define PG_XLSX_SAVING_ABSENT_SQL_H

#include "pg/pg_xlsx.h"

#include "access/tupdesc.h"
#include "profile/absent_options.h"
#include "saving/keyed.h"

#define ABSENT_KEYS		"xlsx keys"		/* the keys of the file */
#define ABSENT_FOUND	"xlsx absent"	/* the rows that it lacks: their keys and what they become */

typedef struct AbsentSql
{
	KeyedState	keyed;			/* what keyed_look.h needs */
	AbsentAction action;
	List	   *settings;		/* AbsentSetting */
	char	   *target;
	bool	   *reads;			/* by profile column: the key reads it, or the predicate of its index does */
	bool	   *needs;			/* a part of the key reads it */
} AbsentSql;

/* Allocates in the current memory context. Raises an error when a column that is to be set does not exist. */
extern void absent_sql_create(AbsentSql *sql, const SaveTask *task);

/* The columns of the named rows. Those of ABSENT_KEYS: each that reads has, and bad: the row has an error, so what its key leaves out is not asked. */
extern TupleDesc absent_sql_keys(const AbsentSql *sql);
extern TupleDesc absent_sql_found(const AbsentSql *sql);

/* The number of rows in scope. */
extern char *absent_sql_count(const AbsentSql *sql);

/*
 * The statements below name functions and operators by the search_path at hand: make and use each
 * under the same one.
 */

/* Reads ABSENT_KEYS, and gives the columns of ABSENT_FOUND. Only rows that the settings would change. */
extern char *absent_sql_find(const AbsentSql *sql);

/* Reads ABSENT_FOUND, and locks the rows. */
extern char *absent_sql_lock(const AbsentSql *sql);

/* Reads ABSENT_FOUND, and deletes or marks the rows. Gives a row for each: with undo as it was and as it is (jsonb). */
extern char *absent_sql_remove(const AbsentSql *sql);

#endif							/* PG_XLSX_SAVING_ABSENT_SQL_H */
