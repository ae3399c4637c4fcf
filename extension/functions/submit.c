/*
 * submit.c
 *	  Takes a workbook as one value, and queues a task for it or imports it in this transaction.
 */
#include "pg/pg_xlsx.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "files/file_hash.h"
#include "files/file_value.h"
#include "files/workbook.h"
#include "fmgr.h"
#include "funcapi.h"
#include "functions/import_inside.h"
#include "functions/incoming_file.h"
#include "pg/call_options.h"
#include "profile/options.h"
#include "profile/profile.h"
#include "tables/private_sql.h"
#include "tasks/queue.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(pg_xlsx_submit);
PG_FUNCTION_INFO_V1(pg_xlsx_submit_options);
PG_FUNCTION_INFO_V1(pg_xlsx_submit_once);
PG_FUNCTION_INFO_V1(pg_xlsx_import);

/* Reads profile, argument 0, and the options, which are behind the file and its name. */
static Submission
submission_of_call(FunctionCallInfo fcinfo)
{
	return submission_make(PG_XLSX_GETARG_STRING(0, NULL), call_options(fcinfo, 3));
}

/* A source over the workbook in an argument. */
static void
file_argument(FunctionCallInfo fcinfo, int argument, XlsxSource *source)
{
	char		head[INCOMING_FILE_HEAD];
	size_t		length;

	if (PG_ARGISNULL(argument))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("file must not be null")));
	file_value_source(PG_GETARG_DATUM(argument), source, CurrentMemoryContext);
	length = Min(source->size, INCOMING_FILE_HEAD);
	workbook_read(source, 0, head, length);
	incoming_file_check_head(head, length);
}

/* Stores the file, argument 1 with the name 2, and queues a task. */
static int64
queue_file(FunctionCallInfo fcinfo, Submission *submission)
{
	char	   *name = PG_XLSX_GETARG_STRING(2, "upload.xlsx");
	XlsxSource	source;
	int64		file;
	bool		created;
	uint8		hash[FILE_HASH_BYTES];

	file_argument(fcinfo, 1, &source);
	file_hash_of_source(&source, hash);
	submission->hash = hash;
	file = incoming_file_create(submission->profile, name, NULL);
	incoming_file_put_all(file, &source);
	return incoming_file_finish(file, name, (int64) source.size, submission, &created);
}

Datum
pg_xlsx_submit(PG_FUNCTION_ARGS)
{
	Submission	submission = submission_of_call(fcinfo);

	PG_RETURN_INT64(queue_file(fcinfo, &submission));
}

/* profile, file, file_name, options */
Datum
pg_xlsx_submit_options(PG_FUNCTION_ARGS)
{
	Submission	submission;

	if (PG_ARGISNULL(3))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("options must not be null"),
				 errhint("An empty JSON object is no options.")));
	submission = submission_make(PG_XLSX_GETARG_STRING(0, NULL), PG_GETARG_JSONB_P(3));
	PG_RETURN_INT64(queue_file(fcinfo, &submission));
}

/*
 * The idempotency key of a file by its content: one task per role, profile, params and file. A dry
 * run has a key of its own, so that the real import can follow.
 */
static char *
content_key(const uint8 *hash, const Submission *submission)
{
	const char *profile = submission->profile;
	char	   *dry_run = options_member(submission->options, "dry_run");
	char	   *params = options_member(submission->options, "params");
	char		hex[2 * FILE_HASH_BYTES + 1];

	(void) profile_find(&profile);
	hex[hex_encode((const char *) hash, FILE_HASH_BYTES, hex)] = '\0';
	return psprintf("sha256:%s%s%s %s", hex, dry_run != NULL && strcmp(dry_run, "true") == 0 ? " dry run" : "",
					params != NULL ? psprintf(" for %016llx", (unsigned long long) hash_bytes_extended((unsigned char *) params, (int) strlen(params), 0)) : "",
					profile);
}

/* Returns the task, whether it is new, and the hash of the file as one row. */
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
	Submission	submission = submission_of_call(fcinfo);
	char	   *name = PG_XLSX_GETARG_STRING(2, "upload.xlsx");
	uint8		hash[FILE_HASH_BYTES];
	XlsxSource	source;
	int64		file;
	int64		task;
	bool		created = false;

	file_argument(fcinfo, 1, &source);
	file_hash_of_source(&source, hash);
	submission.hash = hash;
	submission.idempotency_key = content_key(hash, &submission);
	task = submission_find(submission.idempotency_key);
	if (task == 0)
	{
		file = incoming_file_create(submission.profile, name, NULL);
		incoming_file_put_all(file, &source);
		task = incoming_file_finish(file, name, (int64) source.size, &submission, &created);
	}
	PG_RETURN_DATUM(submitted_row(fcinfo, task, created, hash));
}

/* The task and the numbers of its rows as one row. */
static Datum
outcome_row(FunctionCallInfo fcinfo, int64 task)
{
	static PrivateStatement select = {
		"SELECT id, status, total_rows, saved_rows, error_rows, warning_rows, inserted_rows, updated_rows, unchanged_rows, skipped_rows,"
		" error_message, deleted_rows, absent_rows FROM xlsx_private.task WHERE id = $1", 1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task)};
	TupleDesc	descriptor;
	PrivateRow	row;

	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	if (private_sql_run(&select, values, NULL, &row) == 0)
		elog(ERROR, "task " INT64_FORMAT " does not exist", task);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), row.values, row.nulls));
}

/* Imports in the caller's transaction. Returns the task, which has ended. */
Datum
pg_xlsx_import(PG_FUNCTION_ARGS)
{
	Submission	submission = submission_of_call(fcinfo);
	XlsxSource	source;
	char	   *name = PG_XLSX_GETARG_STRING(2, "import.xlsx");
	uint8		hash[FILE_HASH_BYTES];
	int64		id;

	file_argument(fcinfo, 1, &source);
	file_hash_of_source(&source, hash);
	submission.hash = hash;
	id = submission_insert(0, name, (int64) source.size, &submission);
	import_inside(id, &source, 0);
	PG_RETURN_DATUM(outcome_row(fcinfo, id));
}
