/*
 * events.c
 *	  The events of a running import.
 */
#include "tasks/events.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/async.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "tables/owner.h"
#include "tables/private_sql.h"
#include "tasks/mirror.h"
#include "tasks/task_lock.h"
#include "tasks/unheard.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(pg_xlsx_phase_members);

/* When the NOTIFY queue is fuller than this, progress is not sent. The event that ends a task is. */
#define QUEUE_CROWDED 0.5

/* A new CREATE EXTENSION gives the table another OID, and the channel another name. */
const char *
events_channel(void)
{
	static PrivateStatement select = {"SELECT name FROM xlsx_private.channel", 0, {0}, NULL};
	static NameData name;
	static Oid	read_from = InvalidOid;
	Oid			table = owner_table("channel");
	PrivateRow	row;

	if (table == read_from)
		return NameStr(name);
	if (private_sql_run(&select, NULL, NULL, &row) == 0)
		elog(ERROR, "the channel of the events has no name");
	namestrcpy(&name, NameStr(*DatumGetName(row.values[0])));
	read_from = table;
	return NameStr(name);
}

bool
events_lock(int64 task, bool wait)
{
	LOCKTAG		tag = task_lock_tag(task, TASK_LOCK_EVENTS);

	return LockAcquire(&tag, ExclusiveLock, false, !wait) != LOCKACQUIRE_NOT_AVAIL;
}

/* An event that waits for the commit, in memory of the transaction. */
typedef struct LateEvent
{
	SubTransactionId origin;
	const char *channel;
	const char *payload;
} LateEvent;

static List *late_events = NIL;

static void
at_transaction_end(XactEvent event, void *arg)
{
	ListCell   *cell;

	(void) arg;
	if (event == XACT_EVENT_PRE_COMMIT)
		foreach(cell, late_events)
		{
			LateEvent  *late = lfirst(cell);

			Async_Notify(late->channel, late->payload);
		}
	if (event == XACT_EVENT_PRE_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
		late_events = NIL;
}

/* What a subtransaction and those below it have done is undone. Their numbers are not below its own. */
static void
at_subtransaction_end(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *arg)
{
	ListCell   *cell;

	(void) parent;
	(void) arg;
	if (event == SUBXACT_EVENT_ABORT_SUB)
		foreach(cell, late_events)
			if (((LateEvent *) lfirst(cell))->origin >= mine)
				late_events = foreach_delete_current(late_events, cell);
}

static void
notify_late(const char *channel, const char *payload)
{
	static bool registered = false;
	MemoryContext caller = MemoryContextSwitchTo(TopTransactionContext);
	LateEvent  *late = palloc(sizeof(LateEvent));

	if (!registered)
	{
		RegisterXactCallback(at_transaction_end, NULL);
		RegisterSubXactCallback(at_subtransaction_end, NULL);
		registered = true;
	}
	*late = (LateEvent) {GetCurrentSubTransactionId(), pstrdup(channel), pstrdup(payload)};
	late_events = lappend(late_events, late);
	MemoryContextSwitchTo(caller);
}

/* Can it be left out? The row of the task says more. */
static bool
is_progress(const char *event)
{
	for (int phase = 0; phase <= PHASE_SAVING; phase++)
	{
		const char *own_event = phase_event((Phase) phase);

		if (own_event != NULL && strcmp(event, own_event) == 0)
			return true;
	}
	return strcmp(event, "task-progress") == 0 || strcmp(event, "processing-completed") == 0;
}

void
events_send_json(const EventsTo *to, const char *event, const char *json)
{
	char	   *payload = psprintf(INT64_FORMAT " %s %s", to->task, event, json);

	if (strlen(payload) > EVENTS_PAYLOAD_BYTES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("event \"%s\" of task " INT64_FORMAT " is too long", event, to->task),
				 errdetail("It has %zu bytes, NOTIFY takes %d.", strlen(payload), EVENTS_PAYLOAD_BYTES)));
	if (unheard_is_full())
	{
		if (!is_progress(event))
			unheard_keep(payload);
	}
	else if (to->late)
		notify_late(to->channel, payload);
	else
		Async_Notify(to->channel, payload);
	if (to->mirror)
		mirror_task(to->task);
	pfree(payload);
}

void
events_send(const EventsTo *to, int64 seq, const char *event, const char *members)
{
	char	   *json = psprintf("{\"taskId\":" INT64_FORMAT ",\"seq\":" INT64_FORMAT "%s%s}", to->task, seq,
								members[0] != '\0' ? "," : "", members);

	events_send_json(to, event, json);
	pfree(json);
}

/*
 * The number of rows written so far, where rows are saved while others are being judged, so that
 * a user can see how long it will take.
 */
static char *
written_member(const LiveState *state)
{
	return state->written_rows < 0 ? "" : psprintf(",\"writtenRows\":" INT64_FORMAT, state->written_rows);
}

/* The members of a task-progress event, which depend on the phase. */
static char *
phase_members(const LiveState *state)
{
	const char *name = phase_names.texts[state->phase];

	switch (state->phase)
	{
		case PHASE_VALIDATING:
			return psprintf("\"phase\":\"%s\",\"progress\":%d,\"totalRows\":" INT64_FORMAT ",\"validatedRows\":"
							INT64_FORMAT ",\"errorRows\":" INT64_FORMAT "%s", name, state->percent, state->total_rows,
							state->validated_rows, state->invalid_rows, written_member(state));
		case PHASE_SAVING:
			return psprintf("\"phase\":\"%s\",\"progress\":%d,\"savedRows\":" INT64_FORMAT "%s", name, state->percent,
							state->saved_rows, state->committed ? "" : ",\"committed\":false");
		default:
			return psprintf("\"phase\":\"%s\"", name);
	}
}

/* The same of a state that is no import's own: phase, percent, total_rows, validated_rows, error_rows, saved_rows, committed. */
Datum
pg_xlsx_phase_members(PG_FUNCTION_ARGS)
{
	int			phase = names_find(&phase_names, text_to_cstring(PG_GETARG_TEXT_PP(0)));
	LiveState	state = {
		.phase = (Phase) phase,
		.percent = PG_GETARG_INT32(1), .total_rows = PG_GETARG_INT64(2), .validated_rows = PG_GETARG_INT64(3),
		.invalid_rows = PG_GETARG_INT64(4), .saved_rows = PG_GETARG_INT64(5), .committed = PG_GETARG_BOOL(6),
		.written_rows = -1
	};

	if (phase < 0)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(phase_members(&state)));
}

static int64
rows_of(const LiveState *state)
{
	return state->phase == PHASE_SAVING ? state->saved_rows : state->validated_rows;
}

static void
send_state(const EventsTo *to, const LiveState *state, bool optional)
{
	LiveSent	sent = {state->phase, state->percent, rows_of(state), GetCurrentTimestamp(), false};
	int64		seq = live_next_seq(to->live, optional);
	char	   *members;

	if (seq == 0)
		return;
	members = phase_members(state);
	events_send(to, seq, "task-progress", members);
	pfree(members);
	live_note_sent(to->live, &sent);
}

/* Reports the end of VALIDATING, as the counts are now. */
static void
send_validated(const EventsTo *to, const LiveState *state)
{
	LiveState	validated = *state;

	validated.phase = PHASE_VALIDATING;
	validated.percent = 100;
	validated.total_rows = validated.validated_rows;
	send_state(to, &validated, false);
}

/* Reports 0 percent of SAVING first, however far it is by now. */
static void
send_saving(const EventsTo *to, const LiveState *state)
{
	LiveState	nothing = *state;

	nothing.phase = PHASE_SAVING;
	nothing.percent = 0;
	nothing.saved_rows = 0;
	nothing.committed = true;
	send_state(to, &nothing, false);
}

void
events_send_phase(const EventsTo *to, Phase phase)
{
	const char *own_event = phase_event(phase);
	LiveSent	sent = live_sent(to->live);
	LiveState	state = live_state(to->live);

	if (sent.closed)
		return;
	if (phase == PHASE_SAVING)
	{
		events_send_state(to, false);
		if (live_sent(to->live).phase != PHASE_SAVING)
			send_state(to, &state, false);	/* of an attempt that continues in the middle of the phase */
		return;
	}
	state.phase = phase;
	send_state(to, &state, false);
	if (own_event != NULL)
		events_send(to, live_next_seq(to->live, false), own_event, "");
}

/* All databases of the server share the NOTIFY queue, and a progress bar can miss a step. */
static bool
queue_is_crowded(void)
{
	return unheard_is_full() || DatumGetFloat8(DirectFunctionCall1(pg_notification_queue_usage, (Datum) 0)) > QUEUE_CROWDED;
}

/* Late, because a transaction that has called NOTIFY cannot be prepared. */
void
events_say_queued(int64 task)
{
	if (!queue_is_crowded())
		notify_late(psprintf("%s_queue", events_channel()), psprintf(INT64_FORMAT, task));
}

void
events_send_state(const EventsTo *to, bool optional)
{
	LiveSent	sent = live_sent(to->live);
	LiveState	state = live_state(to->live);

	if (sent.closed || sent.phase < PHASE_VALIDATING)
		return;
	if (sent.phase == PHASE_VALIDATING && state.phase == PHASE_SAVING)
	{
		if (sent.percent < 100)
			send_validated(to, &state);
		send_saving(to, &state);
		sent = live_sent(to->live);
		optional = false;
	}
	if (sent.phase != state.phase || sent.percent == 100)
		return;
	if (state.percent == 100)
		send_state(to, &state, false);
	else if (optional && (state.percent > sent.percent || rows_of(&state) > sent.rows) && !queue_is_crowded())
		send_state(to, &state, true);
}

bool
events_are_urgent(Live *live)
{
	LiveSent	sent = live_sent(live);

	return !sent.closed && sent.phase == PHASE_VALIDATING && live_state(live).phase == PHASE_SAVING;
}

bool
events_are_due(Live *live, int interval_ms, TimestampTz now)
{
	TimestampTz last = live_sent(live).at;

	/* Events go on when the clock has been set back. */
	return now < last || TimestampDifferenceExceeds(last, now, interval_ms);
}
