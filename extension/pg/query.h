/*
 * query.h
 *	  Runs statements through SPI: plans that are kept, and the rows of a cursor one by one.
 *
 * SPI must be connected, except for query_set_option and query_prefer_indexes.
 */
#ifndef PG_XLSX_QUERY_H
#define PG_XLSX_QUERY_H

#include "pg/pg_xlsx.h"

#include "executor/spi.h"

/*
 * A plan that outlives the SPI connection. It is freed with the memory context life; when life is
 * NULL, it is kept for the session. Raises an error when the statement cannot be prepared.
 */
extern SPIPlanPtr query_prepare(const char *sql, int arguments, Oid *types, MemoryContext life);

/* Sets a setting that every role may change, until the GUC nest level ends. */
extern void query_set_option(const char *name, const char *value);

/*
 * Until the GUC nest level ends, SQL text is read the same way whatever the session's settings
 * are: where a string ends, what a backslash in it means, what "= NULL" means. A text that was
 * checked in one way must be read in the same way when it is used.
 */
extern void query_fix_syntax(void);

/*
 * Until the GUC nest level ends, statements are planned with an index wherever there is one. A
 * plan is kept while its tables grow. If it was made for an empty table, it would read the whole
 * table each time, however large that has become.
 */
extern void query_prefer_indexes(void);

/* The same as query_prepare for one statement, which is planned with indexes at once, for any arguments. */
extern SPIPlanPtr query_prepare_by_index(const char *sql, int arguments, Oid *types, MemoryContext life);

/*
 * Converts a place among count things, counted from 1, that a query has returned, to an index
 * from 0. Raises an error when there is no such place: a number that SQL returns is not trusted
 * as an index.
 */
extern int64 query_index(Datum place, bool null, int64 count);

/*
 * Calls each() for each row of the cursor, with the argument, and closes the cursor. each() runs
 * in a memory context that is reset after every row.
 */
typedef void (*QueryEach) (void *argument, HeapTuple tuple, TupleDesc descriptor);
extern void query_each(Portal cursor, QueryEach each, void *argument);

#endif							/* PG_XLSX_QUERY_H */
