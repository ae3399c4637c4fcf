/*
 * private_sql.h
 *	  Statements on the private tables, as their owner.
 *
 * All functions need a transaction. They connect to SPI by themselves.  An error in
 * between is undone by the abort of the (sub)transaction.
 */
#ifndef PG_XLSX_PRIVATE_SQL_H
#define PG_XLSX_PRIVATE_SQL_H

#include "pg/pg_xlsx.h"

#define PRIVATE_MAX_COLUMNS 48

/* One row of a result: values by position from 0. */
typedef struct PrivateRow
{
	Datum		values[PRIVATE_MAX_COLUMNS];
	bool		nulls[PRIVATE_MAX_COLUMNS];
} PrivateRow;

/* A text value as a string in the current memory context, NULL for NULL. */
extern char *private_sql_text(const PrivateRow *row, int i);

/* Argument i of a statement: a copy of the string as a text value, NULL for NULL. */
extern void private_sql_set_text(Datum *values, char *nulls, int i, const char *text);

/*
 * A statement that is prepared once a session and kept.  Write it as a
 * static variable: {"UPDATE ... $1", 1, {INT8OID}}.
 */
typedef struct PrivateStatement
{
	const char *sql;
	int			arguments;
	Oid			types[24];
	void	   *plan;			/* SPIPlanPtr, NULL until the first run */
} PrivateStatement;

/*
 * Runs a statement as the owner.  values and nulls (NULL: none is) belong to
 * the caller.  Returns the number of rows processed; the first returned row
 * is copied to *row when row is not NULL (in the current memory context) and
 * there is one.
 */
extern uint64 private_sql_run(PrivateStatement *statement, const Datum *values, const char *nulls, PrivateRow *row);

/*
 * Runs a statement as the owner and hands each of its rows to each(), with the
 * argument, in the memory context of the caller.  The values of a row live
 * there too.  each() runs as the owner and may not call other functions of
 * this module.
 */
typedef void (*PrivateEach) (void *argument, const PrivateRow *row);
extern void private_sql_each(PrivateStatement *statement, const Datum *values, const char *nulls, PrivateEach each,
					   void *argument);

#endif							/* PG_XLSX_PRIVATE_SQL_H */
