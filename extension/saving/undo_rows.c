/*
 * undo_rows.c
 *	  Rows before and after a task has changed them.
 */
#include "saving/undo_rows.h"

#include "access/htup_details.h"
#include "commands/sequence.h"
#include "tables/owner.h"
#include "tables/private_rows.h"

void
undo_rows_keep(int64 task, const UndoRow *rows, int count)
{
	Relation	relation = private_rows_open("undo_row", RowExclusiveLock);
	Oid			sequence = owner_table("undo_row_no_seq");
	HeapTuple  *tuples = palloc(sizeof(HeapTuple) * (size_t) Max(count, 1));

	for (int i = 0; i < count; i++)
	{
		Datum		values[] = {
			Int64GetDatum(nextval_internal(sequence, false)), Int64GetDatum(task), Int32GetDatum(rows[i].row), rows[i].old, rows[i].new
		};
		bool		nulls[lengthof(values)] = {false, false, false, rows[i].old_null, rows[i].new_null};

		tuples[i] = heap_form_tuple(RelationGetDescr(relation), values, nulls);
	}
	private_rows_insert(relation, tuples, count);
	private_rows_close(relation);
}
