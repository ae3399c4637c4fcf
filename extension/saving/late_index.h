/*
 * late_index.h
 *	  Rows first, then their indexes: a table that gets all of its rows at
 *	  once is indexed faster so, three times as fast where the keys come in random order.
 *
 * What marks the indexes meanwhile are the flags of CREATE INDEX CONCURRENTLY
 * (pg_index.indisready, indisvalid), changed in this transaction and seen by
 * no other: inserts leave the indexes alone, and no plan uses them.  If the
 * transaction aborts they are as they were.  Others read the target as ever
 * until late_index_build, which locks each index against them until the end of the
 * transaction, as REINDEX does; from the beginning nobody else may write.
 */
#ifndef PG_XLSX_LATE_INDEX_H
#define PG_XLSX_LATE_INDEX_H

#include "pg/pg_xlsx.h"

/* Does the target have no row that the active snapshot sees?  False where it has no index. */
extern bool late_index_is_empty(Oid target);

/*
 * Suspends the indexes of a plain table that is to get so many rows, and of
 * which the transaction has removed so many.  False, and nothing is changed,
 * where that would not pay, somebody else has a lock on the target, or the
 * current role could not lock it by itself (that takes UPDATE, DELETE or TRUNCATE).
 */
extern bool late_index_suspend(Oid target, int64 removed, int64 added);

/* Builds the indexes that were suspended.  An error where a unique one finds a key twice: it names no row of a sheet. */
extern void late_index_build(Oid target);

#endif							/* PG_XLSX_LATE_INDEX_H */
