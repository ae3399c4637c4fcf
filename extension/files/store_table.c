/*
 * store_table.c
 *	  The store in a table: xlsx_private.chunk.
 *
 * A chunk is stored in slices, one per row, and each row fills a page. As one long value it would
 * become about a hundred rows of a TOAST table, each with the cost of a row.
 */
#include "files/store.h"

#include "access/htup_details.h"
#include "access/stratnum.h"
#include "catalog/pg_type.h"
#include "tables/private_sql.h"
#include "tables/private_rows.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

/*
 * The bytes that fit into a page, after the headers of page and row, the file's id, the number of
 * the slice and the length word.
 */
#define SLICE_ROOM \
	(MaxHeapTupleSize - MAXALIGN(SizeofHeapTupleHeader) - sizeof(int64) - sizeof(int32) - VARHDRSZ)

/*
 * The slices of a chunk all have the same size: a full slice and a small rest would leave half a
 * page empty.
 */
#define SLICES ((int) ((PG_XLSX_CHUNK_BYTES + SLICE_ROOM - 1) / SLICE_ROOM))
#define SLICE_BYTES ((PG_XLSX_CHUNK_BYTES + SLICES - 1) / SLICES)

/* Columns. */
#define FILE_ID 1
#define SLICE 2
#define DATA 3

static HeapTuple
slice_row(Relation relation, int64 file, int32 slice, const char *bytes, size_t length)
{
	union
	{
		bytea		header;
		char		room[VARHDRSZ + SLICE_BYTES];
	}			data;
	Datum		values[] = {Int64GetDatum(file), Int32GetDatum(slice), PointerGetDatum(&data)};
	bool		nulls[] = {false, false, false};

	memcpy(VARDATA(&data), bytes, length);
	SET_VARSIZE(&data, VARHDRSZ + length);
	return heap_form_tuple(RelationGetDescr(relation), values, nulls);
}

static void
table_put(int64 file, int32 no, bytea *data)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx chunk", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	Relation	relation = private_rows_open("chunk", RowExclusiveLock);
	int			length = (int) VARSIZE_ANY_EXHDR(data);
	HeapTuple	rows[SLICES];
	int			count = 0;

	for (int at = 0; at < length; at += SLICE_BYTES, count++)
		rows[count] = slice_row(relation, file, no * SLICES + count, VARDATA_ANY(data) + at,
								(size_t) Min(length - at, SLICE_BYTES));
	private_rows_insert(relation, rows, count);
	private_rows_close(relation);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}

/* Copies one slice after the other. Returns the total length. */
static int
read_slices(SysScanDesc scan, TupleDesc descriptor, char *buffer)
{
	int			length = 0;
	HeapTuple	row;

	while ((row = systable_getnext_ordered(scan, ForwardScanDirection)) != NULL)
	{
		bool		null;
		bytea	   *data = DatumGetByteaPP(heap_getattr(row, DATA, descriptor, &null));
		int			got = Min((int) VARSIZE_ANY_EXHDR(data), PG_XLSX_CHUNK_BYTES - length);

		memcpy(buffer + length, VARDATA_ANY(data), (size_t) got);
		length += got;
	}
	return length;
}

static int
table_get(int64 file, int32 no, char *buffer)
{
	Relation	relation = private_rows_open("chunk", AccessShareLock);
	Relation	index = private_rows_open("chunk_pkey", AccessShareLock);
	Snapshot	snapshot = RegisterSnapshot(GetTransactionSnapshot());
	int32		first = no * SLICES;
	ScanKeyData keys[3];
	SysScanDesc scan;
	int			length;

	ScanKeyInit(&keys[0], FILE_ID, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(file));
	ScanKeyInit(&keys[1], SLICE, BTGreaterEqualStrategyNumber, F_INT4GE, Int32GetDatum(first));
	ScanKeyInit(&keys[2], SLICE, BTLessStrategyNumber, F_INT4LT, Int32GetDatum(first + SLICES));
	scan = systable_beginscan_ordered(relation, index, snapshot, lengthof(keys), keys);
	length = read_slices(scan, RelationGetDescr(relation), buffer);
	systable_endscan_ordered(scan);
	UnregisterSnapshot(snapshot);
	private_rows_close(index);
	private_rows_close(relation);
	return length > 0 ? length : -1;
}

static void
table_remove(int64 file)
{
	static PrivateStatement delete = {
		"DELETE FROM xlsx_private.chunk WHERE file_id = $1",
		1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(file)};

	private_sql_run(&delete, values, NULL, NULL);
}

const Store store_table = {"table", table_put, table_get, table_remove, NULL};
