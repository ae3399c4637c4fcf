/*
 * submission.c
 *	  The options of an import, and the task that is made from them.
 */
#include "functions/submission.h"

#include "catalog/pg_type.h"
#include "files/range.h"
#include "miscadmin.h"
#include "profile/frozen.h"
#include "profile/options.h"
#include "profile/params.h"
#include "profile/profile.h"
#include "tables/carried.h"
#include "tables/installation.h"
#include "tables/private_sql.h"
#include "tables/tenant.h"
#include "tables/version.h"
#include "tasks/audit.h"
#include "tasks/dispatch.h"
#include "tasks/events.h"
#include "tasks/membership.h"
#include "tasks/role_limits.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

/* A longer key does not fit into an index. */
#define MAX_KEY_BYTES 1024

void
submission_check(const Submission *submission)
{
	version_check(WARNING);
	if (submission->mode != NULL)
		(void) save_mode_called(submission->mode);
	options_check_header_row(submission->header_row);
	options_check_mapping(submission->mapping);
	(void) range_parse(submission->range);
	options_check_reading(submission->reading);
	params_check(submission->params);
	if (submission->idempotency_key != NULL && strlen(submission->idempotency_key) > MAX_KEY_BYTES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("idempotency key must have at most %d bytes", MAX_KEY_BYTES)));
}

/* The settings that tasks of a profile carry along, as they are now; NULL: none. */
static char *
settings_of(int64 profile)
{
	static PrivateStatement select = {"SELECT settings FROM xlsx_private.profile WHERE id = $1", 1, {INT8OID}, NULL};
	Datum		values[] = {Int64GetDatum(profile)};
	PrivateRow	row;
	bool		found = private_sql_run(&select, values, NULL, &row) > 0 && !row.nulls[0];

	return carried_record(found ? row.values[0] : (Datum) 0, found);
}

int64
submission_insert(int64 file, const char *file_name, int64 size, const Submission *submission)
{
	static PrivateStatement insert = {
		"INSERT INTO xlsx_private.task (login_was_member, owner_was_user, profile_id, frozen_id, profile, file_id, file_name, file_size, owner, login, run_at,"
		" priority, idempotency_key, time_zone, date_style, sheet, dry_run, max_errors, header_row, locale, mapping,"
		" exactly_once, wait_ms, mode, status, attempts, started_at, attempt_started_at, range, reading, born_in, home, params, settings)"
		" SELECT $21, $22, $1, $20, $2, nullif($3, 0), $4, $5, $6::oid::regrole::xlsx_private.role_ref, $7::oid::regrole::xlsx_private.role_ref, $8, $9,"
		" $10, $11, $12, $13, $14, nullif($15, -1), $16, $17, $18::jsonb, NOT xlsx_private.is_remote($1),"
		" CASE WHEN coalesce($8, clock_timestamp()) <= clock_timestamp() THEN 0 END,"
		" coalesce($19, (SELECT p.mode FROM xlsx_private.profile p WHERE p.id = $1)),"
		" CASE WHEN $3 = 0 THEN 'PROCESSING' ELSE 'PENDING' END, CASE WHEN $3 = 0 THEN 1 ELSE 0 END,"
		" CASE WHEN $3 = 0 THEN clock_timestamp() END, CASE WHEN $3 = 0 THEN clock_timestamp() END, $23, $24::jsonb, $25::uuid, $25::uuid, coalesce($26::jsonb, '{}'), $27::jsonb"
		" ON CONFLICT ((owner::oid), tenant, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING RETURNING id",
		27, {INT8OID, TEXTOID, INT8OID, TEXTOID, INT8OID, OIDOID, OIDOID, TIMESTAMPTZOID, INT4OID, TEXTOID, TEXTOID,
		TEXTOID, TEXTOID, BOOLOID, INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, INT8OID, BOOLOID, BOOLOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID}, NULL
	};
	const char *profile = submission->profile;
	int64		profile_id = profile_find(&profile);
	Datum		values[27];
	char		nulls[27];
	PrivateRow	row;

	submission_check(submission);
	role_limits_check_task(GetUserId(), tenant_current(), file != 0);
	memset(nulls, ' ', sizeof(nulls));
	values[0] = Int64GetDatum(profile_id);
	values[1] = CStringGetTextDatum(profile);
	values[2] = Int64GetDatum(file);
	values[3] = CStringGetTextDatum(file_name);
	values[4] = Int64GetDatum(size);
	values[5] = ObjectIdGetDatum(GetUserId());
	values[6] = ObjectIdGetDatum(GetSessionUserId());
	values[7] = submission->run_at;
	nulls[7] = submission->run_now ? 'n' : ' ';
	values[8] = Int32GetDatum(submission->priority);
	private_sql_set_text(values, nulls, 9, submission->idempotency_key);
	values[10] = CStringGetTextDatum(GetConfigOption("TimeZone", false, false));
	values[11] = CStringGetTextDatum(GetConfigOption("DateStyle", false, false));
	private_sql_set_text(values, nulls, 12, submission->sheet);
	values[13] = BoolGetDatum(submission->dry_run);
	values[14] = Int64GetDatum(submission->max_errors);
	private_sql_set_text(values, nulls, 15, submission->header_row);
	private_sql_set_text(values, nulls, 16, submission->locale);
	private_sql_set_text(values, nulls, 17, submission->mapping);
	private_sql_set_text(values, nulls, 18, submission->mode);
	values[19] = Int64GetDatum(frozen_profile_make(profile_id));
	values[20] = BoolGetDatum(membership_can_become(GetSessionUserId(), GetUserId()));
	values[21] = BoolGetDatum(membership_may_import(GetUserId()));
	private_sql_set_text(values, nulls, 22, submission->range);
	private_sql_set_text(values, nulls, 23, submission->reading);
	private_sql_set_text(values, nulls, 24, installation_name());
	private_sql_set_text(values, nulls, 25, submission->params);
	private_sql_set_text(values, nulls, 26, settings_of(profile_id));
	if (private_sql_run(&insert, values, nulls, &row) == 0)
		return 0;
	audit_note(DatumGetInt64(row.values[0]), file == 0 ? AUDIT_IMPORT : AUDIT_SUBMIT, AUDIT_NO_ROWS);
	return DatumGetInt64(row.values[0]);
}

int64
submission_find(const char *key)
{
	static PrivateStatement select = {
		"SELECT id FROM xlsx_private.task WHERE owner::oid = $1 AND tenant = $3 AND idempotency_key = $2",
		3, {OIDOID, TEXTOID, TEXTOID}, NULL
	};
	Datum		values[3];
	PrivateRow	row;

	if (key == NULL)
		return 0;
	values[0] = ObjectIdGetDatum(GetUserId());
	values[1] = CStringGetTextDatum(key);
	values[2] = CStringGetTextDatum(tenant_current());
	return private_sql_run(&select, values, NULL, &row) > 0 ? DatumGetInt64(row.values[0]) : 0;
}

int64
submission_queue(int64 file, const char *file_name, int64 size, const Submission *submission)
{
	int64		task = submission_insert(file, file_name, size, submission);

	if (task == 0)
		return 0;
	events_say_queued(task);
	if (submission->run_now || DatumGetTimestampTz(submission->run_at) <= GetCurrentTimestamp())
		dispatch_want(GetSessionUserId());
	else
		dispatch_due(DatumGetTimestampTz(submission->run_at));
	return task;
}
