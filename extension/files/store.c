/*
 * store.c
 *	  A byte source over stored chunks.
 */
#include "files/store.h"

#include "catalog/pg_type.h"
#include "files/redis.h"
#include "tables/private_sql.h"
#include "utils/memutils.h"

/* Each part that is read at the same time needs one: a sheet, and its strings. The others are spare. */
#define CACHED_CHUNKS 4

typedef struct CachedChunk
{
	int32		no;				/* -1: empty */
	int			length;
	char		data[PG_XLSX_CHUNK_BYTES];
} CachedChunk;

typedef struct StoreReader
{
	const Store *store;
	int64		file;
	uint64		size;
	int			oldest;
	CachedChunk chunk[CACHED_CHUNKS];
} StoreReader;

const Store *
store_for_new(void)
{
	return redis_configured() ? &store_redis : &store_table;
}

const Store *
store_of(int64 file)
{
	static PrivateStatement select = {
		"SELECT store = 'redis' FROM xlsx_private.file WHERE id = $1", 1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(file)};
	PrivateRow	row;

	return private_sql_run(&select, values, NULL, &row) > 0 && DatumGetBool(row.values[0]) ? &store_redis : &store_table;
}

/* The chunk, from the cache or the store; NULL when the store does not have it. */
static CachedChunk *
reader_chunk(StoreReader *reader, int32 no)
{
	CachedChunk *chunk;

	for (int i = 0; i < CACHED_CHUNKS; i++)
		if (reader->chunk[i].no == no)
			return &reader->chunk[i];
	chunk = &reader->chunk[reader->oldest];
	reader->oldest = (reader->oldest + 1) % CACHED_CHUNKS;
	chunk->no = -1;
	chunk->length = reader->store->get(reader->file, no, chunk->data);
	if (chunk->length < 0)
		return NULL;
	chunk->no = no;
	return chunk;
}

static XlsxStatus
reader_read(void *context, uint64_t offset, void *buffer, size_t length, size_t *got, XlsxError *error)
{
	StoreReader *reader = context;
	char	   *out = buffer;

	*got = 0;
	while (*got < length && offset + *got < reader->size)
	{
		uint64		position = offset + *got;
		CachedChunk *chunk = reader_chunk(reader, (int32) (position / PG_XLSX_CHUNK_BYTES));
		size_t		start = position % PG_XLSX_CHUNK_BYTES;
		size_t		n;

		if (chunk == NULL || (size_t) chunk->length <= start)
		{
			xlsx_fail(error, XLSX_IO, "uploaded file is not there any more");
			return xlsx_fail_hint(error, "Upload the file again.");
		}
		n = Min(length - *got, (size_t) chunk->length - start);
		memcpy(out + *got, chunk->data + start, n);
		*got += n;
	}
	return XLSX_OK;
}

void
store_source(XlsxSource *source, int64 file, uint64 size, MemoryContext context)
{
	StoreReader *reader = MemoryContextAlloc(context, sizeof(StoreReader));

	reader->store = store_of(file);
	reader->file = file;
	reader->size = size;
	reader->oldest = 0;
	for (int i = 0; i < CACHED_CHUNKS; i++)
		reader->chunk[i].no = -1;
	*source = (XlsxSource)
	{
		.read = reader_read,.size = size,.context = reader,.descriptor = -1
	};
}
