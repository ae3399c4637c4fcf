/*
 * progress.c
 *	  The progress of a task: counters, phase, events.
 */
#include "tasks/progress.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "pg/guc.h"
#include "tables/private_sql.h"
#include "tasks/events.h"
#include "tasks/webhooks.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(pg_xlsx_emit);

static int64
next_seq(int64 task)
{
	static PrivateStatement update = {
		"UPDATE xlsx_private.task SET seq = seq + 1 WHERE id = $1 RETURNING seq", 1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task)};
	PrivateRow	row;

	if (private_sql_run(&update, values, NULL, &row) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("task " INT64_FORMAT " does not exist", task)));
	return DatumGetInt64(row.values[0]);
}

static void
write_row(const Progress *progress)
{
	static PrivateStatement update = {
		"UPDATE xlsx_private.task SET phase = $2, phase_progress = $3, progress = $4, total_rows = $5,"
		" validated_rows = $6, error_rows = $7, saved_rows = $8, cursor_row = $9, validated = $10, packets = $11,"
		" packets_saved = $12, inserted_rows = $13, updated_rows = $14, unchanged_rows = $15,"
		" skipped_rows = $16, warning_rows = $17, packet_rows_saved = $18, deleted_rows = $19, absent_rows = $20, updated_at = clock_timestamp(),"
		" deaths = CASE WHEN moved THEN 0 ELSE deaths END, waited_ms = CASE WHEN moved THEN 0 ELSE waited_ms END"
		" FROM (SELECT (cursor_row, validated, packets, packets_saved, packet_rows_saved) <> ($9, $10, $11, $12, $18) AS moved"
		" FROM xlsx_private.task WHERE id = $1) AS now"
		" WHERE id = $1",
		20, {INT8OID, TEXTOID, INT4OID, INT4OID, INT8OID, INT8OID, INT8OID, INT8OID, INT8OID, BOOLOID, INT4OID,
		INT4OID, INT8OID, INT8OID, INT8OID, INT8OID, INT8OID, INT4OID, INT8OID, INT8OID}, NULL
	};
	LiveState	state = live_state(progress->live);
	Datum		values[] = {
		Int64GetDatum(progress->task), CStringGetTextDatum(phase_names.texts[state.phase]),
		Int32GetDatum(state.percent), Int32GetDatum(state.job), Int64GetDatum(progress->total_rows),
		Int64GetDatum(progress->validated_rows), Int64GetDatum(progress->error_rows), Int64GetDatum(progress->saved_rows),
		Int64GetDatum(progress->cursor_row), BoolGetDatum(progress->validated), Int32GetDatum(progress->packets),
		Int32GetDatum(progress->packets_saved), Int64GetDatum(progress->inserted_rows),
		Int64GetDatum(progress->updated_rows), Int64GetDatum(progress->unchanged_rows),
		Int64GetDatum(progress->skipped_rows), Int64GetDatum(progress->warning_rows),
		Int32GetDatum(progress->packet_rows_saved), Int64GetDatum(progress->deleted_rows), Int64GetDatum(progress->absent_rows)
	};

	if (private_sql_run(&update, values, NULL, NULL) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("task " INT64_FORMAT " does not exist any more", progress->task)));
}

/* Adds the time since the current phase began to its total, and restarts the clock. */
static void
stop_clock(const Progress *progress)
{
	static PrivateStatement update = {
		"UPDATE xlsx_private.task SET phase_ms[$2] = phase_ms[$2]"
		" + coalesce(round(1000 * extract(epoch FROM clock_timestamp() - phase_started))::bigint, 0),"
		" phase_started = clock_timestamp() WHERE id = $1",
		2, {INT8OID, INT4OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(progress->task), Int32GetDatum((int32) progress->phase + 1)};

	private_sql_run(&update, values, NULL, NULL);
}

static void
start_clock(const Progress *progress)
{
	static PrivateStatement update = {
		"UPDATE xlsx_private.task SET phase_started = clock_timestamp() WHERE id = $1", 1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(progress->task)};

	private_sql_run(&update, values, NULL, NULL);
}

/* Where to send events of a task that may not be running. */
static EventsTo
to_all(int64 task, Live *live)
{
	return (EventsTo) {task, live, events_channel(), true};
}

/* A number for an event that belongs to no phase: from the running import, or from the row. */
static int64
any_seq(int64 task)
{
	Live	   *live = live_find(task);

	return live != NULL ? live_next_seq(live, false) : next_seq(task);
}

int64
progress_emit(int64 task, const char *event, const char *members)
{
	EventsTo		to = to_all(task, NULL);
	int64		seq = any_seq(task);

	events_send(&to, seq, event, members);
	return seq;
}

void
progress_begin(Progress *progress, const LiveTask *task)
{
	progress->live = live_take(task);
	progress->before_rows = progress->validated_rows;
	progress->before_errors = progress->error_rows;
	progress_publish(progress);
}

void
progress_end(Progress *progress)
{
	live_release(progress->live);
	progress->live = NULL;
}

void
progress_publish(Progress *progress)
{
	progress->published = (LiveImport) {
		.phase = progress->ahead && !progress->validated ? PHASE_VALIDATING : progress->phase,
		.percent = progress->percent, .total_rows = progress->total_rows,
		.validated_rows = progress->validated_rows, .error_rows = progress->error_rows,
		.saved_rows = progress->saved_rows, .handled_rows = progress->saved_rows + progress->skipped_rows,
		.refused_rows = progress->refused_rows, .promised = progress->promised, .validated = progress->validated,
		.ahead = progress->ahead && !progress->validated, .before_rows = progress->before_rows,
		.before_errors = progress->before_errors, .own_rows = progress->own_rows,
		.own_open_rows = progress->own_open_rows, .own_errors = progress->own_errors,
		.written_rows = progress->saved_rows + progress->skipped_rows, .among_looked = progress->among_looked
	};

	live_publish_import(progress->live, &progress->published);
}

void
progress_publish_own(Progress *progress)
{
	LiveImport *published = &progress->published;

	published->own_rows = progress->own_rows;
	published->own_open_rows = progress->own_open_rows;
	published->own_errors = progress->own_errors;
	published->among_looked = progress->among_looked;
	published->written_rows = progress->saved_rows + progress->skipped_rows;
	live_publish_import(progress->live, published);
}

void
progress_follow(Progress *progress)
{
	LiveState	state = live_state(progress->live);

	if (state.phase != progress->phase)
		stop_clock(progress);
	progress->phase = state.phase;
	progress->percent = state.percent;
}

void
progress_enter(Progress *progress, Phase phase)
{
	EventsTo		to = to_all(progress->task, progress->live);

	if (!progress->entered)
		start_clock(progress);
	else if (progress->phase != phase)
		stop_clock(progress);
	progress->entered = true;
	progress->phase = phase;
	progress_publish(progress);
	write_row(progress);
	(void) events_lock(progress->task, true);
	events_send_phase(&to, phase);
}

bool
progress_is_due(const Progress *progress, TimestampTz now)
{
	return events_are_due(progress->live, pg_xlsx_progress_interval, now);
}

void
progress_save(Progress *progress)
{
	EventsTo		to = to_all(progress->task, progress->live);
	bool		due = progress_is_due(progress, GetCurrentTimestamp());
	bool		urgent;

	progress_publish(progress);
	if (progress->ahead)
		progress_follow(progress);
	write_row(progress);
	urgent = progress->percent == 100 || events_are_urgent(progress->live);
	if ((due || urgent) && events_lock(progress->task, urgent))
		events_send_state(&to, due);
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
	static PrivateStatement select = {
		"SELECT e.event, xlsx_private.shortened_event(e.data, $2)::text, e.data::text"
		" FROM xlsx_private.task t CROSS JOIN LATERAL xlsx_private.terminal_event(t) AS e WHERE t.id = $1",
		2, {INT8OID, INT4OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task), Int32GetDatum(EVENTS_MOST_BYTES)};
	EventsTo		to = to_all(task, NULL);
	LiveSent	closed = {.closed = true};
	Live	   *live = live_find(task);
	PrivateRow	row;

	(void) events_lock(task, true);
	if (live != NULL)
		live_note_sent(live, &closed);
	(void) next_seq(task);
	private_sql_run(&select, values, NULL, &row);
	webhooks_write(task, TextDatumGetCString(row.values[0]), TextDatumGetCString(row.values[2]));
	events_send_json(&to, TextDatumGetCString(row.values[0]), TextDatumGetCString(row.values[1]));
}

void
progress_queued_again(int64 task)
{
	(void) next_seq(task);
	events_say_queued(task);
}

void
progress_deleted(int64 task)
{
	EventsTo		to = to_all(task, NULL);

	to.late = true;
	(void) events_lock(task, true);
	events_send(&to, any_seq(task), "task-deleted", "");
}

void
progress_swept(int64 task, int64 seq)
{
	EventsTo		to = {.task = task,.channel = events_channel()};

	events_send(&to, seq + 1, "task-deleted", "");
}

void
progress_undone(int64 task)
{
	static PrivateStatement select = {
		"SELECT xlsx_private.shortened_event((jsonb_build_object('taskId', t.id, 'seq', t.seq)"
		" || xlsx_rest.task_json(t.id)::jsonb || xlsx_private.first_findings(t))::json, $2)::text FROM xlsx_private.task t WHERE t.id = $1",
		2, {INT8OID, INT4OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task), Int32GetDatum(EVENTS_MOST_BYTES)};
	EventsTo		to = to_all(task, NULL);
	PrivateRow	row;

	to.late = true;
	(void) events_lock(task, true);
	(void) next_seq(task);
	private_sql_run(&select, values, NULL, &row);
	webhooks_write(task, "task-undone", TextDatumGetCString(row.values[0]));
	events_send_json(&to, "task-undone", TextDatumGetCString(row.values[0]));
}

void
progress_retrying(int64 task, int attempt, int64 delay_ms)
{
	static PrivateStatement select = {
		"SELECT coalesce(to_json(xlsx_private.waiting_for(t, NULL))::text, 'null') FROM xlsx_private.task t WHERE id = $1", 1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task)};
	PrivateRow	row;

	(void) events_lock(task, true);	/* the events of the attempt go first */
	private_sql_run(&select, values, NULL, &row);
	progress_emit(task, "task-progress",
				  psprintf("\"phase\":\"RETRYING\",\"attempt\":%d,\"retryInMs\":" INT64_FORMAT ",\"waitingFor\":%s", attempt, delay_ms,
						   TextDatumGetCString(row.values[0])));
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

/* Names of events contain no spaces: they are a field of the payload. */
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
