/*
 * submission.c
 *	  The options of an import, and the task that is made from them.
 */
#include "functions/submission.h"

#include "catalog/pg_type.h"
#include "functions/duplicates.h"
#include "functions/subject.h"
#include "miscadmin.h"
#include "profile/frozen.h"
#include "profile/absent_options.h"
#include "profile/options.h"
#include "profile/params.h"
#include "profile/profile.h"
#include "saving/save_mode.h"
#include "tables/carried.h"
#include "tables/installation.h"
#include "tables/private_sql.h"
#include "tables/tenant.h"
#include "tables/version.h"
#include "tasks/after.h"
#include "tasks/audit.h"
#include "tasks/dispatch.h"
#include "tasks/events.h"
#include "tasks/membership.h"
#include "tasks/role_limits.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

Submission
submission_make(const char *profile, Jsonb *options)
{
	version_check(WARNING);
	options = options_check(OPTIONS_TASK, options);
	return (Submission) {.profile = profile,.options = options,.idempotency_key = options_member(options, "idempotency_key")};
}

char *
submission_settings(int64 profile)
{
	static PrivateStatement select = {"SELECT settings FROM xlsx_private.profile WHERE id = $1", 1, {INT8OID}, NULL};
	Datum		values[] = {Int64GetDatum(profile)};
	PrivateRow	row;
	bool		found = private_sql_run(&select, values, NULL, &row) > 0 && !row.nulls[0];

	return carried_record(found ? row.values[0] : (Datum) 0, found);
}

/* May name columns, or have no effect. */
static void
check_telling(int64 profile, Jsonb *options)
{
	static PrivateStatement check = {"SELECT xlsx_private.check_telling($1, $2)", 2, {INT8OID, JSONBOID}, NULL};
	Datum		values[] = {Int64GetDatum(profile), JsonbPGetDatum(options)};

	if (options_member(options, "keep_changes") != NULL || options_member(options, "returning") != NULL)
		(void) private_sql_run(&check, values, NULL, NULL);
}

/*
 * A mode that takes the file as all rows of a scope needs to know which, or how many rows may go;
 * another one may have no use for an option.
 */
static void
check_mode(int64 profile, const Submission *submission)
{
	static PrivateStatement select = {
		"SELECT coalesce($2 ->> 'mode', p.mode), coalesce($2 ->> 'scope', p.scope), coalesce($2 ->> 'max_absent', p.max_absent), p.delete_when"
		" FROM xlsx_private.profile p WHERE p.id = $1", 2, {INT8OID, JSONBOID}, NULL
	};
	Datum		values[] = {Int64GetDatum(profile), JsonbPGetDatum(submission->options)};
	PrivateRow	row;
	SaveMode	mode;

	if (private_sql_run(&select, values, NULL, &row) == 0)
		return;
	mode = save_mode_called(private_sql_text(&row, 0));
	save_mode_require_deletes(mode, private_sql_text(&row, 3));
	if (save_mode(mode)->absents)
		absent_require_limit(private_sql_text(&row, 1), private_sql_text(&row, 2));
}

/*
 * Has the task to wait for the one that it starts after?  That one's state stays as it is until the transaction ends.
 * Raises an error if it will never end well, or the role may not see it.
 */
static bool
must_wait(const char *option)
{
	int64		after;
	Subject		before;
	TaskStatus	status;

	if (option == NULL)
		return false;
	after = pg_strtoint64(option);
	before = subject_find(after);
	if (!after_share(after, &status))
		before = subject_find(after);	/* raises an error: it has just been deleted */
	else
		before.status = status;
	if (task_status_meaning(before.status) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("cannot start a task after task " INT64_FORMAT " because it is %s", after, task_status_names.texts[before.status]),
				 errhint("Retry that task first.")));
	return subject_is_active(&before);
}

/*
 * Does the task wait for xlsx.release? A submitter cannot pass over a hold of the profile, and an import in the submitter's own
 * transaction cannot wait.
 */
static bool
submission_is_held(int64 profile, Jsonb *options, bool inside)
{
	static PrivateStatement select = {
		"SELECT p.hold, ($2 ->> 'hold')::boolean, p.name FROM xlsx_private.profile p WHERE p.id = $1", 2, {INT8OID, JSONBOID}, NULL
	};
	Datum		values[] = {Int64GetDatum(profile), JsonbPGetDatum(options)};
	PrivateRow	row;
	bool		by_profile;

	if (private_sql_run(&select, values, NULL, &row) == 0)
		return false;
	by_profile = DatumGetBool(row.values[0]);
	if (by_profile && !row.nulls[1] && !DatumGetBool(row.values[1]))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("profile \"%s\" holds its tasks", private_sql_text(&row, 2)),
				 errhint("Leave the option hold out.")));
	if (by_profile && inside)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("profile \"%s\" holds its tasks", private_sql_text(&row, 2)),
				 errhint("Use xlsx.submit: its task waits for xlsx.release.")));
	return by_profile || (!row.nulls[1] && DatumGetBool(row.values[1]));
}

/* Sets held, submitted_by, file_hash, on_duplicate and duplicate_of. Returns false if the idempotency key is taken. */
static bool
fill_content(int64 profile, const Submission *submission, bool inside, Datum *values, char *nulls)
{
	Duplicate	duplicate;

	values[0] = BoolGetDatum(submission_is_held(profile, submission->options, inside));
	private_sql_set_text(values, nulls, 1, audit_subject());
	duplicate = duplicate_find(profile, submission);
	nulls[2] = submission->hash == NULL ? 'n' : ' ';
	values[2] = submission->hash == NULL ? (Datum) 0 : PointerGetDatum(duplicate_hash(submission->hash));
	values[3] = CStringGetTextDatum(on_duplicate_names.texts[duplicate.wanted]);
	values[4] = Int64GetDatum(duplicate.task);
	return !duplicate.same_key;
}

int64
submission_insert(int64 file, const char *file_name, int64 size, const Submission *submission)
{
	static PrivateStatement insert = {
		"INSERT INTO xlsx_private.task (login_was_member, owner_was_user, profile_id, frozen_id, profile, file_id, file_name, file_size, owner, login, run_at,"
		" priority, idempotency_key, time_zone, date_style, sheet, dry_run, max_errors, header_row, locale, mapping, range, options,"
		" exactly_once, wait_ms, mode, status, attempts, started_at, attempt_started_at, born_in, home, params, settings,"
		" after_task, after_run_at, set_id,"
		" held, submitted_by, file_hash, on_duplicate, duplicate_of)"
		" SELECT $12, $13, $1, $11, $2, nullif($3, 0), $4, $5, $6::oid::regrole::xlsx_private.role_ref, $7::oid::regrole::xlsx_private.role_ref,"
		" CASE WHEN $17 THEN 'infinity' ELSE o.run_at END,"
		" coalesce(o.priority, 0), $8, $9, $10, o.sheet, coalesce(o.dry_run, false), o.max_errors, o.header_row, o.locale, o.mapping, o.range,"
		/* Those that stand in columns of their own are not kept twice. */
		" nullif($15 - '{run_at,priority,idempotency_key,sheet,dry_run,max_errors,header_row,locale,mapping,range,mode,params,after,hold,on_duplicate}'::text[], '{}'),"
		" NOT xlsx_private.is_remote($1), CASE WHEN NOT $17 AND coalesce(o.run_at, clock_timestamp()) <= clock_timestamp() THEN 0 END,"
		" coalesce(o.mode, (SELECT p.mode FROM xlsx_private.profile p WHERE p.id = $1)),"
		" CASE WHEN $3 = 0 THEN 'PROCESSING' ELSE 'PENDING' END, CASE WHEN $3 = 0 THEN 1 ELSE 0 END,"
		" CASE WHEN $3 = 0 THEN clock_timestamp() END, CASE WHEN $3 = 0 THEN clock_timestamp() END, $14::uuid, $14::uuid, coalesce(o.params, '{}'), $16::jsonb,"
		" o.after, CASE WHEN $17 THEN o.run_at END, nullif($18, 0),"
		" $19, $20, $21, $22, nullif($23, 0)"
		" FROM jsonb_to_record($15) AS o (run_at timestamptz, priority int, sheet text, dry_run boolean, max_errors bigint, header_row text,"
		" locale text, mapping jsonb, range text, mode text, params jsonb, after bigint)"
		" ON CONFLICT ((owner::oid), tenant, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING RETURNING id",
		23, {INT8OID, TEXTOID, INT8OID, TEXTOID, INT8OID, OIDOID, OIDOID, TEXTOID, TEXTOID, TEXTOID, INT8OID, BOOLOID, BOOLOID, TEXTOID, JSONBOID, TEXTOID, BOOLOID, INT8OID,
		BOOLOID, TEXTOID, BYTEAOID, TEXTOID, INT8OID}, NULL
	};
	const char *profile = submission->profile;
	int64		profile_id = profile_find(&profile);
	Datum		values[23];
	char		nulls[23];
	PrivateRow	row;

	check_mode(profile_id, submission);
	role_limits_check_task(GetUserId(), tenant_current(), file != 0);
	check_telling(profile_id, submission->options);
	memset(nulls, ' ', sizeof(nulls));
	values[0] = Int64GetDatum(profile_id);
	values[1] = CStringGetTextDatum(profile);
	values[2] = Int64GetDatum(file);
	values[3] = CStringGetTextDatum(file_name);
	values[4] = Int64GetDatum(size);
	values[5] = ObjectIdGetDatum(GetUserId());
	values[6] = ObjectIdGetDatum(GetSessionUserId());
	private_sql_set_text(values, nulls, 7, submission->idempotency_key);
	values[8] = CStringGetTextDatum(GetConfigOption("TimeZone", false, false));
	values[9] = CStringGetTextDatum(GetConfigOption("DateStyle", false, false));
	values[10] = Int64GetDatum(frozen_profile_make(profile_id));
	values[11] = BoolGetDatum(membership_can_become(GetSessionUserId(), GetUserId()));
	values[12] = BoolGetDatum(membership_may_import(GetUserId()));
	private_sql_set_text(values, nulls, 13, installation_name());
	values[14] = JsonbPGetDatum(submission->options);
	private_sql_set_text(values, nulls, 15, submission_settings(profile_id));
	values[16] = BoolGetDatum(must_wait(options_member(submission->options, "after")));
	values[17] = Int64GetDatum(submission->set);
	if (!fill_content(profile_id, submission, file == 0, values + 18, nulls + 18))
		return 0;
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
	char	   *run_at = options_member(submission->options, "run_at");

	if (task != 0)
		submission_start(task, run_at == NULL ? GetCurrentTimestamp() :
						 DatumGetTimestampTz(DirectFunctionCall3(timestamptz_in, CStringGetDatum(run_at), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1))));
	return task;
}

void
submission_wake(Oid login, TimestampTz due)
{
	if (due <= GetCurrentTimestamp())
		dispatch_want(login);
	else
		dispatch_due(due);
}

void
submission_start(int64 task, TimestampTz due)
{
	events_say_queued(task);
	submission_wake(GetSessionUserId(), due);
}
