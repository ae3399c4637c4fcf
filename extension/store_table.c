/*
 * store_table.c
 *	  The store in a table: xlsx_private.chunk.
 */
#include "store.h"

#include "catalog/pg_type.h"
#include "owner.h"

static void
table_put(int64 file, int32 no, bytea *data)
{
	static OwnerStatement insert = {
		"INSERT INTO xlsx_private.chunk (file_id, no, data) VALUES ($1, $2, $3)",
		3, {INT8OID, INT4OID, BYTEAOID}, NULL
	};
	Datum		values[] = {Int64GetDatum(file), Int32GetDatum(no), PointerGetDatum(data)};

	owner_run(&insert, values, NULL, NULL);
}

static int
table_get(int64 file, int32 no, char *buffer)
{
	static OwnerStatement select = {
		"SELECT data FROM xlsx_private.chunk WHERE file_id = $1 AND no = $2",
		2, {INT8OID, INT4OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(file), Int32GetDatum(no)};
	OwnerRow	row;
	bytea	   *data;
	int			length;

	if (owner_run(&select, values, NULL, &row) == 0)
		return -1;
	data = DatumGetByteaPP(row.values[0]);
	length = Min((int) VARSIZE_ANY_EXHDR(data), PG_XLSX_CHUNK_BYTES);
	memcpy(buffer, VARDATA_ANY(data), (size_t) length);
	pfree(data);
	return length;
}

static void
table_remove(int64 file)
{
	static OwnerStatement delete = {
		"DELETE FROM xlsx_private.chunk WHERE file_id = $1",
		1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(file)};

	owner_run(&delete, values, NULL, NULL);
}

const Store store_table = {"table", table_put, table_get, table_remove, NULL};
