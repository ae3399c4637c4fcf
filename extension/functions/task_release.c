/*
 * task_release.c
 *	  Lets a held task start (xlsx.release).
 */
#include "functions/subject.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "functions/submission.h"
#include "miscadmin.h"
#include "tables/private_sql.h"
#include "tasks/audit.h"
#include "tasks/progress.h"
#include "tasks/task_set.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(pg_xlsx_release);

typedef struct Held
{
	bool		held;
	bool		four_eyes;		/* its profile has, as it was or as it is now */
	char	   *submitted_by;	/* subject of a token, or NULL */
	TimestampTz due;
} Held;

static Held
find_held(int64 task)
{
	static PrivateStatement select = {
		"SELECT t.held, coalesce((f.content ->> 'four_eyes')::boolean, false) OR coalesce(p.four_eyes, false), t.submitted_by, t.run_at"
		" FROM xlsx_private.task t LEFT JOIN xlsx_private.frozen_profile f ON f.id = t.frozen_id LEFT JOIN xlsx_private.profile p ON p.id = t.profile_id"
		" WHERE t.id = $1", 1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task)};
	PrivateRow	row;

	private_sql_run(&select, values, NULL, &row);
	return (Held) {
		.held = DatumGetBool(row.values[0]),
		.four_eyes = DatumGetBool(row.values[1]),
		.submitted_by = private_sql_text(&row, 2),
		.due = row.nulls[3] ? GetCurrentTimestamp() : DatumGetTimestampTz(row.values[3])
	};
}

/*
 * People are told apart by the subjects of their tokens, where both have one. Otherwise by role and login, because a member
 * of the owner can take on its role and leave it again; the login of the sidecar is nobody's.
 */
static bool
is_submitter(const Subject *task, const Held *held)
{
	const char *subject = audit_subject();

	if (subject != NULL && held->submitted_by != NULL)
		return strcmp(subject, held->submitted_by) == 0;
	return GetUserId() == task->owner ||
		((GetSessionUserId() == task->login || GetUserId() == task->login) &&
		 !is_member_of_role_nosuper(task->login, get_role_oid("xlsx_notifier", false)));
}

static void
release_one(const Subject *task, const Held *held)
{
	static PrivateStatement update = {
		"UPDATE xlsx_private.task SET held = false, updated_at = clock_timestamp() WHERE id = $1", 1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task->id)};

	if (held->four_eyes && is_submitter(task, held))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("task " INT64_FORMAT " must be released by somebody else than who submitted it", task->id),
				 errdetail("Its profile has four_eyes.")));
	private_sql_run(&update, values, NULL, NULL);
	audit_note(task->id, AUDIT_RELEASE, AUDIT_NO_ROWS);
	progress_queued_again(task->id);
	submission_wake(task->login, held->due);
}

/* Releases the tasks of a set that are held. */
static void
release_set(const Subject *set)
{
	int			count;
	int64	   *tasks = task_set_tasks(set->id, &count);
	bool		any = false;

	for (int i = 0; i < count; i++)
	{
		Subject		task = subject_lock(tasks[i]);
		Held		held = find_held(task.id);

		if (task.status != TASK_PENDING || !held.held)
			continue;
		release_one(&task, &held);
		any = true;
	}
	if (!any)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("no task of set " INT64_FORMAT " is held", set->id)));
}

Datum
pg_xlsx_release(PG_FUNCTION_ARGS)
{
	Subject		task = subject_find(PG_GETARG_INT64(0));
	Held		held;

	/* The tasks of a set are locked before it. */
	if (task.set_size > 0 && !task.atomic)
		release_set(&task);
	else
	{
		task = subject_lock(task.id);
		held = find_held(task.id);
		if (task.status != TASK_PENDING)
			subject_refuse(&task, "release");
		if (!held.held)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("task " INT64_FORMAT " is not held", task.id)));
		release_one(&task, &held);
	}
	PG_RETURN_TEXT_P(cstring_to_text(task_status_names.texts[TASK_PENDING]));
}
