/*
 * progress.c
 *	  How far a task is.
 */
#include "progress.h"

#include "catalog/pg_type.h"
#include "commands/async.h"
#include "fmgr.h"
#include "guc.h"
#include "lib/stringinfo.h"
#include "mirror.h"
#include "owner.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(pg_xlsx_emit);

/* Postgres takes payloads below 8000 bytes. */
#define PAYLOAD_LIMIT 7999

/* Above this share of the NOTIFY queue progress is left out; what ends a task is not. */
#define QUEUE_CROWDED 0.5

typedef struct PhaseInfo
{
	const char *name;
	int			job_from;		/* share of the whole job: 0-20 before, 20-50 validating, 50-100 saving */
	int			job_to;
	const char *own_event;		/* sent beside task-progress when the phase begins */
} PhaseInfo;

static const PhaseInfo phases[] = {
	[PHASE_LOADING_WORKBOOK] = {"LOADING_WORKBOOK", 0, 10, "workbook-loading"},
	[PHASE_VALIDATING_HEADERS] = {"VALIDATING_HEADERS", 10, 20, "header-validation"},
	[PHASE_VALIDATING] = {"VALIDATING", 20, 50, NULL},
	[PHASE_SAVING] = {"SAVING", 50, 100, NULL},
};

static int64
next_seq(int64 task)
{
	static OwnerStatement update = {
		"UPDATE xlsx_private.task SET seq = seq + 1 WHERE id = $1 RETURNING seq", 1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task)};
	OwnerRow	row;

	if (owner_run(&update, values, NULL, &row) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("task " INT64_FORMAT " does not exist", task)));
	return DatumGetInt64(row.values[0]);
}

/* Kept for the session; the table's OID changes with a new CREATE EXTENSION, and its name of the channel with it. */
static const char *
channel_name(void)
{
	static OwnerStatement select = {"SELECT name FROM xlsx_private.channel", 0, {0}, NULL};
	static NameData name;
	static Oid	read_from = InvalidOid;
	Oid			table = owner_table("channel");
	OwnerRow	row;

	if (table == read_from)
		return NameStr(name);
	if (owner_run(&select, NULL, NULL, &row) == 0)
		elog(ERROR, "the channel of the events has no name");
	namestrcpy(&name, NameStr(*DatumGetName(row.values[0])));
	read_from = table;
	return NameStr(name);
}

static void
notify(int64 task, const char *event, const char *json)
{
	char	   *payload = psprintf(INT64_FORMAT " %s %s", task, event, json);

	if (strlen(payload) > PAYLOAD_LIMIT)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("event \"%s\" of task " INT64_FORMAT " is too long", event, task),
				 errdetail("It has %zu bytes, NOTIFY takes %d.", strlen(payload), PAYLOAD_LIMIT)));
	Async_Notify(channel_name(), payload);
	mirror_task(task);
	pfree(payload);
}

static void
notify_members(int64 task, int64 seq, const char *event, const char *members)
{
	char	   *json = psprintf("{\"taskId\":" INT64_FORMAT ",\"seq\":" INT64_FORMAT "%s%s}", task, seq,
								members[0] != '\0' ? "," : "", members);

	notify(task, event, json);
	pfree(json);
}

int64
progress_emit(int64 task, const char *event, const char *members)
{
	int64		seq = next_seq(task);

	notify_members(task, seq, event, members);
	return seq;
}

/* Members of a task-progress event, as contracted for the phase. */
static char *
phase_members(const Progress *progress)
{
	const char *name = phases[progress->phase].name;

	switch (progress->phase)
	{
		case PHASE_VALIDATING:
			return psprintf("\"phase\":\"%s\",\"progress\":%d,\"totalRows\":" INT64_FORMAT ",\"validatedRows\":"
							INT64_FORMAT ",\"errorRows\":" INT64_FORMAT, name, progress->percent,
							progress->total_rows, progress->validated_rows, progress->error_rows);
		case PHASE_SAVING:
			return psprintf("\"phase\":\"%s\",\"progress\":%d,\"savedRows\":" INT64_FORMAT, name, progress->percent,
							progress->saved_rows);
		default:
			return psprintf("\"phase\":\"%s\"", name);
	}
}

/* Writes the row, takes so many event numbers and returns the last one. */
static int64
write_row(const Progress *progress, int events)
{
	static OwnerStatement update = {
		"UPDATE xlsx_private.task SET phase = $2, phase_progress = $3, progress = $4, total_rows = $5,"
		" validated_rows = $6, error_rows = $7, saved_rows = $8, cursor_row = $9, validated = $10, packets = $11,"
		" packets_saved = $12, seq = seq + $13, inserted_rows = $14, updated_rows = $15, unchanged_rows = $16,"
		" skipped_rows = $17, warning_rows = $18, updated_at = clock_timestamp(),"
		" deaths = CASE WHEN $2 IN ('VALIDATING', 'SAVING') AND $3 > 0 THEN 0 ELSE deaths END"
		" WHERE id = $1 RETURNING seq",
		18, {INT8OID, TEXTOID, INT4OID, INT4OID, INT8OID, INT8OID, INT8OID, INT8OID, INT8OID, BOOLOID, INT4OID,
		INT4OID, INT4OID, INT8OID, INT8OID, INT8OID, INT8OID, INT8OID}, NULL
	};
	const PhaseInfo *phase = &phases[progress->phase];
	int			job = phase->job_from + (phase->job_to - phase->job_from) * progress->percent / 100;
	Datum		values[] = {
		Int64GetDatum(progress->task), CStringGetTextDatum(phase->name), Int32GetDatum(progress->percent),
		Int32GetDatum(job), Int64GetDatum(progress->total_rows), Int64GetDatum(progress->validated_rows),
		Int64GetDatum(progress->error_rows), Int64GetDatum(progress->saved_rows),
		Int64GetDatum(progress->cursor_row), BoolGetDatum(progress->validated), Int32GetDatum(progress->packets),
		Int32GetDatum(progress->packets_saved), Int32GetDatum(events), Int64GetDatum(progress->inserted_rows),
		Int64GetDatum(progress->updated_rows), Int64GetDatum(progress->unchanged_rows),
		Int64GetDatum(progress->skipped_rows), Int64GetDatum(progress->warning_rows)
	};
	OwnerRow	row;

	if (owner_run(&update, values, NULL, &row) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("task " INT64_FORMAT " does not exist any more", progress->task)));
	return DatumGetInt64(row.values[0]);
}

/* NOTIFY's queue is shared by the whole server; nobody needs each step of a bar. */
static bool
queue_is_crowded(void)
{
	return DatumGetFloat8(DirectFunctionCall1(pg_notification_queue_usage, (Datum) 0)) > QUEUE_CROWDED;
}

/* Adds the time since the phase at hand began to it, and starts the clock anew. */
static void
stop_clock(const Progress *progress)
{
	static OwnerStatement update = {
		"UPDATE xlsx_private.task SET phase_ms[$2] = phase_ms[$2]"
		" + coalesce(round(1000 * extract(epoch FROM clock_timestamp() - phase_started))::bigint, 0),"
		" phase_started = clock_timestamp() WHERE id = $1",
		2, {INT8OID, INT4OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(progress->task), Int32GetDatum((int32) progress->phase + 1)};

	owner_run(&update, values, NULL, NULL);
}

static void
start_clock(const Progress *progress)
{
	static OwnerStatement update = {
		"UPDATE xlsx_private.task SET phase_started = clock_timestamp() WHERE id = $1", 1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(progress->task)};

	owner_run(&update, values, NULL, NULL);
}

void
progress_enter(Progress *progress, Phase phase)
{
	const char *own_event = phases[phase].own_event;
	int64		seq;
	char	   *members;

	if (progress->entered)
		stop_clock(progress);
	else
		start_clock(progress);
	progress->entered = true;
	progress->phase = phase;
	seq = write_row(progress, own_event != NULL ? 2 : 1);
	members = phase_members(progress);
	notify_members(progress->task, own_event != NULL ? seq - 1 : seq, "task-progress", members);
	if (own_event != NULL)
		notify_members(progress->task, seq, own_event, "");
	progress->last_event = GetCurrentTimestamp();
}

bool
progress_is_due(const Progress *progress, TimestampTz now)
{
	return TimestampDifferenceExceeds(progress->last_event, now, pg_xlsx_progress_interval);
}

void
progress_save(Progress *progress)
{
	TimestampTz now = GetCurrentTimestamp();
	bool		due = progress->percent == 100 || (progress_is_due(progress, now) && !queue_is_crowded());
	int64		seq = write_row(progress, due ? 1 : 0);

	if (!due)
		return;
	notify_members(progress->task, seq, "task-progress", phase_members(progress));
	progress->last_event = now;
}

void
progress_completed(const Progress *progress)
{
	stop_clock(progress);
	progress_emit(progress->task, "processing-completed",
				  psprintf("\"totalRows\":" INT64_FORMAT, progress->total_rows));
}

void
progress_terminal(int64 task)
{
	static OwnerStatement select = {
		"SELECT e.event, e.data::text FROM xlsx_private.task t CROSS JOIN LATERAL xlsx_private.terminal_event(t) AS e"
		" WHERE t.id = $1",
		1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task)};
	OwnerRow	row;

	next_seq(task);
	owner_run(&select, values, NULL, &row);
	notify(task, TextDatumGetCString(row.values[0]), TextDatumGetCString(row.values[1]));
}

void
progress_retrying(int64 task, int attempt, int64 delay_ms)
{
	progress_emit(task, "task-progress",
				  psprintf("\"phase\":\"RETRYING\",\"attempt\":%d,\"retryInMs\":" INT64_FORMAT, attempt, delay_ms));
}

/* The members of a JSON object without its braces. */
static char *
json_members(const char *json)
{
	const char *first = strchr(json, '{');
	const char *last = strrchr(json, '}');

	if (first == NULL || last == NULL || json[strspn(json, " \t\r\n")] != '{')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("payload must be a JSON object")));
	first++;
	while (first < last && strchr(" \t\r\n", *first) != NULL)
		first++;
	return pnstrdup(first, (Size) (last - first));
}

/* Events are words: they are a field of the payload. */
static void
check_event_name(const char *event)
{
	if (event[0] == '\0' || strspn(event, "abcdefghijklmnopqrstuvwxyz-") != strlen(event))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("event name must be made of the letters a to z and \"-\"")));
}

Datum
pg_xlsx_emit(PG_FUNCTION_ARGS)
{
	char	   *event;
	char	   *members = "";

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	event = text_to_cstring(PG_GETARG_TEXT_PP(1));
	check_event_name(event);
	if (!PG_ARGISNULL(2))
		members = json_members(text_to_cstring(PG_GETARG_TEXT_PP(2)));
	PG_RETURN_INT64(progress_emit(PG_GETARG_INT64(0), event, members));
}
