/*
 * queue.c
 *	  Tasks from their claim to their end.
 */
#include "queue.h"

#include "catalog/pg_type.h"
#include "deadline.h"
#include "dispatch.h"
#include "executor/spi.h"
#include "guc.h"
#include "miscadmin.h"
#include "owner.h"
#include "slots.h"
#include "storage/lock.h"
#include "store.h"
#include "subtransaction.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

/* Fourth field of our advisory locks; PostgreSQL's own functions use 1 and 2. */
#define LOCK_CLASS 0x7878

/* Workers that may die on a task in a row. */
#define MAX_DEATHS 3

/* A transaction's lock while it claims where a limit must not be overrun; no task has this id. */
#define CLAIM_LOCK 0

/* Old jobs are removed this long after a task has ended, with whatever else is due then. */
#define TIDY_AFTER_MS 10000

/* A spell that passes by itself is waited for so long, twice as long each time. */
#define LEAST_WAIT_MS INT64CONST(1000)
#define MOST_WAIT_MS INT64CONST(30000)

/* Candidates that one look into the queue considers. */
#define CLAIM_CANDIDATES 64

/*
 * The lock of a task
 */

static LOCKTAG
lock_tag(int64 task)
{
	LOCKTAG		tag;

	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, (uint32) (task >> 32), (uint32) task, LOCK_CLASS);
	return tag;
}

bool
queue_try_lock(int64 task)
{
	LOCKTAG		tag = lock_tag(task);

	return LockAcquire(&tag, ExclusiveLock, true, true) != LOCKACQUIRE_NOT_AVAIL;
}

void
queue_unlock(int64 task)
{
	LOCKTAG		tag = lock_tag(task);

	LockRelease(&tag, ExclusiveLock, true);
}

bool
queue_try_keep(int64 task)
{
	LOCKTAG		tag = lock_tag(task);

	return LockAcquire(&tag, ShareLock, false, true) != LOCKACQUIRE_NOT_AVAIL;
}

void
queue_hold(int64 task)
{
	LOCKTAG		tag = lock_tag(task);

	if (LockAcquire(&tag, ExclusiveLock, false, true) == LOCKACQUIRE_NOT_AVAIL)
		ereport(FATAL,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("task " INT64_FORMAT " is another session's", task),
				 errdetail("SQL of the task released this session's lock while it was committed.")));
}

void
queue_keep(int64 task)
{
	LOCKTAG		tag = lock_tag(task);

	(void) LockAcquire(&tag, ExclusiveLock, true, false);
}

void
queue_unlock_all(void)
{
	LockReleaseSession(USER_LOCKMETHOD);
}

/*
 * Claiming
 */

/* Two that claim at once would both see room for one: where there are limits they take turns. */
static void
claim_in_turn(void)
{
	LOCKTAG		tag = lock_tag(CLAIM_LOCK);

	if (queue_is_limited())
		(void) LockAcquire(&tag, ExclusiveLock, false, false);
}

/* A task that is due, and the role that its worker counts for. */
typedef struct Candidate
{
	int64		id;
	Oid			role;
} Candidate;

/*
 * A login that serves others, as the sidecar's does, must not let one of them
 * take all workers, so there the owner of a task counts; elsewhere the login,
 * whatever roles it takes on.
 */
static bool
works_alone(Oid login)
{
	return !has_privs_of_role(login, get_role_oid("xlsx_notifier", false));
}

static int
claim_candidates(Oid login, bool alone, int64 offset, Candidate *candidates)
{
	static OwnerStatement select = {
		"SELECT array_agg(id ORDER BY n), array_agg(owner ORDER BY n) FROM (SELECT d.id, d.owner::oid,"
		" row_number() OVER (ORDER BY d.priority DESC, d.run_at, d.id) AS n FROM xlsx_private.due_task d"
		" WHERE d.login = $1::oid::regrole ORDER BY n OFFSET $2 LIMIT $3) AS page",
		3, {OIDOID, INT8OID, INT4OID}, NULL
	};
	Datum		values[] = {ObjectIdGetDatum(login), Int64GetDatum(offset), Int32GetDatum(CLAIM_CANDIDATES)};
	Datum	   *ids;
	Datum	   *owners;
	int			count;
	OwnerRow	row;

	owner_run(&select, values, NULL, &row);
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

/* What task_of_row reads, in its order. */
#define TASK_COLUMNS \
	"id, frozen_id, file_id, file_size, owner::oid, attempts, time_zone, date_style, source_columns," \
	" total_rows, validated_rows, error_rows, saved_rows, cursor_row, validated, packets, packets_saved, deaths, sheet," \
	" file_name, mode, dry_run, coalesce(max_errors, -1), header_row, locale, mapping::text, inserted_rows," \
	" updated_rows, unchanged_rows, skipped_rows, warning_rows, profile, seq, packet_rows_saved"

static Task *
task_of_row(const OwnerRow *row)
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
	task->sheet = owner_text(row, i++);
	task->file_name = owner_text(row, i++);
	task->mode = profile_mode(owner_text(row, i++));
	task->dry_run = DatumGetBool(row->values[i++]);
	task->max_errors = DatumGetInt64(row->values[i++]);
	task->header_row = owner_text(row, i++);
	task->locale = owner_text(row, i++);
	task->mapping = owner_text(row, i++);
	task->progress.inserted_rows = DatumGetInt64(row->values[i++]);
	task->progress.updated_rows = DatumGetInt64(row->values[i++]);
	task->progress.unchanged_rows = DatumGetInt64(row->values[i++]);
	task->progress.skipped_rows = DatumGetInt64(row->values[i++]);
	task->progress.warning_rows = DatumGetInt64(row->values[i++]);
	task->profile_name = TextDatumGetCString(row->values[i++]);
	task->seq = DatumGetInt64(row->values[i++]) - LIVE_EVENTS;
	task->progress.packet_rows_saved = DatumGetInt32(row->values[i++]);
	return task;
}

/*
 * The task as PROCESSING, if it still may be; its lock is held. deaths counts this start until a batch commits.
 * NULL also where a session of its owner holds the row, which must not keep a worker waiting.
 */
static Task *
take(int64 id, int *deaths)
{
	static OwnerStatement update = {
		"UPDATE xlsx_private.task SET status = 'PROCESSING', phase = NULL, phase_progress = 0,"
		" attempts = attempts + CASE WHEN status = 'PENDING' THEN 1 ELSE 0 END,"
		" deaths = CASE WHEN status = 'PROCESSING' THEN deaths + 1 ELSE 0 END, worker_pid = $2,"
		" attempt_started_at = clock_timestamp(),"
		" started_at = coalesce(started_at, clock_timestamp()), updated_at = clock_timestamp(),"
		" error_code = NULL, error_message = NULL, error_detail = NULL, error_hint = NULL"
		", seq = seq + $3"
		" WHERE id = (SELECT t.id FROM xlsx_private.task t WHERE t.id = $1 FOR UPDATE SKIP LOCKED)"
		" AND status IN ('PENDING', 'PROCESSING') AND EXISTS (SELECT FROM xlsx_private.due_task d WHERE d.id = $1)"
		" RETURNING " TASK_COLUMNS,
		3, {INT8OID, INT4OID, INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(id), Int32GetDatum(MyProcPid), Int64GetDatum(LIVE_EVENTS)};
	OwnerRow	row;

	if (owner_run(&update, values, NULL, &row) == 0)
		return NULL;
	*deaths = DatumGetInt32(row.values[17]);
	return task_of_row(&row);
}

/* A task that kills its workers must not go on doing so, nor one that let them die rather than end in time. */
static void
end_killer(int64 task, bool late)
{
	ErrorData	error = {
		.sqlerrcode = ERRCODE_SYSTEM_ERROR,
		.message = psprintf("the worker of this task died %d times in a row at the same place", MAX_DEATHS),
		.hint = "The server's log tells why; the task can be retried."
	};

	queue_end(task, "FAILED", late ? deadline_error() : &error);
	queue_unlock(task);
}

/* Is the task still due, though it could not be taken?  Then a session holds its row. */
static bool
is_due(int64 task)
{
	static OwnerStatement select = {
		"SELECT FROM xlsx_private.due_task WHERE id = $1", 1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task)};

	return owner_run(&select, values, NULL, NULL) > 0;
}

/* One look at a candidate: the task, or NULL. */
static Task *
claim_one(const Candidate *candidate, QueueClaim *claim)
{
	Task	   *task;
	int			deaths;
	bool		late;

	if (!queue_try_lock(candidate->id))
	{
		/* A worker works on it; if not, a session keeps it from them. */
		claim->locked = claim->locked || (dispatch_shared() && !slots_signal(candidate->id, 0));
		return NULL;
	}
	if (!slots_admit(candidate->role, claim->alone))
	{
		claim->held = true;
		queue_unlock(candidate->id);
		return NULL;
	}
	task = take(candidate->id, &deaths);
	late = task != NULL && slots_was_late(task->id) && deaths > 0;
	if (task != NULL && deaths < MAX_DEATHS && !late)
		return task;
	if (task != NULL)
		end_killer(task->id, late);
	else
	{
		claim->locked = claim->locked || is_due(candidate->id);
		queue_unlock(candidate->id);
	}
	return NULL;
}

/* Is there work for a second worker among these? */
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
	claim_in_turn();
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
	static OwnerStatement select = {
		"SELECT min(CASE WHEN xlsx_private.is_due(run_at, wait_ms) THEN '-infinity' ELSE run_at END)"
		" FROM xlsx_private.task WHERE status = 'PENDING' AND login = $1::oid::regrole",
		1, {OIDOID}, NULL
	};
	Datum		values[] = {ObjectIdGetDatum(login)};
	OwnerRow	row;

	owner_run(&select, values, NULL, &row);
	return row.nulls[0] ? DT_NOEND : DatumGetTimestampTz(row.values[0]);
}

Task *
queue_load(int64 id)
{
	static OwnerStatement update = {
		"UPDATE xlsx_private.task SET seq = seq + $2 WHERE id = $1 RETURNING " TASK_COLUMNS, 2, {INT8OID, INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(id), Int64GetDatum(LIVE_EVENTS)};
	OwnerRow	row;

	if (owner_run(&update, values, NULL, &row) == 0)
		elog(ERROR, "task " INT64_FORMAT " does not exist", id);
	return task_of_row(&row);
}

void
queue_save_source(const Task *task, const char *sheet, uint32 header_row, const uint32 *source, char *const *found,
				  int count)
{
	static OwnerStatement update = {
		"UPDATE xlsx_private.task SET source_columns = $2, found_headers = $3, found_sheet = $4, found_header_row = $5"
		" WHERE id = $1", 5, {INT8OID, INT4ARRAYOID, TEXTARRAYOID, TEXTOID, INT4OID}, NULL
	};
	Datum	   *columns = palloc(sizeof(Datum) * (size_t) Max(count, 1));
	Datum	   *headers = palloc0(sizeof(Datum) * (size_t) Max(count, 1));
	bool	   *nulls = palloc(sizeof(bool) * (size_t) Max(count, 1));
	int			lower = 1;
	Datum		values[5];

	for (int i = 0; i < count; i++)
	{
		columns[i] = Int32GetDatum((int32) source[i]);
		nulls[i] = found[i] == NULL;
		if (found[i] != NULL)
			headers[i] = CStringGetTextDatum(found[i]);
	}
	values[0] = Int64GetDatum(task->id);
	values[1] = PointerGetDatum(construct_array(columns, count, INT4OID, 4, true, TYPALIGN_INT));
	values[2] = PointerGetDatum(construct_md_array(headers, nulls, 1, &count, &lower, TEXTOID, -1, false, TYPALIGN_INT));
	values[3] = CStringGetTextDatum(sheet);
	values[4] = Int32GetDatum((int32) header_row);
	owner_run(&update, values, NULL, NULL);
}

/*
 * Ending
 */

void
queue_remove_working_rows(int64 task)
{
	static OwnerStatement delete = {
		"WITH packets AS (DELETE FROM xlsx_private.packet WHERE task_id = $1)"
		" DELETE FROM xlsx_private.seen_value WHERE task_id = $1", 1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task)};

	owner_run(&delete, values, NULL, NULL);
}

/* The tasks are locked first, as by everybody who removes a task. */
void
queue_remove_file(int64 file)
{
	static OwnerStatement delete_working_rows = {
		"WITH locked AS MATERIALIZED (SELECT id FROM xlsx_private.task WHERE file_id = $1 FOR UPDATE),"
		" packets AS (DELETE FROM xlsx_private.packet p USING locked WHERE p.task_id = locked.id)"
		" DELETE FROM xlsx_private.seen_value v USING locked WHERE v.task_id = locked.id", 1, {INT8OID}, NULL
	};
	static OwnerStatement delete = {
		"DELETE FROM xlsx_private.file WHERE id = $1", 1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(file)};

	owner_run(&delete_working_rows, values, NULL, NULL);
	store_of(file)->remove(file);
	owner_run(&delete, values, NULL, NULL);
}

/* Can the file and all its tasks be had at once?  They are locked then. */
static bool
lock_file(int64 file)
{
	static OwnerStatement lock = {
		"WITH files AS MATERIALIZED (SELECT id FROM xlsx_private.file WHERE id = $1 FOR UPDATE SKIP LOCKED),"
		" tasks AS MATERIALIZED (SELECT id FROM xlsx_private.task WHERE file_id = $1 FOR UPDATE SKIP LOCKED)"
		" SELECT FROM files"
		" WHERE (SELECT count(*) FROM tasks) = (SELECT count(*) FROM xlsx_private.task WHERE file_id = $1)",
		1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(file)};

	return owner_run(&lock, values, NULL, NULL) > 0;
}

static void
remove_file(void *argument)
{
	queue_remove_file(*(int64 *) argument);
}

bool
queue_try_remove_file(int64 file)
{
	return lock_file(file) && subtransaction_try_unlocked(remove_file, &file);
}

static void
spend_file(int64 file)
{
	static OwnerStatement update = {
		"UPDATE xlsx_private.file SET spent = true WHERE id = $1", 1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(file)};

	owner_run(&update, values, NULL, NULL);
}

void
queue_remove_spent(const Task *task)
{
	static OwnerStatement select = {
		"SELECT FROM xlsx_private.file WHERE id = $1 AND spent", 1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task->file)};

	if (task->file != 0 && owner_run(&select, values, NULL, NULL) > 0)
		(void) queue_try_remove_file(task->file);
}

/* The attempt that ends now, for xlsx.jobs, and its time for the task. Call it when the row of the task says how. */
static void
record_job(int64 task, const char *status)
{
	static OwnerStatement insert = {
		"WITH ended AS (INSERT INTO xlsx_private.job (task_id, attempt, status, profile, file_name, owner, started_at, saved_rows,"
		" error_rows, error_code, error_message)"
		" SELECT id, attempts, coalesce($2, status), profile, file_name, owner, attempt_started_at, saved_rows,"
		" error_rows, error_code, error_message FROM xlsx_private.task WHERE id = $1 RETURNING started_at)"
		" UPDATE xlsx_private.task SET attempt_started_at = NULL, work_ms = coalesce(work_ms, 0)"
		" + round(1000 * extract(epoch FROM clock_timestamp() - ended.started_at))::bigint"
		" FROM ended WHERE id = $1 AND ended.started_at IS NOT NULL",
		2, {INT8OID, TEXTOID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task), status != NULL ? CStringGetTextDatum(status) : (Datum) 0};
	char		nulls[] = {' ', status != NULL ? ' ' : 'n'};

	owner_run(&insert, values, nulls, NULL);
	dispatch_due(TimestampTzPlusMilliseconds(GetCurrentTimestamp(), TIDY_AFTER_MS));
}

void
queue_complete(Task *task)
{
	static OwnerStatement update = {
		"UPDATE xlsx_private.task SET status = CASE WHEN error_rows > 0 THEN 'HAS_ERRORS' ELSE 'COMPLETED' END,"
		" phase = NULL, progress = 100, total_rows = saved_rows + skipped_rows + error_rows, worker_pid = NULL, deaths = 0,"
		" updated_at = clock_timestamp(), completed_at = clock_timestamp() WHERE id = $1",
		1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task->id)};

	if (task->file != 0)
		spend_file(task->file);
	else
		queue_remove_working_rows(task->id);
	progress_completed(&task->progress);
	owner_run(&update, values, NULL, NULL);
	record_job(task->id, NULL);
	progress_terminal(task->id);
}

void
queue_end(int64 task, const char *status, const ErrorData *error)
{
	static OwnerStatement update = {
		"UPDATE xlsx_private.task SET status = $2, phase = NULL, worker_pid = NULL, deaths = 0,"
		" error_code = $3, error_message = $4, error_detail = $5, error_hint = $6,"
		" updated_at = clock_timestamp(), completed_at = clock_timestamp() WHERE id = $1",
		6, {INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID}, NULL
	};
	Datum		values[6] = {Int64GetDatum(task), CStringGetTextDatum(status)};
	char		nulls[6] = {' ', ' '};

	owner_set_text(values, nulls, 2, unpack_sql_state(error->sqlerrcode));
	owner_set_text(values, nulls, 3, error->message);
	owner_set_text(values, nulls, 4, error->detail);
	owner_set_text(values, nulls, 5, error->hint);
	owner_run(&update, values, nulls, NULL);
	record_job(task, NULL);
	progress_terminal(task);
	/* Then its file and packets expire. */
	dispatch_due(TimestampTzPlusMilliseconds(GetCurrentTimestamp(), pg_xlsx_upload_ttl * INT64CONST(1000)));
}

bool
queue_postpone(const Task *task, const ErrorData *error, int64 *delay_ms)
{
	static OwnerStatement update = {
		"UPDATE xlsx_private.task SET status = 'PENDING', phase = NULL, worker_pid = NULL, deaths = 0,"
		" run_at = clock_timestamp() + $2 * interval '1 millisecond', wait_ms = $2, error_code = $3, error_message = $4,"
		" updated_at = clock_timestamp() WHERE id = $1",
		4, {INT8OID, INT8OID, TEXTOID, TEXTOID}, NULL
	};
	Datum		values[4];
	char		nulls[4] = {' ', ' ', ' ', ' '};

	if (task->attempt >= pg_xlsx_max_attempts)
		return false;
	/* 2, 6, 14, ... seconds: (2^n - 1) times the delay, as Bull counts */
	*delay_ms = (((int64) 1 << Min(task->attempt, 20)) - 1) * pg_xlsx_retry_delay;
	values[0] = Int64GetDatum(task->id);
	values[1] = Int64GetDatum(*delay_ms);
	owner_set_text(values, nulls, 2, unpack_sql_state(error->sqlerrcode));
	owner_set_text(values, nulls, 3, error->message);
	owner_run(&update, values, nulls, NULL);
	record_job(task->id, "RETRYING");
	progress_retrying(task->id, task->attempt + 1, *delay_ms);
	return true;
}

int64
queue_wait_on(const Task *task, const ErrorData *error)
{
	static OwnerStatement update = {
		"UPDATE xlsx_private.task t SET status = 'PENDING', phase = NULL, worker_pid = NULL, deaths = 0,"
		" attempts = attempts - 1, run_at = clock_timestamp() + w.ms * interval '1 millisecond', wait_ms = w.ms,"
		" error_code = $2, error_message = $3, updated_at = clock_timestamp()"
		" FROM (SELECT least(greatest(2 * coalesce(wait_ms, 0), $4), $5) AS ms FROM xlsx_private.task WHERE id = $1) AS w"
		" WHERE id = $1 RETURNING wait_ms",
		5, {INT8OID, TEXTOID, TEXTOID, INT8OID, INT8OID}, NULL
	};
	Datum		values[5];
	char		nulls[5] = {' ', ' ', ' ', ' ', ' '};
	OwnerRow	row;
	int64		delay_ms;

	values[0] = Int64GetDatum(task->id);
	owner_set_text(values, nulls, 1, unpack_sql_state(error->sqlerrcode));
	owner_set_text(values, nulls, 2, error->message);
	values[3] = Int64GetDatum(LEAST_WAIT_MS);
	values[4] = Int64GetDatum(MOST_WAIT_MS);
	owner_run(&update, values, nulls, &row);
	delay_ms = DatumGetInt64(row.values[0]);
	progress_retrying(task->id, task->attempt, delay_ms);
	return delay_ms;
}

void
queue_again(int64 task)
{
	static OwnerStatement update = {
		"UPDATE xlsx_private.task SET status = 'PENDING', phase = NULL, worker_pid = NULL, deaths = 0,"
		" attempts = attempts - 1, run_at = clock_timestamp(), wait_ms = 0, updated_at = clock_timestamp()"
		" WHERE id = $1",
		1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task)};

	owner_run(&update, values, NULL, NULL);
}

bool
queue_is_limited(void)
{
	static OwnerStatement select = {
		"SELECT FROM xlsx_private.queue_rule WHERE max_tasks IS NOT NULL LIMIT 1", 0, {0}, NULL
	};

	return owner_run(&select, NULL, NULL, NULL) > 0;
}
