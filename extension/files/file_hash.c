/*
 * file_hash.c
 *	  The hash that identifies a file.
 */
#include "files/file_hash.h"

#include "common/cryptohash.h"
#include "common/sha2.h"
#include "files/file_value.h"
#include "files/workbook.h"
#include "fmgr.h"
#include "miscadmin.h"

PG_FUNCTION_INFO_V1(pg_xlsx_file_hash);

static void
check_hash(int result)
{
	if (result < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not compute the hash of a file")));
}

static void
hash_pieces(const XlsxSource *source, pg_cryptohash_ctx *hashing)
{
	uint8	   *buffer = palloc(PG_XLSX_CHUNK_BYTES);

	for (uint64 at = 0; at < source->size; at += PG_XLSX_CHUNK_BYTES)
	{
		size_t		length = Min(source->size - at, PG_XLSX_CHUNK_BYTES);

		CHECK_FOR_INTERRUPTS();
		workbook_read(source, at, buffer, length);
		check_hash(pg_cryptohash_update(hashing, buffer, length));
	}
	pfree(buffer);
}

void
file_hash_of_source(const XlsxSource *source, uint8 hash[FILE_HASH_BYTES])
{
	pg_cryptohash_ctx *hashing = pg_cryptohash_create(PG_SHA256);

	StaticAssertStmt(FILE_HASH_BYTES == PG_SHA256_DIGEST_LENGTH, "SHA-256 has 32 bytes");
	check_hash(hashing == NULL ? -1 : pg_cryptohash_init(hashing));
	PG_TRY();
	{
		hash_pieces(source, hashing);
		check_hash(pg_cryptohash_final(hashing, hash, FILE_HASH_BYTES));
	}
	PG_FINALLY();
	{
		pg_cryptohash_free(hashing);
	}
	PG_END_TRY();
}

Datum
pg_xlsx_file_hash(PG_FUNCTION_ARGS)
{
	bytea	   *result = palloc(FILE_HASH_BYTES + VARHDRSZ);
	XlsxSource	source;

	file_value_source(PG_GETARG_DATUM(0), &source, CurrentMemoryContext);
	file_hash_of_source(&source, (uint8 *) VARDATA(result));
	SET_VARSIZE(result, FILE_HASH_BYTES + VARHDRSZ);
	PG_RETURN_BYTEA_P(result);
}
