/*
 * private_sql.h
 *	  Runs statements on the private tables, as their owner.
 *
 * All functions need a transaction, and connect to SPI by themselves. After an error, the abort
 * of the (sub)transaction restores the role.
 */
#ifndef PG_XLSX_PRIVATE_SQL_H
#define PG_XLSX_PRIVATE_SQL_H

#include "pg/pg_xlsx.h"

#define PRIVATE_MAX_COLUMNS 64

/* One row of a result, by position from 0. */
typedef struct PrivateRow
{
	Datum		values[PRIVATE_MAX_COLUMNS];
	bool		nulls[PRIVATE_MAX_COLUMNS];
} PrivateRow;

/* A text value as a string in the current memory context; NULL for NULL. */
extern char *private_sql_text(const PrivateRow *row, int i);

/* Sets argument i of a statement to a copy of the string as a text value; NULL for NULL. */
extern void private_sql_set_text(Datum *values, char *nulls, int i, const char *text);

/*
 * A statement that is prepared once per session and then kept. Write it as a static variable:
 * {"UPDATE ... $1", 1, {INT8OID}}.
 */
typedef struct PrivateStatement
{
	const char *sql;
	int			arguments;
	Oid			types[32];
	void	   *plan;			/* SPIPlanPtr, NULL until the first run */
} PrivateStatement;

/*
 * Runs a statement as the owner. values and nulls belong to the caller; nulls may be NULL when no
 * value is. Returns the number of rows processed. When row is not NULL and there is a result row,
 * copies the first one to *row, in the current memory context.
 */
extern uint64 private_sql_run(PrivateStatement *statement, const Datum *values, const char *nulls, PrivateRow *row);

/*
 * Runs a statement as the owner and calls each() for each result row, with the argument. each()
 * runs in the caller's memory context, where the values of the row live, too. It runs as the
 * owner and must not call other functions of this module.
 */
typedef void (*PrivateEach) (void *argument, const PrivateRow *row);
extern void private_sql_each(PrivateStatement *statement, const Datum *values, const char *nulls, PrivateEach each,
					   void *argument);

#endif							/* PG_XLSX_PRIVATE_SQL_H */
