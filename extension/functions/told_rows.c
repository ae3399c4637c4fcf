/*
 * told_rows.c
 *	  What became of the rows of a task, row by row.
 */
#include "functions/told_rows.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* Rows that are fetched at once. */
#define FETCH_ROWS 500

static const char query[] =
"SELECT r.row_number, r.action, r.returned, r.old, r.new, r.cells, r.kinds,"
" (SELECT string_agg(v.item ->> 'message', '; ' ORDER BY v.position)"
" FROM pg_catalog.jsonb_array_elements(r.violations) WITH ORDINALITY AS v (item, position))"
" FROM xlsx_private.told_rows($1, NULL) AS r";

static Jsonb *
json_column(HeapTuple tuple, TupleDesc descriptor, int column)
{
	bool		null;
	Datum		value = SPI_getbinval(tuple, descriptor, column, &null);

	return null ? NULL : DatumGetJsonbP(value);
}

static void
take_row(ToldRows *rows)
{
	HeapTuple	tuple = rows->table->vals[rows->next];
	TupleDesc	descriptor = rows->table->tupdesc;
	MemoryContext caller;
	bool		null;
	Datum		cells;

	MemoryContextReset(rows->context);
	caller = MemoryContextSwitchTo(rows->context);
	rows->row = (ToldRow) {
		.number = (uint32) DatumGetInt32(SPI_getbinval(tuple, descriptor, 1, &null)), .action = SPI_getvalue(tuple, descriptor, 2),
		.returned = json_column(tuple, descriptor, 3), .old = json_column(tuple, descriptor, 4), .new = json_column(tuple, descriptor, 5),
		.kinds = SPI_getvalue(tuple, descriptor, 7), .messages = SPI_getvalue(tuple, descriptor, 8)
	};
	cells = SPI_getbinval(tuple, descriptor, 6, &null);
	if (!null)
		deconstruct_array(DatumGetArrayTypeP(cells), TEXTOID, -1, false, TYPALIGN_INT, &rows->row.cells, &rows->row.cell_nulls,
						  &rows->row.cell_count);
	MemoryContextSwitchTo(caller);
}

static void
fetch(ToldRows *rows)
{
	if (rows->table != NULL)
		SPI_freetuptable(rows->table);
	SPI_cursor_fetch(rows->cursor, true, FETCH_ROWS);
	rows->table = SPI_processed > 0 ? SPI_tuptable : NULL;
	rows->count = SPI_processed;
	rows->next = 0;
}

void
told_rows_open(ToldRows *rows, int64 task)
{
	Oid			types[] = {INT8OID};
	Datum		values[] = {Int64GetDatum(task)};

	*rows = (ToldRows) {
		.cursor = SPI_cursor_open_with_args(NULL, query, 1, types, values, NULL, true, 0),
		.context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx told row", ALLOCSET_DEFAULT_SIZES)
	};
	fetch(rows);
	if (rows->table != NULL)
		take_row(rows);
}

const ToldRow *
told_row(const ToldRows *rows)
{
	return rows->table != NULL ? &rows->row : NULL;
}

void
told_rows_next(ToldRows *rows)
{
	rows->next++;
	if (rows->next == rows->count)
		fetch(rows);
	if (rows->table != NULL)
		take_row(rows);
}
