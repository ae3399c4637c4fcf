/*
 * set_submission.c
 *	  A set of tasks that import sheets of one stored file, one after the other.
 */
#include "functions/set_submission.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "profile/options.h"
#include "tables/private_sql.h"
#include "tasks/audit.h"
#include "tasks/events.h"
#include "tasks/membership.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"

/* Members of a set, checked, in their order. */
typedef struct Members
{
	int			count;
	Submission *members;
	char	   *profiles;		/* their profiles, as the name of the set's */
} Members;

bool
set_submission_is_one(const Submission *submission)
{
	return options_member(submission->options, "set") != NULL;
}

static Jsonb *
merged(Jsonb *options, Jsonb *more)
{
	return DatumGetJsonbP(DirectFunctionCall2(jsonb_concat, JsonbPGetDatum(options), JsonbPGetDatum(more)));
}

static Jsonb *
json(const char *text)
{
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text)));
}

/* Names are those of SQL or of REST. */
static Members
read_members(const Submission *set)
{
	static PrivateStatement select = {
		"SELECT m.profiles, m.options_of, m.common, array_to_string(m.profiles, ', ') FROM xlsx_private.members_of_set($1) AS m", 1, {JSONBOID}, NULL
	};
	Datum		values[] = {JsonbPGetDatum(set->options)};
	PrivateRow	row;
	Datum	   *profiles;
	Datum	   *options;
	Members		result;

	private_sql_run(&select, values, NULL, &row);
	deconstruct_array(DatumGetArrayTypeP(row.values[0]), TEXTOID, -1, false, TYPALIGN_INT, &profiles, NULL, &result.count);
	deconstruct_array(DatumGetArrayTypeP(row.values[1]), JSONBOID, -1, false, TYPALIGN_INT, &options, NULL, &result.count);
	result.profiles = TextDatumGetCString(row.values[3]);
	result.members = palloc0(sizeof(Submission) * (size_t) result.count);
	for (int i = 0; i < result.count; i++)
		result.members[i] = submission_make(TextDatumGetCString(profiles[i]),
											merged(DatumGetJsonbP(row.values[2]), options_of_form(DatumGetJsonbP(options[i]))));
	return result;
}

static int64
insert_set(const Submission *set, const Members *members, const char *file_name, int64 size)
{
	static PrivateStatement insert = {
		"INSERT INTO xlsx_private.task (profile, file_name, file_size, owner, login, login_was_member, owner_was_user, priority,"
		" idempotency_key, run_at, wait_ms, time_zone, date_style, exactly_once, set_size, dry_run, params)"
		" SELECT $1, $2, $3, $4::oid::regrole::xlsx_private.role_ref, $5::oid::regrole::xlsx_private.role_ref, $6, $7,"
		" coalesce(o.priority, 0), $8, 'infinity', NULL, $9, $10, true, $11, coalesce(o.dry_run, false), coalesce(o.params, '{}')"
		" FROM jsonb_to_record($12) AS o (priority int, dry_run boolean, params jsonb)"
		" ON CONFLICT ((owner::oid), tenant, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING RETURNING id",
		12, {TEXTOID, TEXTOID, INT8OID, OIDOID, OIDOID, BOOLOID, BOOLOID, TEXTOID, TEXTOID, TEXTOID, INT4OID, JSONBOID}, NULL
	};
	Datum		values[] = {
		CStringGetTextDatum(members->profiles), CStringGetTextDatum(file_name), Int64GetDatum(size), ObjectIdGetDatum(GetUserId()),
		ObjectIdGetDatum(GetSessionUserId()), BoolGetDatum(membership_can_become(GetSessionUserId(), GetUserId())),
		BoolGetDatum(membership_may_import(GetUserId())), (Datum) 0, CStringGetTextDatum(GetConfigOption("TimeZone", false, false)),
		CStringGetTextDatum(GetConfigOption("DateStyle", false, false)), Int32GetDatum(members->count), JsonbPGetDatum(set->options)
	};
	char		nulls[] = "            ";
	PrivateRow	row;

	private_sql_set_text(values, nulls, 7, set->idempotency_key);
	return private_sql_run(&insert, values, nulls, &row) == 0 ? 0 : DatumGetInt64(row.values[0]);
}

/* When the whole starts, and after which task: the first one waits for that, the others for the one before them. */
static Jsonb *
start_of(const Submission *set)
{
	char	   *run_at = options_member(set->options, "run_at");
	char	   *after = options_member(set->options, "after");
	char	   *hold = options_member(set->options, "hold");
	Jsonb	   *start = json("{}");

	if (run_at != NULL)
		start = merged(start, json(psprintf("{\"run_at\": \"%s\"}", run_at)));
	if (after != NULL)
		start = merged(start, json(psprintf("{\"after\": %s}", after)));
	if (hold != NULL)
		start = merged(start, json(psprintf("{\"hold\": %s}", hold)));
	return start;
}

int64
set_submission_queue(int64 file, const char *file_name, int64 size, const Submission *submission)
{
	Members		members = read_members(submission);
	int64		set = insert_set(submission, &members, file_name, size);
	Jsonb	   *start = start_of(submission);

	if (submission->profile != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a set has no profile of its own"),
				 errhint("Name the profile in each of its members.")));
	if (set == 0)
		return 0;
	audit_note(set, AUDIT_SUBMIT, AUDIT_NO_ROWS);
	for (int i = 0; i < members.count; i++)
	{
		Submission *member = &members.members[i];
		int64		task;

		CHECK_FOR_INTERRUPTS();
		member->set = set;
		member->hash = submission->hash;
		member->options = merged(member->options, start);
		task = submission_queue(file, file_name, size, member);
		start = json(psprintf("{\"after\": " INT64_FORMAT "}", task));
	}
	events_say_queued(set);
	return set;
}
