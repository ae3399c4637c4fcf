/*
 * claim.c
 *	  How a worker takes a task from the queue.
 */
#include "tasks/queue.h"

#include "catalog/pg_type.h"
#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "pg/compat.h"
#include "pg/deadline.h"
#include "pg/place.h"
#include "tables/private_sql.h"
#include "tasks/dispatch.h"
#include "tasks/setting_fault.h"
#include "tasks/slots.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

/* A task fails when this many workers in a row have died at it. */
#define MAX_DEATHS 3

/* Candidates that one look into the queue considers. */
#define CLAIM_CANDIDATES 64

/* A task that is due, and the role that its worker counts for. */
typedef struct Candidate
{
	int64		id;
	Oid			role;
} Candidate;

/*
 * The role that a task's worker counts for. A login that serves others, as the sidecar's does,
 * must not let one of them take all workers, so there it is the task's owner. Otherwise it is the
 * login, whatever role it takes on.
 */
static bool
works_alone(Oid login)
{
	return !has_privs_of_role(login, get_role_oid("xlsx_notifier", false));
}

/*
 * One page of candidates, in their order, by the index: the look must not take longer when
 * thousands of tasks wait.
 */
static int
claim_candidates(Oid login, bool alone, int64 offset, Candidate *candidates)
{
	static PrivateStatement select = {
		"SELECT array_agg(id), array_agg(owner) FROM (SELECT d.id, d.owner::oid FROM xlsx_private.due_task d"
		" WHERE d.login = $1::oid::regrole ORDER BY d.priority DESC, d.run_at, d.id OFFSET $2 LIMIT $3) AS page",
		3, {OIDOID, INT8OID, INT4OID}, NULL
	};
	Datum		values[] = {ObjectIdGetDatum(login), Int64GetDatum(offset), Int32GetDatum(CLAIM_CANDIDATES)};
	Datum	   *ids;
	Datum	   *owners;
	int			count;
	PrivateRow	row;

	private_sql_run(&select, values, NULL, &row);
	if (row.nulls[0])
		return 0;
	deconstruct_array(DatumGetArrayTypeP(row.values[0]), INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &ids, NULL,
					  &count);
	deconstruct_array(DatumGetArrayTypeP(row.values[1]), OIDOID, sizeof(Oid), true, TYPALIGN_INT, &owners, NULL,
					  &count);
	for (int i = 0; i < count; i++)
		candidates[i] = (Candidate) {DatumGetInt64(ids[i]), alone ? login : DatumGetObjectId(owners[i])};
	return count;
}

static void
read_source(Task *task, Datum array)
{
	Datum	   *elements;

	deconstruct_array(DatumGetArrayTypeP(array), INT4OID, 4, true, TYPALIGN_INT, &elements, NULL, &task->source_count);
	task->source = palloc(sizeof(uint32) * (size_t) Max(task->source_count, 1));
	for (int i = 0; i < task->source_count; i++)
		task->source[i] = (uint32) DatumGetInt32(elements[i]);
}

/* The columns that task_of_row reads, in this order. */
#define TASK_COLUMNS \
	"id, frozen_id, file_id, file_size, owner::oid, attempts, time_zone, date_style, source_columns," \
	" total_rows, validated_rows, error_rows, saved_rows, cursor_row, validated, packets, packets_saved, deaths, sheet," \
	" file_name, mode, dry_run, coalesce(max_errors, -1), header_row, locale, mapping::text, inserted_rows," \
	" updated_rows, unchanged_rows, skipped_rows, warning_rows, profile, seq, packet_rows_saved, range, reading::text," \
	" pg_get_userbyid(owner::oid)::text"

static Task *
task_of_row(const PrivateRow *row)
{
	Task	   *task = palloc0(sizeof(Task));
	int			i = 0;

	task->id = task->progress.task = DatumGetInt64(row->values[i++]);
	task->frozen = row->nulls[i] ? 0 : DatumGetInt64(row->values[i]);
	i++;
	task->file = row->nulls[i] ? 0 : DatumGetInt64(row->values[i]);
	i++;
	task->file_size = (uint64) DatumGetInt64(row->values[i++]);
	task->owner = DatumGetObjectId(row->values[i++]);
	task->attempt = DatumGetInt32(row->values[i++]);
	task->time_zone = TextDatumGetCString(row->values[i++]);
	task->date_style = TextDatumGetCString(row->values[i++]);
	if (!row->nulls[i])
		read_source(task, row->values[i]);
	i++;
	task->progress.total_rows = DatumGetInt64(row->values[i++]);
	task->progress.validated_rows = DatumGetInt64(row->values[i++]);
	task->progress.error_rows = DatumGetInt64(row->values[i++]);
	task->progress.saved_rows = DatumGetInt64(row->values[i++]);
	task->progress.cursor_row = DatumGetInt64(row->values[i++]);
	task->progress.validated = DatumGetBool(row->values[i++]);
	task->progress.packets = DatumGetInt32(row->values[i++]);
	task->progress.packets_saved = DatumGetInt32(row->values[i++]);
	i++;						/* deaths */
	task->sheet = private_sql_text(row, i++);
	task->file_name = private_sql_text(row, i++);
	task->mode = save_mode_called(private_sql_text(row, i++));
	task->dry_run = DatumGetBool(row->values[i++]);
	task->max_errors = DatumGetInt64(row->values[i++]);
	task->header_row = private_sql_text(row, i++);
	task->locale = private_sql_text(row, i++);
	task->mapping = private_sql_text(row, i++);
	task->progress.inserted_rows = DatumGetInt64(row->values[i++]);
	task->progress.updated_rows = DatumGetInt64(row->values[i++]);
	task->progress.unchanged_rows = DatumGetInt64(row->values[i++]);
	task->progress.skipped_rows = DatumGetInt64(row->values[i++]);
	task->progress.warning_rows = DatumGetInt64(row->values[i++]);
	task->profile_name = TextDatumGetCString(row->values[i++]);
	task->seq = DatumGetInt64(row->values[i++]) - LIVE_EVENTS;
	task->progress.packet_rows_saved = DatumGetInt32(row->values[i++]);
	task->range = private_sql_text(row, i++);
	task->reading = private_sql_text(row, i++);
	task->owner_name = private_sql_text(row, i++);
	return task;
}

/*
 * The task, now PROCESSING, if it was still allowed to become so; the caller holds its lock.
 * deaths counts this start until a batch commits, unless its last worker did not die. Returns NULL
 * also when a session of the task's owner holds the row, so that the worker does not wait for it.
 */
static Task *
take(int64 id, bool died, int *deaths)
{
	static PrivateStatement update = {
		"UPDATE xlsx_private.task SET status = 'PROCESSING', phase = NULL, phase_progress = 0,"
		" attempts = attempts + CASE WHEN status = 'PENDING' THEN 1 ELSE 0 END,"
		" deaths = CASE WHEN status <> 'PROCESSING' THEN 0 WHEN $4 THEN deaths + 1 ELSE deaths END, worker_pid = $2,"
		" attempt_started_at = clock_timestamp(),"
		" started_at = coalesce(started_at, clock_timestamp()), updated_at = clock_timestamp(),"
		" error_code = NULL, error_message = NULL, error_detail = NULL, error_hint = NULL"
		", seq = seq + $3"
		" WHERE id = (SELECT t.id FROM xlsx_private.task t WHERE t.id = $1 FOR UPDATE SKIP LOCKED)"
		" AND xlsx_private.is_active(status) AND EXISTS (SELECT FROM xlsx_private.due_task d WHERE d.id = $1)"
		" RETURNING " TASK_COLUMNS,
		4, {INT8OID, INT4OID, INT8OID, BOOLOID}, NULL
	};
	Datum		values[] = {Int64GetDatum(id), Int32GetDatum(MyProcPid), Int64GetDatum(LIVE_EVENTS), BoolGetDatum(died)};
	PrivateRow	row;

	if (private_sql_run(&update, values, NULL, &row) == 0)
		return NULL;
	*deaths = DatumGetInt32(row.values[17]);
	return task_of_row(&row);
}

/*
 * A task that kills its workers must not go on doing so. Nor may one whose workers had to be
 * killed when their time was over.
 */
static void
end_killer(const Task *task, SlotsLeft why)
{
	ErrorData	died = {
		.sqlerrcode = ERRCODE_SYSTEM_ERROR,
		.message = psprintf("the worker of this task died %d times in a row at the same place", MAX_DEATHS),
		.hint = "The server's log tells why; the task can be retried."
	};
	ErrorData	timed_out = {
		.sqlerrcode = COMPAT_TRANSACTION_TIMEOUT,
		.message = "a transaction of the import took longer than transaction_timeout",
		.hint = "xlsx.retry goes on where the task stopped."
	};
	const ErrorData *reason = why == SLOTS_LEFT_LATE ? deadline_error() : why == SLOTS_LEFT_BY_TIMEOUT ? &timed_out : &died;

	setting_fault_explain(task->id, &timed_out);
	queue_end(task->id, TASK_FAILED, reason);
	place_enter(task->id, task->profile_name, task->file_name, task->owner_name, get_database_name(MyDatabaseId));
	ereport(LOG,
			(errmsg("task " INT64_FORMAT " has failed: %s", task->id, reason->message)));
	place_leave();
	queue_unlock(task->id);
}

/* Is the task still due, although it could not be taken? Then a session holds its row. */
static bool
is_due(int64 task)
{
	static PrivateStatement select = {
		"SELECT FROM xlsx_private.due_task WHERE id = $1", 1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task)};

	return private_sql_run(&select, values, NULL, NULL) > 0;
}

/* Tries one candidate. Returns the task, or NULL. */
static Task *
claim_one(const Candidate *candidate, QueueClaim *claim)
{
	Task	   *task;
	int			deaths;
	SlotsLeft	why;

	if (!queue_try_lock(candidate->id))
	{
		/* a worker works on it, or else a session keeps workers from it */
		claim->locked = claim->locked || (dispatch_shared() && !slots_signal(candidate->id, 0));
		return NULL;
	}
	if (!slots_admit(candidate->role, claim->alone))
	{
		claim->held = true;
		queue_unlock(candidate->id);
		return NULL;
	}
	why = slots_why_left(candidate->id);
	task = take(candidate->id, why != SLOTS_LEFT_UNSETTLED, &deaths);
	if (task != NULL && deaths < MAX_DEATHS && !(deaths > 0 && why >= SLOTS_LEFT_LATE))
		return task;
	if (task != NULL)
		end_killer(task, why);
	else
	{
		claim->locked = claim->locked || is_due(candidate->id);
		queue_unlock(candidate->id);
	}
	return NULL;
}

/* Is there work for a second worker among these candidates? */
static bool
has_room_for_one(const Candidate *candidates, int count)
{
	for (int i = 0; i < count; i++)
		if (slots_has_room(candidates[i].role))
			return true;
	return false;
}

void
queue_claim(Oid login, QueueClaim *claim)
{
	Candidate	candidates[CLAIM_CANDIDATES];
	int			count;
	int64		offset = 0;

	*claim = (QueueClaim) {.alone = works_alone(login)};
	queue_claim_in_turn();
	do
	{
		count = claim_candidates(login, claim->alone, offset, candidates);
		for (int i = 0; i < count && claim->task == NULL; i++)
		{
			CHECK_FOR_INTERRUPTS();
			claim->task = claim_one(&candidates[i], claim);
			if (claim->task != NULL)
				claim->more = has_room_for_one(candidates + i + 1, count - i - 1);
		}
		offset += count;
	} while (claim->task == NULL && count == CLAIM_CANDIDATES && !(claim->held && claim->alone));
}

TimestampTz
queue_next_due(Oid login)
{
	static PrivateStatement select = {
		"SELECT min(CASE WHEN xlsx_private.is_due(run_at, wait_ms) THEN '-infinity' ELSE run_at END)"
		" FROM xlsx_private.task WHERE status = 'PENDING' AND login::oid = $1 AND home = (SELECT xlsx_private.installation())",
		1, {OIDOID}, NULL
	};
	Datum		values[] = {ObjectIdGetDatum(login)};
	PrivateRow	row;

	private_sql_run(&select, values, NULL, &row);
	return row.nulls[0] ? DT_NOEND : DatumGetTimestampTz(row.values[0]);
}

Task *
queue_load(int64 id)
{
	static PrivateStatement update = {
		"UPDATE xlsx_private.task SET seq = seq + $2 WHERE id = $1 RETURNING " TASK_COLUMNS, 2, {INT8OID, INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(id), Int64GetDatum(LIVE_EVENTS)};
	PrivateRow	row;

	if (private_sql_run(&update, values, NULL, &row) == 0)
		elog(ERROR, "task " INT64_FORMAT " does not exist", id);
	return task_of_row(&row);
}

void
queue_save_source(const Task *task, const char *sheet, uint32 header_row, char *const *found, int count)
{
	static PrivateStatement update = {
		"UPDATE xlsx_private.task SET source_columns = $2, found_headers = $3, found_sheet = $4, found_header_row = nullif($5, 0)"
		" WHERE id = $1", 5, {INT8OID, INT4ARRAYOID, TEXTARRAYOID, TEXTOID, INT4OID}, NULL
	};
	Datum	   *columns = palloc(sizeof(Datum) * (size_t) Max(count, 1));
	Datum	   *headers = palloc0(sizeof(Datum) * (size_t) Max(count, 1));
	bool	   *nulls = palloc(sizeof(bool) * (size_t) Max(count, 1));
	int			lower = 1;
	Datum		values[5];

	for (int i = 0; i < count; i++)
	{
		columns[i] = Int32GetDatum((int32) task->source[i]);
		nulls[i] = found[i] == NULL;
		if (found[i] != NULL)
			headers[i] = CStringGetTextDatum(found[i]);
	}
	values[0] = Int64GetDatum(task->id);
	values[1] = PointerGetDatum(construct_array(columns, count, INT4OID, 4, true, TYPALIGN_INT));
	values[2] = PointerGetDatum(construct_md_array(headers, nulls, 1, &count, &lower, TEXTOID, -1, false, TYPALIGN_INT));
	values[3] = CStringGetTextDatum(sheet);
	values[4] = Int32GetDatum((int32) header_row);
	private_sql_run(&update, values, NULL, NULL);
}

void
queue_save_headers(const Task *task, const char *missing, const char *unused, const char *duplicates, const char *notes)
{
	static PrivateStatement update = {
		"UPDATE xlsx_private.task SET missing = $2::jsonb, unused = $3::jsonb, duplicates = $4::jsonb, notes = $5::jsonb WHERE id = $1",
		5, {INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID}, NULL
	};
	Datum		values[] = {
		Int64GetDatum(task->id), CStringGetTextDatum(missing), CStringGetTextDatum(unused), CStringGetTextDatum(duplicates),
		CStringGetTextDatum(notes)
	};

	private_sql_run(&update, values, NULL, NULL);
}
