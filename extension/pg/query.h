/*
 * query.h
 *	  Statements by SPI: plans that stay, and the rows of a cursor one by one.
 *
 * SPI must be connected for all but query_set_option and query_prefer_indexes.
 */
#ifndef PG_XLSX_QUERY_H
#define PG_XLSX_QUERY_H

#include "pg/pg_xlsx.h"

#include "executor/spi.h"

/*
 * A plan that outlives the connection to SPI: it is freed with the memory
 * context life, or kept for the session where that is NULL.  An error when the
 * statement cannot be prepared.
 */
extern SPIPlanPtr query_prepare(const char *sql, int arguments, Oid *types, MemoryContext life);

/* A setting that everybody may change, until the GUC nest level ends. */
extern void query_set_option(const char *name, const char *value);

/*
 * Until the GUC nest level ends, a text is read as SQL in the same way whatever
 * the session's settings are: where a string ends, what a backslash in it
 * stands for, what "= NULL" means.  Text that was checked must be read so when it is used.
 */
extern void query_fix_syntax(void);

/*
 * Until the GUC nest level ends, statements are planned by index wherever
 * there is one.  A plan stays while its tables grow: made for an empty table it
 * would read all of it at each run, however long it has become.
 */
extern void query_prefer_indexes(void);

/* The same as query_prepare for one statement, which is planned so at once, whatever its arguments will be. */
extern SPIPlanPtr query_prepare_by_index(const char *sql, int arguments, Oid *types, MemoryContext life);

/*
 * A number that a query gave back as a place among count things, counted from
 * 1: their index from 0.  An error when there is no such place: whatever SQL says is not trusted as an index.
 */
extern int64 query_index(Datum place, bool null, int64 count);

/*
 * Hands each row of the cursor to each(), with the argument, and closes the
 * cursor.  each() runs in a memory context that is emptied after every row.
 */
typedef void (*QueryEach) (void *argument, HeapTuple tuple, TupleDesc descriptor);
extern void query_each(Portal cursor, QueryEach each, void *argument);

#endif							/* PG_XLSX_QUERY_H */
