/*
 * incoming_file.c
 *	  Takes a workbook into the store.
 */
#include "functions/incoming_file.h"

#include "catalog/pg_type.h"
#include "core/book.h"
#include "files/file_hash.h"
#include "files/workbook.h"
#include "functions/set_submission.h"
#include "miscadmin.h"
#include "pg/guc.h"
#include "tables/private_sql.h"
#include "tasks/dispatch.h"
#include "tasks/role_limits.h"
#include "tasks/task_file.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define MAX_FILE_NAME 1024

int64
incoming_file_create(const char *profile, const char *name, Jsonb *options)
{
	static PrivateStatement insert = {
		"INSERT INTO xlsx_private.file (name, profile, options, owner, store)"
		" VALUES ($1, $2, $3, $4::oid::regrole::xlsx_private.role_ref, $5)"
		" RETURNING id",
		5, {TEXTOID, TEXTOID, JSONBOID, OIDOID, TEXTOID}, NULL
	};
	Datum		values[] = {
		CStringGetTextDatum(name), profile != NULL ? CStringGetTextDatum(profile) : (Datum) 0, JsonbPGetDatum(options),
		ObjectIdGetDatum(GetUserId()), CStringGetTextDatum(store_for_new()->name)
	};
	char		nulls[] = {' ', profile != NULL ? ' ' : 'n', options != NULL ? ' ' : 'n', ' ', ' '};
	PrivateRow	row;

	if (name[0] == '\0' || strlen(name) > MAX_FILE_NAME)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("file name must have between 1 and %d bytes", MAX_FILE_NAME)));
	private_sql_run(&insert, values, nulls, &row);
	return DatumGetInt64(row.values[0]);
}

void
incoming_file_check_head(const char *head, size_t length)
{
	XlsxError	error;

	if (xlsx_sniff(head, Min(length, INCOMING_FILE_HEAD), &error) != XLSX_OK)
		workbook_throw(&error);
}

void
incoming_file_put(const Store *store, int64 file, int32 no, bytea *data)
{
	if (no == 0 && store->renew != NULL)
		dispatch_due(TimestampTzPlusMilliseconds(GetCurrentTimestamp(), pg_xlsx_upload_ttl * INT64CONST(1000) / STORE_RENEWALS));
	store->put(file, no, data);
}

void
incoming_file_put_all(int64 file, const XlsxSource *source)
{
	bytea	   *chunk = palloc(PG_XLSX_CHUNK_BYTES + VARHDRSZ);
	const Store *store = store_of(file);

	for (uint64 at = 0; at < source->size; at += PG_XLSX_CHUNK_BYTES)
	{
		size_t		length = Min(source->size - at, PG_XLSX_CHUNK_BYTES);

		CHECK_FOR_INTERRUPTS();
		workbook_read(source, at, VARDATA(chunk), length);
		SET_VARSIZE(chunk, length + VARHDRSZ);
		incoming_file_put(store, file, (int32) (at / PG_XLSX_CHUNK_BYTES), chunk);
	}
	pfree(chunk);
}

void
incoming_file_set_size(int64 file, int64 size, bool complete)
{
	static PrivateStatement update = {
		"UPDATE xlsx_private.file SET size = $2, complete = $3, used_at = clock_timestamp() WHERE id = $1 RETURNING owner::oid, tenant",
		3, {INT8OID, INT8OID, BOOLOID}, NULL
	};
	Datum		values[] = {Int64GetDatum(file), Int64GetDatum(size), BoolGetDatum(complete)};
	PrivateRow	row;

	if (private_sql_run(&update, values, NULL, &row) > 0)
		role_limits_check_bytes(DatumGetObjectId(row.values[0]), TextDatumGetCString(row.values[1]));
}

/*
 * Refuses a complete zip file that is not a workbook. A file that cannot be opened as a zip is
 * accepted: its task fails, and says at which place.
 */
static void
check_package(int64 file, uint64 size)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx upload", ALLOCSET_DEFAULT_SIZES);
	XlsxSource	source;
	XlsxError	error;

	store_source(&source, file, size, context);
	if (workbook_try(&source, context, &error) == NULL &&
		(error.status == XLSX_NOT_A_WORKBOOK || error.status == XLSX_ENCRYPTED))
		workbook_throw(&error);
	MemoryContextDelete(context);
}

static const uint8 *
hash_of(int64 file, uint64 size)
{
	uint8	   *hash = palloc(FILE_HASH_BYTES);
	XlsxSource	source;

	store_source(&source, file, size, CurrentMemoryContext);
	file_hash_of_source(&source, hash);
	return hash;
}

int64
incoming_file_finish(int64 file, const char *file_name, int64 size, Submission *submission, bool *created)
{
	int64		task = submission_find(submission->idempotency_key);

	*created = false;
	if (task == 0)
	{
		check_package(file, (uint64) size);
		incoming_file_set_size(file, size, true);
		if (submission->hash == NULL)
			submission->hash = hash_of(file, (uint64) size);
		task = set_submission_is_one(submission) ? set_submission_queue(file, file_name, size, submission) :
			submission_queue(file, file_name, size, submission);
		*created = task != 0;
	}
	if (*created)
		return task;
	task_file_remove(file, FILE_GONE_DELETED);
	return task != 0 ? task : submission_find(submission->idempotency_key);
}
