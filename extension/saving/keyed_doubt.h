/*
 * keyed_doubt.h
 *	  Rows that were found and not written, and that another session may be deleting.
 *
 * A row that is only looked at is not locked: that would rewrite each row of a file that changes
 * nothing. So the statement returns where such a row is if some transaction has marked it, and the
 * row is then looked at as it is now. If a transaction that is under way deletes it or replaces
 * it, its end is waited for, as INSERT … ON CONFLICT would.
 */
#ifndef PG_XLSX_KEYED_DOUBT_H
#define PG_XLSX_KEYED_DOUBT_H

#include "pg/pg_xlsx.h"

#include "storage/itemptr.h"

/* Are all rows of the target in heap tables of this server, which know who has marked them? */
extern bool keyed_doubt_applies(Oid target);

/*
 * Is this row of a table, which the last statement saw, still there? Waits for transactions that
 * delete or replace it; with keys_only not for those that change columns which no plain unique
 * index has. Raises an error that may pass if the snapshot of the whole transaction
 * shows a row that is gone.
 */
extern bool keyed_doubt_clear(Oid table, ItemPointer place, bool keys_only);

#endif							/* PG_XLSX_KEYED_DOUBT_H */
