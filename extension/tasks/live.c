/*
 * live.c
 *	  The state of running imports, in shared memory.
 */
#include "tasks/live.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "port/atomics.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "storage/spin.h"
#include "tables/tenant.h"
#include "tasks/membership.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(pg_xlsx_live);

/* Numbers that are reserved for the events that end a phase. */
#define EVENTS_KEPT 64

struct Live
{
	pg_atomic_uint32 pid;		/* 0: free */
	slock_t		lock;			/* protects all below */
	uint64		turn;			/* counts the imports that have used the place */
	Oid			database;
	Oid			owner;
	char		tenant[TENANT_MAX_BYTES + 1];
	int64		task;			/* 0: not filled in yet */
	int			attempt;
	bool		inside;
	char		profile[LIVE_PROFILE_BYTES];
	char		file_name[LIVE_FILE_BYTES];
	TimestampTz started_at;
	TimestampTz updated_at;
	int64		seq;			/* of the last event */
	int64		seq_end;
	LiveImport	import;
	LiveReader	reader;
	LiveSent	sent;
};

static Live *places = NULL;
static int	place_count = 0;
static shmem_request_hook_type previous_request_hook = NULL;
static shmem_startup_hook_type previous_startup_hook = NULL;

/*
 * The memory
 */

/* Creates the places, or finds them. */
static void
attach(int count)
{
	bool		found;
	Live	   *memory;

	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	memory = ShmemInitStruct("pg_xlsx progress", mul_size(sizeof(Live), (Size) count), &found);
	for (int i = 0; i < count && !found; i++)
	{
		memset(&memory[i], 0, sizeof(Live));
		pg_atomic_init_u32(&memory[i].pid, 0);
		SpinLockInit(&memory[i].lock);
	}
	LWLockRelease(AddinShmemInitLock);
	places = memory;
	place_count = count;
}

static void
shmem_request(void)
{
	if (previous_request_hook)
		previous_request_hook();
	place_count = MaxBackends;
	RequestAddinShmemSpace(mul_size(sizeof(Live), (Size) place_count));
}

static void
shmem_startup(void)
{
	if (previous_startup_hook)
		previous_startup_hook();
	attach(place_count);
}

void
live_init(void)
{
	previous_request_hook = shmem_request_hook;
	shmem_request_hook = shmem_request;
	previous_startup_hook = shmem_startup_hook;
	shmem_startup_hook = shmem_startup;
}

/*
 * Without preloading, a few places fit into the memory that the server has to spare. When they do
 * not fit, there are none.
 */
static void
attach_late(void)
{
	MemoryContext context = CurrentMemoryContext;

	if (places != NULL)
		return;
	PG_TRY();
	{
		attach(LIVE_FEW);
	}
	PG_CATCH();
	{
		LWLockReleaseAll();
		MemoryContextSwitchTo(context);
		FlushErrorState();
	}
	PG_END_TRY();
}

/*
 * Places
 */

static bool
is_shared(const Live *live)
{
	return places != NULL && live >= places && live < places + place_count;
}

/* Before the process exits, perhaps in the middle of an import. */
static void
release_all(int code, Datum arg)
{
	(void) code;
	(void) arg;
	for (int i = 0; i < place_count; i++)
		if (pg_atomic_read_u32(&places[i].pid) == (uint32) MyProcPid)
			live_release(&places[i]);
}

static Live *
free_place(void)
{
	static bool registered = false;

	attach_late();
	if (!registered)
		before_shmem_exit(release_all, (Datum) 0);
	registered = true;
	for (int i = 0; i < place_count; i++)
	{
		uint32		nobody = 0;

		if (pg_atomic_compare_exchange_u32(&places[i].pid, &nobody, (uint32) MyProcPid))
			return &places[i];
	}
	return NULL;
}

static void
copy_text(char *to, const char *from, size_t size)
{
	int			length = pg_mbcliplen(from, (int) strlen(from), (int) size - 1);

	memcpy(to, from, (size_t) length);
	to[length] = '\0';
}

Live *
live_take(const LiveTask *task)
{
	Live	   *live = free_place();
	char		profile[LIVE_PROFILE_BYTES];
	char		file_name[LIVE_FILE_BYTES];
	char		tenant[TENANT_MAX_BYTES + 1];
	TimestampTz now = GetCurrentTimestamp();

	if (live == NULL)
	{
		live = palloc0(sizeof(Live));
		SpinLockInit(&live->lock);
	}
	copy_text(profile, task->profile, sizeof(profile));
	copy_text(file_name, task->file_name, sizeof(file_name));
	strlcpy(tenant, task->tenant, sizeof(tenant));
	SpinLockAcquire(&live->lock);
	live->turn++;
	live->database = MyDatabaseId;
	live->owner = task->owner;
	memcpy(live->tenant, tenant, sizeof(tenant));
	live->task = task->task;
	live->attempt = task->attempt;
	live->inside = task->inside;
	memcpy(live->profile, profile, sizeof(profile));
	memcpy(live->file_name, file_name, sizeof(file_name));
	live->started_at = live->updated_at = now;
	live->seq = task->seq;
	live->seq_end = task->seq + LIVE_EVENTS;
	memset(&live->import, 0, sizeof(live->import));
	memset(&live->reader, 0, sizeof(live->reader));
	memset(&live->sent, 0, sizeof(live->sent));
	SpinLockRelease(&live->lock);
	return live;
}

void
live_release(Live *live)
{
	if (!is_shared(live))
		return;
	SpinLockAcquire(&live->lock);
	live->task = 0;
	SpinLockRelease(&live->lock);
	pg_atomic_write_u32(&live->pid, 0);
}

int
live_number(const Live *live)
{
	return is_shared(live) ? (int) (live - places) : -1;
}

uint64
live_turn(const Live *live)
{
	return live->turn;
}

bool
live_is_at(Live *live, uint64 turn)
{
	bool		is_at;

	SpinLockAcquire(&live->lock);
	is_at = live->task != 0 && live->turn == turn;
	SpinLockRelease(&live->lock);
	return is_at;
}

Live *
live_at(int number, uint64 turn)
{
	attach_late();
	return number >= 0 && number < place_count && live_is_at(&places[number], turn) ? &places[number] : NULL;
}

static bool
is_of(Live *live, int64 task)
{
	bool		is;

	SpinLockAcquire(&live->lock);
	is = live->task == task && live->database == MyDatabaseId;
	SpinLockRelease(&live->lock);
	return is;
}

Live *
live_find(int64 task)
{
	attach_late();
	for (int i = 0; i < place_count; i++)
		if (pg_atomic_read_u32(&places[i].pid) != 0 && is_of(&places[i], task))
			return &places[i];
	return NULL;
}

void
live_publish_import(Live *live, const LiveImport *import)
{
	TimestampTz now = GetCurrentTimestamp();

	SpinLockAcquire(&live->lock);
	live->import = *import;
	live->updated_at = now;
	SpinLockRelease(&live->lock);
}

void
live_publish_reader(Live *live, uint64 turn, const LiveReader *reader)
{
	TimestampTz now = GetCurrentTimestamp();

	SpinLockAcquire(&live->lock);
	if (live->task != 0 && live->turn == turn)
	{
		live->reader = *reader;
		live->updated_at = now;
	}
	SpinLockRelease(&live->lock);
}

LiveSent
live_sent(Live *live)
{
	LiveSent	sent;

	SpinLockAcquire(&live->lock);
	sent = live->sent;
	SpinLockRelease(&live->lock);
	return sent;
}

void
live_note_sent(Live *live, const LiveSent *sent)
{
	SpinLockAcquire(&live->lock);
	live->sent = *sent;
	SpinLockRelease(&live->lock);
}

int64
live_next_seq(Live *live, bool optional)
{
	int64		seq = 0;

	SpinLockAcquire(&live->lock);
	if (!optional || live->seq < live->seq_end - EVENTS_KEPT)
		seq = live->seq = Min(live->seq + 1, live->seq_end);
	SpinLockRelease(&live->lock);
	return seq;
}

/*
 * How far
 */

/* Has the reader or the import looked at every row? */
static bool
is_validated(const LiveImport *import, const LiveReader *reader)
{
	if (import->validated || !import->ahead)
		return import->validated;
	return reader->ended && import->among_looked && import->own_open_rows == reader->open_rows;
}

/* A row that leaves the total never comes back, so this percent never falls. */
static int
saving_percent(const LiveState *state, int64 handled)
{
	int64		valid = state->total_rows - state->error_rows;

	return valid <= 0 ? 100 : (int) (Min(handled, valid) * 100 / valid);
}

/* For an import that saves rows which the reader has judged: both processes report. */
static void
state_ahead(LiveState *state, const LiveImport *import, const LiveReader *reader)
{
	state->validated_rows = import->before_rows + import->own_rows + reader->judged_rows;
	state->invalid_rows = import->before_errors + import->own_errors + reader->error_rows;
	state->error_rows = state->invalid_rows + import->refused_rows;
	if (is_validated(import, reader))
	{
		state->phase = PHASE_SAVING;
		state->total_rows = state->validated_rows;
		state->percent = Min(saving_percent(state, import->handled_rows), 99);
	}
	else
	{
		state->phase = PHASE_VALIDATING;
		state->total_rows = Max(import->total_rows, state->validated_rows);
		state->percent = Min(reader->percent, 99);
	}
}

static LiveState
state_of(const LiveImport *import, const LiveReader *reader, const LiveSent *sent)
{
	LiveState	state = {
		.phase = import->phase, .percent = import->percent, .total_rows = import->total_rows,
		.validated_rows = import->validated_rows, .error_rows = import->error_rows,
		.invalid_rows = import->error_rows - import->refused_rows, .saved_rows = import->saved_rows,
		.committed = !import->promised, .written_rows = import->ahead ? import->written_rows : -1
	};

	if (import->ahead && import->phase == PHASE_VALIDATING)
		state_ahead(&state, import, reader);
	else if (import->phase == PHASE_SAVING && import->percent < 100)
		state.percent = Min(saving_percent(&state, import->handled_rows), 99);
	if (sent->phase == state.phase)
		state.percent = Max(state.percent, sent->percent);
	state.job = phase_job_percent(state.phase, state.percent);
	return state;
}

LiveState
live_state(Live *live)
{
	LiveImport	import;
	LiveReader	reader;
	LiveSent	sent;

	SpinLockAcquire(&live->lock);
	import = live->import;
	reader = live->reader;
	sent = live->sent;
	SpinLockRelease(&live->lock);
	return state_of(&import, &reader, &sent);
}

bool
live_waits_for_import(Live *live)
{
	bool		waits;

	SpinLockAcquire(&live->lock);
	waits = live->import.ahead && live->reader.ended && !is_validated(&live->import, &live->reader);
	SpinLockRelease(&live->lock);
	return waits;
}

/*
 * SQL
 */

#define LIVE_COLUMNS 19

/* One import, as a row of xlsx_private.live. */
static void
put_row(ReturnSetInfo *result, const Live *live, uint32 pid)
{
	LiveState	state = state_of(&live->import, &live->reader, &live->sent);
	Datum		values[LIVE_COLUMNS];
	bool		nulls[LIVE_COLUMNS] = {0};
	int			i = 0;
	bool		saving = state.phase == PHASE_SAVING;

	values[i++] = Int32GetDatum((int32) pid);
	values[i++] = ObjectIdGetDatum(live->database);
	values[i++] = Int64GetDatum(live->task);
	values[i++] = ObjectIdGetDatum(live->owner);
	values[i++] = CStringGetTextDatum(live->profile);
	values[i++] = CStringGetTextDatum(live->file_name);
	values[i++] = Int32GetDatum(live->attempt);
	values[i++] = BoolGetDatum(live->inside);
	values[i++] = CStringGetTextDatum(phase_names.texts[state.phase]);
	values[i++] = Int32GetDatum(state.job);
	values[i++] = Int32GetDatum(saving ? 100 : state.phase == PHASE_VALIDATING ? state.percent : 0);
	values[i++] = Int32GetDatum(saving ? state.percent : 0);
	values[i++] = Int64GetDatum(state.total_rows);
	values[i++] = Int64GetDatum(state.validated_rows);
	values[i++] = Int64GetDatum(state.error_rows);
	values[i++] = Int64GetDatum(state.saved_rows);
	values[i++] = BoolGetDatum(state.committed && !live->inside);
	values[i++] = Int64GetDatum(live->seq);
	values[i++] = TimestampTzGetDatum(live->started_at);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* The running imports of this database, or of all databases, that the current role may see. */
Datum
pg_xlsx_live(PG_FUNCTION_ARGS)
{
	bool		everywhere = PG_GETARG_BOOL(0);

	InitMaterializedSRF(fcinfo, 0);
	attach_late();
	for (int i = 0; i < place_count; i++)
	{
		Live		copy;
		uint32		pid = pg_atomic_read_u32(&places[i].pid);

		if (pid == 0)
			continue;
		SpinLockAcquire(&places[i].lock);
		memcpy(&copy, &places[i], sizeof(Live));
		SpinLockRelease(&places[i].lock);
		if (copy.task != 0 && (everywhere || copy.database == MyDatabaseId) && membership_may_see(copy.owner, copy.tenant))
			put_row((ReturnSetInfo *) fcinfo->resultinfo, &copy, pid);
	}
	PG_RETURN_VOID();
}
