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
#include "tasks/task_file.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"

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
		"SELECT name, size, profile, owner::oid, coalesce(options, '{}'), tenant"
		" FROM xlsx_private.file WHERE id = $1 AND NOT complete FOR UPDATE",
		1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(id)};
	Upload	   *upload = palloc0(sizeof(Upload));
	PrivateRow	row;

	if (private_sql_run(&select, values, NULL, &row) == 0 ||
		!membership_owns(DatumGetObjectId(row.values[3]), TextDatumGetCString(row.values[5])))
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("upload " INT64_FORMAT " does not exist", id)));
	upload->id = id;
	upload->name = TextDatumGetCString(row.values[0]);
	upload->size = DatumGetInt64(row.values[1]);
	upload->submission = submission_make(private_sql_text(&row, 2), DatumGetJsonbP(row.values[4]));
	return upload;
}

/* Options of a form, as JSON (not JSONB) in an argument. */
static Jsonb *
form_argument(FunctionCallInfo fcinfo, int argument)
{
	if (PG_ARGISNULL(argument))
		return options_of_form(NULL);
	return options_of_form(DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text_to_cstring(PG_GETARG_TEXT_PP(argument))))));
}

Datum
pg_xlsx_upload_begin(PG_FUNCTION_ARGS)
{
	Jsonb	   *options = form_argument(fcinfo, 2);

	PG_RETURN_INT64(incoming_file_create(PG_XLSX_GETARG_STRING(0, NULL), PG_XLSX_GETARG_STRING(1, "upload.xlsx"), options));
}

Datum
pg_xlsx_upload_options(PG_FUNCTION_ARGS)
{
	static PrivateStatement update = {
		"UPDATE xlsx_private.file SET profile = $2, options = $3 WHERE id = $1", 3, {INT8OID, TEXTOID, JSONBOID}, NULL
	};
	Datum		values[3];
	char		nulls[] = {' ', PG_ARGISNULL(1) ? 'n' : ' ', ' '};

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	(void) find_upload(PG_GETARG_INT64(0));
	values[0] = PG_GETARG_DATUM(0);
	values[1] = PG_ARGISNULL(1) ? (Datum) 0 : PG_GETARG_DATUM(1);
	values[2] = JsonbPGetDatum(form_argument(fcinfo, 2));
	private_sql_run(&update, values, nulls, NULL);
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
	task_file_remove(find_upload(PG_GETARG_INT64(0))->id, FILE_GONE_DELETED);
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

/* Name, size, profile and options of an unfinished upload. */
Datum
pg_xlsx_upload_settings(PG_FUNCTION_ARGS)
{
	Upload	   *upload = find_upload(PG_GETARG_INT64(0));
	const char *profile = upload->submission.profile;
	TupleDesc	descriptor;
	Datum		values[4];
	bool		nulls[4] = {false, false, false, false};

	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	(void) profile_find(&profile);
	values[0] = CStringGetTextDatum(upload->name);
	values[1] = Int64GetDatum(upload->size);
	values[2] = CStringGetTextDatum(profile);
	values[3] = JsonbPGetDatum(upload->submission.options);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls)));
}
