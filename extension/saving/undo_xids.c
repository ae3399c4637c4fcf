/*
 * undo_xids.c
 *	  The transactions that wrote the rows of a task.
 */
#include "saving/undo_xids.h"

#include "catalog/pg_type.h"
#include "tables/private_sql.h"
#include "utils/array.h"

/* The array type of xid has no name in the catalog's headers. */
#define XIDARRAYOID 1011

void
undo_xids_store(int64 task, const TransactionId *xids, int count)
{
	static PrivateStatement insert = {
		"INSERT INTO xlsx_private.undo_xid (task_id, xids) VALUES ($1, $2)", 2, {INT8OID, XIDARRAYOID}, NULL
	};
	Datum	   *elements = palloc(sizeof(Datum) * (size_t) count);
	Datum		values[2];

	for (int i = 0; i < count; i++)
		elements[i] = TransactionIdGetDatum(xids[i]);
	values[0] = Int64GetDatum(task);
	values[1] = PointerGetDatum(construct_array(elements, count, XIDOID, sizeof(TransactionId), true, TYPALIGN_INT));
	private_sql_run(&insert, values, NULL, NULL);
}
