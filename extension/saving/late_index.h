/*
 * late_index.h
 *	  Rows first, then their indexes: a table that gets all its rows at once is indexed faster
 *	  this way, three times as fast when the keys come in random order.
 *
 * Until then the indexes are marked with the flags of CREATE INDEX CONCURRENTLY
 * (pg_index.indisready, indisvalid). The flags are changed in this transaction, so no other sees
 * them. Inserts then leave the indexes alone, and no plan uses them. When the transaction aborts,
 * the flags are as before. From late_index_suspend on, no other session may write to the target.
 * Others can read it until late_index_build, which locks each index against readers until the end
 * of the transaction, as REINDEX does.
 */
#ifndef PG_XLSX_LATE_INDEX_H
#define PG_XLSX_LATE_INDEX_H

#include "pg/pg_xlsx.h"

/* Does the active snapshot see no row in the target? False when the target has no index. */
extern bool late_index_is_empty(Oid target);

/*
 * Suspends the indexes of a plain table. added: rows that it is to get; removed: rows that this
 * transaction has deleted from it. Returns false, and changes nothing, when it would not pay,
 * when another session holds a lock on the target, or when the current role could not lock it
 * (LOCK TABLE needs UPDATE, DELETE or TRUNCATE).
 */
extern bool late_index_suspend(Oid target, int64 removed, int64 added);

/*
 * Builds the suspended indexes. Raises an error when a key of a unique index comes twice; it
 * cannot name the rows of the sheet.
 */
extern void late_index_build(Oid target);

#endif							/* PG_XLSX_LATE_INDEX_H */
