/*
 * undo_rows.h
 *	  Rows before and after a task has changed them, for xlsx.undo.
 */
#ifndef PG_XLSX_UNDO_ROWS_H
#define PG_XLSX_UNDO_ROWS_H

#include "pg/pg_xlsx.h"

typedef struct UndoRow
{
	int32		row;			/* of the sheet; 0: none */
	Datum		old;			/* jsonb */
	bool		old_null;		/* the row was inserted */
	Datum		new;
	bool		new_null;		/* the row was deleted */
} UndoRow;

/*
 * Inserted without SQL, because a foreign key would be checked row by row. Each check locks the
 * task's row once more, and every subtransaction adds to the list of its lockers.
 */
extern void undo_rows_keep(int64 task, const UndoRow *rows, int count);

#endif							/* PG_XLSX_UNDO_ROWS_H */
