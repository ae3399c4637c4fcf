/*
 * submit.c
 *	  Takes a workbook as one value, and queues a task for it or imports it in this transaction.
 */
#include "pg/pg_xlsx.h"

#include "files/file_hash.h"
#include "files/file_value.h"
#include "files/workbook.h"
#include "fmgr.h"
#include "funcapi.h"
#include "functions/incoming_file.h"
#include "import/import.h"
#include "profile/options.h"
#include "profile/profile.h"
#include "tasks/queue.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(pg_xlsx_submit);
PG_FUNCTION_INFO_V1(pg_xlsx_submit_once);
PG_FUNCTION_INFO_V1(pg_xlsx_import);

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

/*
 * Reads the options that all three functions take in this order, from argument first on: sheet,
 * mode, dry_run, max_errors, header_row, locale, mapping, range, and those of options_reading.
 */
static void
take_options(FunctionCallInfo fcinfo, int first, Submission *submission)
{
	submission->sheet = PG_XLSX_GETARG_STRING(first, NULL);
	submission->mode = PG_XLSX_GETARG_STRING(first + 1, NULL);
	submission->dry_run = !PG_ARGISNULL(first + 2) && PG_GETARG_BOOL(first + 2);
	submission->max_errors = max_errors_argument(fcinfo, first + 3);
	submission->header_row = PG_XLSX_GETARG_STRING(first + 4, NULL);
	submission->locale = PG_XLSX_GETARG_STRING(first + 5, NULL);
	submission->mapping = json_or_null(fcinfo, first + 6);
	submission->range = PG_XLSX_GETARG_STRING(first + 7, NULL);
	submission->reading = options_reading(fcinfo, first + 8);
}

/* Reads profile, run_at and priority: arguments 0, 3 and 4. */
static Submission
queued_submission(FunctionCallInfo fcinfo)
{
	return (Submission) {
		.profile = PG_XLSX_GETARG_STRING(0, NULL),
		.run_now = PG_ARGISNULL(3),
		.run_at = PG_ARGISNULL(3) ? (Datum) 0 : PG_GETARG_DATUM(3),
		.priority = PG_ARGISNULL(4) ? 0 : PG_GETARG_INT32(4)
	};
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

Datum
pg_xlsx_submit(PG_FUNCTION_ARGS)
{
	Submission	submission = queued_submission(fcinfo);
	char	   *name = PG_XLSX_GETARG_STRING(2, "upload.xlsx");
	XlsxSource	source;
	int64		file;
	bool		created;

	take_options(fcinfo, 6, &submission);
	submission.idempotency_key = PG_XLSX_GETARG_STRING(5, NULL);
	submission_check(&submission);
	file_argument(fcinfo, 1, &source);
	file = incoming_file_create(submission.profile, name, (Datum) 0, false);
	incoming_file_put_all(file, &source);
	PG_RETURN_INT64(incoming_file_finish(file, name, (int64) source.size, &submission, &created));
}

/*
 * The idempotency key of a file by its content: one task per role, profile and file. A dry run
 * has a key of its own, so that the real import can follow.
 */
static char *
content_key(const uint8 *hash, const Submission *submission)
{
	const char *profile = submission->profile;
	char		hex[2 * FILE_HASH_BYTES + 1];

	(void) profile_find(&profile);
	hex[hex_encode((const char *) hash, FILE_HASH_BYTES, hex)] = '\0';
	return psprintf("sha256:%s%s %s", hex, submission->dry_run ? " dry run" : "", profile);
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
	Submission	submission = queued_submission(fcinfo);
	char	   *name = PG_XLSX_GETARG_STRING(2, "upload.xlsx");
	uint8		hash[FILE_HASH_BYTES];
	XlsxSource	source;
	int64		file;
	int64		task;
	bool		created = false;

	take_options(fcinfo, 5, &submission);
	submission_check(&submission);
	file_argument(fcinfo, 1, &source);
	file_hash_of_source(&source, hash);
	submission.idempotency_key = content_key(hash, &submission);
	task = submission_find(submission.idempotency_key);
	if (task == 0)
	{
		file = incoming_file_create(submission.profile, name, (Datum) 0, false);
		incoming_file_put_all(file, &source);
		task = incoming_file_finish(file, name, (int64) source.size, &submission, &created);
	}
	PG_RETURN_DATUM(submitted_row(fcinfo, task, created, hash));
}

/* Imports in the caller's transaction. Returns the id of the task, which has ended. */
Datum
pg_xlsx_import(PG_FUNCTION_ARGS)
{
	Submission	submission = {.profile = PG_XLSX_GETARG_STRING(0, NULL), .run_now = true};
	XlsxSource	source;
	char	   *name = PG_XLSX_GETARG_STRING(2, "import.xlsx");
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx import", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller;
	Task	   *task;
	int64		id;

	take_options(fcinfo, 3, &submission);
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
