/*
 * upload.c
 *	  Uploads: files whose bytes come chunk by chunk, and the options for their tasks.
 */
#include "pg/pg_xlsx.h"

#include "catalog/pg_type.h"
#include "files/file_value.h"
#include "fmgr.h"
#include "funcapi.h"
#include "functions/incoming_file.h"
#include "profile/options.h"
#include "profile/profile.h"
#include "tables/private_sql.h"
#include "tasks/membership.h"
#include "tasks/queue.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(pg_xlsx_upload_begin);
PG_FUNCTION_INFO_V1(pg_xlsx_upload_chunk);
PG_FUNCTION_INFO_V1(pg_xlsx_upload_options);
PG_FUNCTION_INFO_V1(pg_xlsx_upload_finish);
PG_FUNCTION_INFO_V1(pg_xlsx_upload_remove);
PG_FUNCTION_INFO_V1(pg_xlsx_upload_file);
PG_FUNCTION_INFO_V1(pg_xlsx_upload_settings);

/* An upload, as its row in xlsx_private.file describes it. */
typedef struct Upload
{
	int64		id;
	char	   *name;
	int64		size;
	Submission	submission;
} Upload;

/* Finds a file of the current role that is still being uploaded. */
static Upload *
find_upload(int64 id)
{
	static PrivateStatement select = {
		"SELECT name, size, profile, options ->> 'idempotencyKey', (options ->> 'runAt')::timestamptz,"
		" (options ->> 'priority')::int, owner::oid, nullif(options ->> 'sheet', ''),"
		" coalesce(nullif(options ->> 'dryRun', '')::boolean, false), nullif(options ->> 'mode', ''),"
		" nullif(options ->> 'maxErrors', '')::bigint, nullif(options ->> 'headerRow', ''),"
		" nullif(options ->> 'locale', ''), nullif(options ->> 'mapping', ''), nullif(options ->> 'range', ''),"
		" xlsx_private.reading(nullif(options ->> 'headerCheck', ''), nullif(options ->> 'headerRows', '')::int,"
		" nullif(options ->> 'fillMerged', '')::boolean, nullif(options ->> 'skipHidden', '')::boolean, nullif(options ->> 'stopAt', ''),"
		" nullif(options ->> 'sheets', ''),"
		" nullif(options ->> 'dateOrder', ''), nullif(options ->> 'decimal', ''), nullif(options ->> 'timeZone', ''))::text"
		", tenant FROM xlsx_private.file WHERE id = $1 AND NOT complete FOR UPDATE",
		1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(id)};
	Upload	   *upload = palloc0(sizeof(Upload));
	PrivateRow	row;

	if (private_sql_run(&select, values, NULL, &row) == 0 ||
		!membership_owns(DatumGetObjectId(row.values[6]), TextDatumGetCString(row.values[16])))
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
	upload->submission.range = private_sql_text(&row, 14);
	upload->submission.reading = private_sql_text(&row, 15);
	submission_check(&upload->submission);
	return upload;
}

Datum
pg_xlsx_upload_begin(PG_FUNCTION_ARGS)
{
	char	   *name = PG_XLSX_GETARG_STRING(1, "upload.xlsx");
	int64		file = incoming_file_create(PG_XLSX_GETARG_STRING(0, NULL), name, PG_ARGISNULL(2) ? (Datum) 0 : PG_GETARG_DATUM(2),
								   !PG_ARGISNULL(2));

	(void) find_upload(file);	/* refuses wrong options before the bytes come */
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
		incoming_file_check_head(VARDATA_ANY(data), length);
	if (upload->size != (int64) no * PG_XLSX_CHUNK_BYTES || length == 0 || length > PG_XLSX_CHUNK_BYTES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("chunk %d does not follow the ones before", no),
				 errdetail("Chunks are counted from 0, and all but the last have %d bytes.", PG_XLSX_CHUNK_BYTES)));
	incoming_file_put(store_of(upload->id), upload->id, no, data);
	incoming_file_set_size(upload->id, upload->size + (int64) length, false);
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
		incoming_file_check_head("", 0);
	values[0] = Int64GetDatum(incoming_file_finish(upload->id, upload->name, upload->size, &upload->submission, &created));
	values[1] = BoolGetDatum(created);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls)));
}

/* The bytes of an unfinished upload, read from where they are stored. */
Datum
pg_xlsx_upload_file(PG_FUNCTION_ARGS)
{
	Upload	   *upload = find_upload(PG_GETARG_INT64(0));

	if (upload->size == 0)
		incoming_file_check_head("", 0);
	return file_value_stored(upload->id, (uint64) upload->size);
}

/* Name, size, profile, sheet, header row, mapping, range and other options of reading, and locale, of an unfinished upload. */
Datum
pg_xlsx_upload_settings(PG_FUNCTION_ARGS)
{
	Upload	   *upload = find_upload(PG_GETARG_INT64(0));
	const Submission *submission = &upload->submission;
	const char *profile = submission->profile;
	const char *texts[] = {upload->name, NULL, NULL, submission->sheet, submission->header_row, submission->mapping, submission->range,
		submission->reading, submission->locale};
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
