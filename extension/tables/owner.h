/*
 * owner.h
 *	  Bookkeeping as the extension's owner, in the middle of a user's work.
 *
 * The private tables belong to the owner of the extension, and nobody else
 * may write them.  C code that keeps the books becomes that owner for a
 * statement, with a search_path that holds pg_catalog only, and goes back.  An
 * error in between is undone by the abort of the (sub)transaction.
 *
 * All functions need a transaction; owner_run connects to SPI by itself and
 * leaves its result in *result, owned by the caller's memory context.
 */
#ifndef PG_XLSX_OWNER_H
#define PG_XLSX_OWNER_H

#include "pg/pg_xlsx.h"

typedef struct OwnerState
{
	Oid			user;
	int			security_context;
	int			guc_level;
} OwnerState;

extern void owner_enter(OwnerState *state);
extern void owner_leave(const OwnerState *state);

/* The extension's owner; an error when the extension is not installed in this database. */
extern Oid	owner_oid(void);

/*
 * Keeps the extension from being dropped until the transaction ends; false
 * when it is not here (any more).  What writes to several tables in a transaction of its
 * own calls this first: a DROP EXTENSION that already has some of them would
 * wait for the others, and this one for those.
 */
extern bool owner_hold(void);

/* Oid of a private table, or InvalidOid when the extension is not here (any more). */
extern Oid	owner_table(const char *name);

#define OWNER_MAX_COLUMNS 48

/* One row of a result: values by position from 0. */
typedef struct OwnerRow
{
	Datum		values[OWNER_MAX_COLUMNS];
	bool		nulls[OWNER_MAX_COLUMNS];
} OwnerRow;

/* A text value as a string in the current memory context, NULL for NULL. */
extern char *owner_text(const OwnerRow *row, int i);

/* Argument i of a statement: a copy of the string as a text value, NULL for NULL. */
extern void owner_set_text(Datum *values, char *nulls, int i, const char *text);

/*
 * A statement that is prepared once a session and kept.  Write it as a
 * static variable: {"UPDATE ... $1", 1, {INT8OID}}.
 */
typedef struct OwnerStatement
{
	const char *sql;
	int			arguments;
	Oid			types[24];
	void	   *plan;			/* SPIPlanPtr, NULL until the first run */
} OwnerStatement;

/*
 * Runs a statement as the owner.  values and nulls (NULL: none is) belong to
 * the caller.  Returns the number of rows processed; the first returned row
 * is copied to *row when row is not NULL (in the current memory context) and
 * there is one.
 */
extern uint64 owner_run(OwnerStatement *statement, const Datum *values, const char *nulls, OwnerRow *row);

/*
 * Runs a statement as the owner and hands each of its rows to each(), with the
 * argument, in the memory context of the caller.  The values of a row live
 * there too.  each() runs as the owner and may not call other functions of
 * this module.
 */
typedef void (*OwnerEach) (void *argument, const OwnerRow *row);
extern void owner_each(OwnerStatement *statement, const Datum *values, const char *nulls, OwnerEach each,
					   void *argument);

#endif							/* PG_XLSX_OWNER_H */
