/*
 * duplicates.c
 *	  Files that were imported before.
 */
#include "functions/duplicates.h"

#include "catalog/pg_type.h"
#include "files/file_hash.h"
#include "miscadmin.h"
#include "profile/options.h"
#include "tables/private_sql.h"
#include "tables/tenant.h"
#include "tasks/task_lock.h"
#include "utils/builtins.h"

/* Files share so many locks, so that a transaction that submits many files does not fill the table of locks. */
#define LOCKS 256

/* What tells whether a file was imported before. */
typedef struct FileImport
{
	int64		profile;
	bytea	   *hash;
	Datum		params;
	bool		dry_run;
	OnDuplicate wanted;
} FileImport;

bytea *
duplicate_hash(const uint8 *hash)
{
	bytea	   *bytes = palloc(FILE_HASH_BYTES + VARHDRSZ);

	memcpy(VARDATA(bytes), hash, FILE_HASH_BYTES);
	SET_VARSIZE(bytes, FILE_HASH_BYTES + VARHDRSZ);
	return bytes;
}

/* One that rejects waits for all others of the file, which do not wait for each other. */
static void
lock_file_content(const FileImport *import)
{
	LOCKTAG		tag = task_lock_tag(*(const uint8 *) VARDATA(import->hash) % LOCKS, TASK_LOCK_CONTENT);

	(void) LockAcquire(&tag, import->wanted == ON_DUPLICATE_REJECT ? ExclusiveLock : ShareLock, false, false);
}

static int64
find_task(const FileImport *import)
{
	static PrivateStatement select = {
		"SELECT xlsx_private.duplicate_of($1, $2, $3, $4, $5)", 5, {OIDOID, TEXTOID, INT8OID, BYTEAOID, JSONBOID}, NULL
	};
	Datum		values[] = {
		ObjectIdGetDatum(GetUserId()), CStringGetTextDatum(tenant_current()), Int64GetDatum(import->profile),
		PointerGetDatum(import->hash), import->params
	};
	PrivateRow	row;

	private_sql_run(&select, values, NULL, &row);
	return row.nulls[0] ? 0 : DatumGetInt64(row.values[0]);
}

static int64
look(const FileImport *import)
{
	if (!import->dry_run)
		lock_file_content(import);
	return import->wanted == ON_DUPLICATE_IMPORT ? 0 : find_task(import);
}

static void
reject(int64 task)
{
	static PrivateStatement select = {
		"SELECT CASE WHEN completed_at IS NULL THEN 'That task has not ended.'"
		" ELSE format('That task ended at %s.', xlsx_private.iso(completed_at)) END FROM xlsx_private.task WHERE id = $1", 1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task)};
	PrivateRow	row;

	private_sql_run(&select, values, NULL, &row);
	ereport(ERROR,
			(errcode(ERRCODE_UNIQUE_VIOLATION),
			 errmsg("this file was imported already, as task " INT64_FORMAT, task),
			 errdetail_internal("%s", private_sql_text(&row, 0)),
			 errhint("Undo or delete that task, or give on_duplicate => 'import'.")));
}

Duplicate
duplicate_find(int64 profile, const Submission *submission)
{
	static PrivateStatement select = {
		"SELECT coalesce($2 ->> 'on_duplicate', p.on_duplicate), coalesce($2 -> 'params', '{}'), coalesce(($2 ->> 'dry_run')::boolean, false)"
		" FROM xlsx_private.profile p WHERE p.id = $1", 2, {INT8OID, JSONBOID}, NULL
	};
	Datum		values[] = {Int64GetDatum(profile), JsonbPGetDatum(submission->options)};
	FileImport	import = {.profile = profile};
	Duplicate	duplicate = {0};
	PrivateRow	row;

	if (private_sql_run(&select, values, NULL, &row) == 0)
		return duplicate;
	import.wanted = duplicate.wanted = (OnDuplicate) names_find(&on_duplicate_names, TextDatumGetCString(row.values[0]));
	import.params = row.values[1];
	import.dry_run = DatumGetBool(row.values[2]);
	if (submission->hash == NULL)
		return duplicate;
	import.hash = duplicate_hash(submission->hash);
	duplicate.task = look(&import);
	if (duplicate.task == 0 || import.dry_run || import.wanted != ON_DUPLICATE_REJECT)
		return duplicate;
	/* the same submission may have come a moment ago */
	duplicate.same_key = submission_find(submission->idempotency_key) != 0;
	if (!duplicate.same_key)
		reject(duplicate.task);
	return duplicate;
}

int64
duplicate_find_of_run(int64 dry_run)
{
	static PrivateStatement select = {
		"SELECT coalesce(profile_id, 0), file_hash, params, on_duplicate FROM xlsx_private.task WHERE id = $1 AND file_hash IS NOT NULL",
		1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(dry_run)};
	FileImport	import = {0};
	PrivateRow	row;
	int64		task;

	if (private_sql_run(&select, values, NULL, &row) == 0)
		return 0;
	import.profile = DatumGetInt64(row.values[0]);
	import.hash = DatumGetByteaP(row.values[1]);
	import.params = row.values[2];
	import.wanted = (OnDuplicate) names_find(&on_duplicate_names, TextDatumGetCString(row.values[3]));
	task = look(&import);
	if (task != 0 && import.wanted == ON_DUPLICATE_REJECT)
		reject(task);
	return task;
}
