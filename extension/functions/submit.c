/*
 * submit.c
 *	  Files come in, and tasks for them are queued.
 */
#include "pg/pg_xlsx.h"

#include "catalog/pg_type.h"
#include "commands/dbcommands.h"
#include "core/book.h"
#include "files/file_hash.h"
#include "files/file_value.h"
#include "files/store.h"
#include "files/workbook.h"
#include "fmgr.h"
#include "funcapi.h"
#include "functions/submission.h"
#include "import/import.h"
#include "miscadmin.h"
#include "pg/guc.h"
#include "profile/options.h"
#include "profile/profile.h"
#include "tables/private_sql.h"
#include "tasks/dispatch.h"
#include "tasks/queue.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(pg_xlsx_submit);
PG_FUNCTION_INFO_V1(pg_xlsx_submit_once);
PG_FUNCTION_INFO_V1(pg_xlsx_import);
PG_FUNCTION_INFO_V1(pg_xlsx_upload_begin);
PG_FUNCTION_INFO_V1(pg_xlsx_upload_chunk);
PG_FUNCTION_INFO_V1(pg_xlsx_upload_options);
PG_FUNCTION_INFO_V1(pg_xlsx_upload_finish);
PG_FUNCTION_INFO_V1(pg_xlsx_upload_remove);
PG_FUNCTION_INFO_V1(pg_xlsx_upload_file);
PG_FUNCTION_INFO_V1(pg_xlsx_upload_settings);

/* Bytes that tell a workbook from other files. */
#define SNIFF_BYTES 4096

#define MAX_FILE_NAME 1024

/* An upload as its row says. */
typedef struct Upload
{
	int64		id;
	char	   *name;
	int64		size;
	Submission	submission;
} Upload;

/*
 * Files
 */

static int64
create_file(const char *profile, const char *name, Datum options, bool has_options)
{
	static PrivateStatement insert = {
		"INSERT INTO xlsx_private.file (name, profile, options, owner, store)"
		" VALUES ($1, $2, $3::jsonb, $4::oid::regrole, $5)"
		" RETURNING id",
		5, {TEXTOID, TEXTOID, TEXTOID, OIDOID, TEXTOID}, NULL
	};
	Datum		values[] = {
		CStringGetTextDatum(name), profile != NULL ? CStringGetTextDatum(profile) : (Datum) 0, options,
		ObjectIdGetDatum(GetUserId()), CStringGetTextDatum(store_for_new()->name)
	};
	char		nulls[] = {' ', profile != NULL ? ' ' : 'n', has_options ? ' ' : 'n', ' ', ' '};
	PrivateRow	row;

	if (name[0] == '\0' || strlen(name) > MAX_FILE_NAME)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("file name must have between 1 and %d bytes", MAX_FILE_NAME)));
	private_sql_run(&insert, values, nulls, &row);
	return DatumGetInt64(row.values[0]);
}

/* Refuses what cannot be a workbook, by its first bytes. */
static void
check_content(const char *head, size_t length)
{
	XlsxError	error;

	if (xlsx_sniff(head, Min(length, SNIFF_BYTES), &error) != XLSX_OK)
		workbook_throw(&error);
}

/*
 * Refuses a whole zip that is no workbook.  One that cannot be opened as a zip
 * is left to its task, which will fail with the place.
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

/* A file of the current role that is being uploaded. */
static Upload *
find_upload(int64 id)
{
	static PrivateStatement select = {
		"SELECT name, size, profile, options ->> 'idempotencyKey', (options ->> 'runAt')::timestamptz,"
		" (options ->> 'priority')::int, owner::oid, nullif(options ->> 'sheet', ''),"
		" coalesce(nullif(options ->> 'dryRun', '')::boolean, false), nullif(options ->> 'mode', ''),"
		" nullif(options ->> 'maxErrors', '')::bigint, nullif(options ->> 'headerRow', ''),"
		" nullif(options ->> 'locale', ''), nullif(options ->> 'mapping', '')"
		" FROM xlsx_private.file WHERE id = $1 AND NOT complete FOR UPDATE",
		1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(id)};
	Upload	   *upload = palloc0(sizeof(Upload));
	PrivateRow	row;

	if (private_sql_run(&select, values, NULL, &row) == 0 ||
		!has_privs_of_role(GetUserId(), DatumGetObjectId(row.values[6])))
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("upload " INT64_FORMAT " does not exist", id)));
	upload->id = id;
	upload->name = TextDatumGetCString(row.values[0]);
	upload->size = DatumGetInt64(row.values[1]);
	upload->submission.profile = private_sql_text(&row, 2);
	upload->submission.idempotency_key = private_sql_text(&row, 3);
	upload->submission.run_now = row.nulls[4];
	upload->submission.run_at = row.values[4];
	upload->submission.priority = row.nulls[5] ? 0 : DatumGetInt32(row.values[5]);
	upload->submission.sheet = private_sql_text(&row, 7);
	upload->submission.dry_run = DatumGetBool(row.values[8]);
	upload->submission.mode = private_sql_text(&row, 9);
	upload->submission.max_errors = row.nulls[10] ? -1 : DatumGetInt64(row.values[10]);
	if (!row.nulls[10])
		options_check_max_errors(upload->submission.max_errors);
	upload->submission.header_row = private_sql_text(&row, 11);
	upload->submission.locale = private_sql_text(&row, 12);
	upload->submission.mapping = private_sql_text(&row, 13);
	submission_check(&upload->submission);
	return upload;
}

static void
set_file_size(int64 file, int64 size, bool complete)
{
	static PrivateStatement update = {
		"UPDATE xlsx_private.file SET size = $2, complete = $3, used_at = clock_timestamp() WHERE id = $1",
		3, {INT8OID, INT8OID, BOOLOID}, NULL
	};
	Datum		values[] = {Int64GetDatum(file), Int64GetDatum(size), BoolGetDatum(complete)};

	private_sql_run(&update, values, NULL, NULL);
}

/*
 * Tasks
 */

/* The task of an earlier submission with this key, 0 when there is none. */
static int64
find_by_key(const char *key)
{
	static PrivateStatement select = {
		"SELECT id FROM xlsx_private.task WHERE owner = $1::oid::regrole AND idempotency_key = $2",
		2, {OIDOID, TEXTOID}, NULL
	};
	Datum		values[2];
	PrivateRow	row;

	if (key == NULL)
		return 0;
	values[0] = ObjectIdGetDatum(GetUserId());
	values[1] = CStringGetTextDatum(key);
	return private_sql_run(&select, values, NULL, &row) > 0 ? DatumGetInt64(row.values[0]) : 0;
}

/* Queues a task; 0 when the idempotency key is taken (waits for whoever is taking it). */
static int64
create_task(int64 file, const char *file_name, int64 size, const Submission *submission)
{
	int64		task = submission_insert(file, file_name, size, submission);

	if (task == 0)
		return 0;
	if (submission->run_now || DatumGetTimestampTz(submission->run_at) <= GetCurrentTimestamp())
		dispatch_want(GetSessionUserId());
	else
		dispatch_due(DatumGetTimestampTz(submission->run_at));
	return task;
}

/* Ends a file's upload with its task. *created is false when the key belongs to an earlier one. */
static int64
finish_file(int64 file, const char *file_name, int64 size, const Submission *submission, bool *created)
{
	int64		task = find_by_key(submission->idempotency_key);

	*created = false;
	if (task == 0)
	{
		check_package(file, (uint64) size);
		set_file_size(file, size, true);
		task = create_task(file, file_name, size, submission);
		*created = task != 0;
	}
	if (*created)
		return task;
	queue_remove_file(file);
	return task != 0 ? task : find_by_key(submission->idempotency_key);
}

/*
 * SQL
 */

static char *
json_or_null(FunctionCallInfo fcinfo, int argument)
{
	Jsonb	   *json;

	if (PG_ARGISNULL(argument))
		return NULL;
	json = PG_GETARG_JSONB_P(argument);
	return JsonbToCString(NULL, &json->root, VARSIZE(json));
}

/* -1: not given */
static int64
max_errors_argument(FunctionCallInfo fcinfo, int argument)
{
	if (PG_ARGISNULL(argument))
		return -1;
	options_check_max_errors(PG_GETARG_INT64(argument));
	return PG_GETARG_INT64(argument);
}

/* Reads up to length bytes; an error when there are fewer. */
static void
read_source(const XlsxSource *source, uint64 offset, void *buffer, size_t length)
{
	XlsxError	error;
	size_t		got;

	if (xlsx_source_read(source, offset, buffer, length, &got, &error) != XLSX_OK)
		workbook_throw(&error);
	if (got < length)
		ereport(ERROR,
				(errcode(ERRCODE_IO_ERROR),
				 errmsg("file has become shorter while it was read")));
}

/* The workbook that an argument holds. */
static void
file_argument(FunctionCallInfo fcinfo, int argument, XlsxSource *source)
{
	char		head[SNIFF_BYTES];
	size_t		length;

	if (PG_ARGISNULL(argument))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("file must not be null")));
	file_value_source(PG_GETARG_DATUM(argument), source, CurrentMemoryContext);
	length = Min(source->size, SNIFF_BYTES);
	read_source(source, 0, head, length);
	check_content(head, length);
}

/* A sweep must come before a file is forgotten by a store that forgets by itself. */
static void
put_chunk(const Store *store, int64 file, int32 no, bytea *data)
{
	if (no == 0 && store->renew != NULL)
		dispatch_due(TimestampTzPlusMilliseconds(GetCurrentTimestamp(), pg_xlsx_upload_ttl * INT64CONST(1000) / STORE_RENEWALS));
	store->put(file, no, data);
}

static void
put_chunks(int64 file, const XlsxSource *source)
{
	bytea	   *chunk = palloc(PG_XLSX_CHUNK_BYTES + VARHDRSZ);
	const Store *store = store_of(file);

	for (uint64 at = 0; at < source->size; at += PG_XLSX_CHUNK_BYTES)
	{
		size_t		length = Min(source->size - at, PG_XLSX_CHUNK_BYTES);

		CHECK_FOR_INTERRUPTS();
		read_source(source, at, VARDATA(chunk), length);
		SET_VARSIZE(chunk, length + VARHDRSZ);
		put_chunk(store, file, (int32) (at / PG_XLSX_CHUNK_BYTES), chunk);
	}
	pfree(chunk);
}

Datum
pg_xlsx_submit(PG_FUNCTION_ARGS)
{
	Submission	submission = {
		.profile = PG_XLSX_GETARG_STRING(0, NULL),
		.run_now = PG_ARGISNULL(3),
		.run_at = PG_ARGISNULL(3) ? (Datum) 0 : PG_GETARG_DATUM(3),
		.priority = PG_ARGISNULL(4) ? 0 : PG_GETARG_INT32(4),
		.idempotency_key = PG_XLSX_GETARG_STRING(5, NULL),
		.sheet = PG_XLSX_GETARG_STRING(6, NULL),
		.mode = PG_XLSX_GETARG_STRING(7, NULL),
		.dry_run = !PG_ARGISNULL(8) && PG_GETARG_BOOL(8),
		.max_errors = max_errors_argument(fcinfo, 9),
		.header_row = PG_XLSX_GETARG_STRING(10, NULL),
		.locale = PG_XLSX_GETARG_STRING(11, NULL),
		.mapping = json_or_null(fcinfo, 12)
	};
	char	   *name = PG_XLSX_GETARG_STRING(2, "upload.xlsx");
	XlsxSource	source;
	int64		file;
	bool		created;

	submission_check(&submission);
	file_argument(fcinfo, 1, &source);
	file = create_file(submission.profile, name, (Datum) 0, false);
	put_chunks(file, &source);
	PG_RETURN_INT64(finish_file(file, name, (int64) source.size, &submission, &created));
}

/* What this role submitted once for this profile, by its content; a rehearsal is no reason not to import. */
static char *
content_key(const uint8 *hash, const Submission *submission)
{
	const char *profile = submission->profile;
	char		hex[2 * FILE_HASH_BYTES + 1];

	(void) profile_find(&profile);
	hex[hex_encode((const char *) hash, FILE_HASH_BYTES, hex)] = '\0';
	return psprintf("sha256:%s%s %s", hex, submission->dry_run ? " dry run" : "", profile);
}

/* The task, whether it is new, and the hash of the file, as a row. */
static Datum
submitted_row(FunctionCallInfo fcinfo, int64 task, bool created, const uint8 *hash)
{
	TupleDesc	descriptor;
	bytea	   *bytes = palloc(FILE_HASH_BYTES + VARHDRSZ);
	Datum		values[3];
	bool		nulls[3] = {false, false, false};

	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	memcpy(VARDATA(bytes), hash, FILE_HASH_BYTES);
	SET_VARSIZE(bytes, FILE_HASH_BYTES + VARHDRSZ);
	values[0] = Int64GetDatum(task);
	values[1] = BoolGetDatum(created);
	values[2] = PointerGetDatum(bytes);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls));
}

Datum
pg_xlsx_submit_once(PG_FUNCTION_ARGS)
{
	Submission	submission = {
		.profile = PG_XLSX_GETARG_STRING(0, NULL),
		.run_now = PG_ARGISNULL(3),
		.run_at = PG_ARGISNULL(3) ? (Datum) 0 : PG_GETARG_DATUM(3),
		.priority = PG_ARGISNULL(4) ? 0 : PG_GETARG_INT32(4),
		.sheet = PG_XLSX_GETARG_STRING(5, NULL),
		.mode = PG_XLSX_GETARG_STRING(6, NULL),
		.dry_run = !PG_ARGISNULL(7) && PG_GETARG_BOOL(7),
		.max_errors = max_errors_argument(fcinfo, 8),
		.header_row = PG_XLSX_GETARG_STRING(9, NULL),
		.locale = PG_XLSX_GETARG_STRING(10, NULL),
		.mapping = json_or_null(fcinfo, 11)
	};
	char	   *name = PG_XLSX_GETARG_STRING(2, "upload.xlsx");
	uint8		hash[FILE_HASH_BYTES];
	XlsxSource	source;
	int64		file;
	int64		task;
	bool		created = false;

	submission_check(&submission);
	file_argument(fcinfo, 1, &source);
	file_hash_of_source(&source, hash);
	submission.idempotency_key = content_key(hash, &submission);
	task = find_by_key(submission.idempotency_key);
	if (task == 0)
	{
		file = create_file(submission.profile, name, (Datum) 0, false);
		put_chunks(file, &source);
		task = finish_file(file, name, (int64) source.size, &submission, &created);
	}
	PG_RETURN_DATUM(submitted_row(fcinfo, task, created, hash));
}

/* Runs to its end in the caller's transaction; the result is the task's id. */
Datum
pg_xlsx_import(PG_FUNCTION_ARGS)
{
	Submission	submission = {
		.profile = PG_XLSX_GETARG_STRING(0, NULL),
		.run_now = true,
		.sheet = PG_XLSX_GETARG_STRING(3, NULL),
		.mode = PG_XLSX_GETARG_STRING(4, NULL),
		.dry_run = !PG_ARGISNULL(5) && PG_GETARG_BOOL(5),
		.max_errors = max_errors_argument(fcinfo, 6),
		.header_row = PG_XLSX_GETARG_STRING(7, NULL),
		.locale = PG_XLSX_GETARG_STRING(8, NULL),
		.mapping = json_or_null(fcinfo, 9)
	};
	XlsxSource	source;
	char	   *name = PG_XLSX_GETARG_STRING(2, "import.xlsx");
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx import", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller;
	Task	   *task;
	int64		id;

	submission_check(&submission);
	file_argument(fcinfo, 1, &source);
	id = submission_insert(0, name, (int64) source.size, &submission);
	caller = MemoryContextSwitchTo(context);
	task = queue_load(id);
	task->content = &source;
	import_run_inside(task);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	PG_RETURN_INT64(id);
}

Datum
pg_xlsx_upload_begin(PG_FUNCTION_ARGS)
{
	char	   *name = PG_XLSX_GETARG_STRING(1, "upload.xlsx");
	int64		file = create_file(PG_XLSX_GETARG_STRING(0, NULL), name, PG_ARGISNULL(2) ? (Datum) 0 : PG_GETARG_DATUM(2),
								   !PG_ARGISNULL(2));

	(void) find_upload(file);	/* its options are looked at before the bytes come */
	PG_RETURN_INT64(file);
}

Datum
pg_xlsx_upload_options(PG_FUNCTION_ARGS)
{
	static PrivateStatement update = {
		"UPDATE xlsx_private.file SET profile = $2, options = $3::jsonb WHERE id = $1", 3, {INT8OID, TEXTOID, TEXTOID},
		NULL
	};
	Datum		values[3];
	char		nulls[3];

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	(void) find_upload(PG_GETARG_INT64(0));
	for (int i = 0; i < 3; i++)
	{
		nulls[i] = PG_ARGISNULL(i) ? 'n' : ' ';
		values[i] = PG_ARGISNULL(i) ? (Datum) 0 : PG_GETARG_DATUM(i);
	}
	private_sql_run(&update, values, nulls, NULL);
	(void) find_upload(PG_GETARG_INT64(0));
	PG_RETURN_VOID();
}

Datum
pg_xlsx_upload_chunk(PG_FUNCTION_ARGS)
{
	Upload	   *upload = find_upload(PG_GETARG_INT64(0));
	int32		no = PG_GETARG_INT32(1);
	bytea	   *data = PG_GETARG_BYTEA_PP(2);
	size_t		length = VARSIZE_ANY_EXHDR(data);

	if (no == 0)
		check_content(VARDATA_ANY(data), length);
	if (upload->size != (int64) no * PG_XLSX_CHUNK_BYTES || length == 0 || length > PG_XLSX_CHUNK_BYTES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("chunk %d does not follow the ones before", no),
				 errdetail("Chunks are counted from 0, and all but the last have %d bytes.", PG_XLSX_CHUNK_BYTES)));
	put_chunk(store_of(upload->id), upload->id, no, data);
	set_file_size(upload->id, upload->size + (int64) length, false);
	PG_RETURN_VOID();
}

Datum
pg_xlsx_upload_remove(PG_FUNCTION_ARGS)
{
	queue_remove_file(find_upload(PG_GETARG_INT64(0))->id);
	PG_RETURN_VOID();
}

Datum
pg_xlsx_upload_finish(PG_FUNCTION_ARGS)
{
	Upload	   *upload = find_upload(PG_GETARG_INT64(0));
	TupleDesc	descriptor;
	Datum		values[2];
	bool		nulls[2] = {false, false};
	bool		created;

	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	if (upload->size == 0)
		check_content("", 0);
	values[0] = Int64GetDatum(finish_file(upload->id, upload->name, upload->size, &upload->submission, &created));
	values[1] = BoolGetDatum(created);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls)));
}

/* The bytes of an upload that has not ended, where they are. */
Datum
pg_xlsx_upload_file(PG_FUNCTION_ARGS)
{
	Upload	   *upload = find_upload(PG_GETARG_INT64(0));

	if (upload->size == 0)
		check_content("", 0);
	return file_value_stored(upload->id, (uint64) upload->size);
}

/* Name, size, profile, sheet, header row and mapping of an upload that has not ended. */
Datum
pg_xlsx_upload_settings(PG_FUNCTION_ARGS)
{
	Upload	   *upload = find_upload(PG_GETARG_INT64(0));
	const Submission *submission = &upload->submission;
	const char *profile = submission->profile;
	const char *texts[] = {upload->name, NULL, NULL, submission->sheet, submission->header_row, submission->mapping};
	TupleDesc	descriptor;
	Datum		values[lengthof(texts)];
	bool		nulls[lengthof(texts)];

	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	(void) profile_find(&profile);
	texts[2] = profile;
	for (int i = 0; i < (int) lengthof(texts); i++)
	{
		nulls[i] = texts[i] == NULL;
		values[i] = nulls[i] ? (Datum) 0 : CStringGetTextDatum(texts[i]);
	}
	nulls[1] = false;
	values[1] = Int64GetDatum(upload->size);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls)));
}
