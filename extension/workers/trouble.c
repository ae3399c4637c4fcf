/*
 * trouble.c
 *	  Workers that fail outside of a task.
 */
#include "workers/trouble.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "pg/shared_memory.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "tasks/dispatch.h"
#include "utils/timestamp.h"

/* Workers that are remembered. The one whose wait ends first is overwritten. */
#define MOST_TROUBLES 256

/* Different errors of one worker that are remembered. */
#define MOST_SAID 4

/* The first wait, and the longest. */
#define FIRST_WAIT_MS	INT64CONST(1000)
#define MOST_DOUBLINGS	6

/* A failure so long after the last wait is a new trouble. */
#define FORGET_AFTER_MS 600000

typedef struct Trouble
{
	Oid			database;		/* InvalidOid: free entry */
	Oid			login;			/* or DISPATCH_SWEEP */
	int			failures;		/* in a row */
	TimestampTz noted_at;
	TimestampTz until;
	int			count;			/* of errors that the log has said */
	uint32		said[MOST_SAID];
} Trouble;

typedef struct Troubles
{
	LWLock	   *lock;			/* protects all below */
	Trouble		trouble[MOST_TROUBLES];
} Troubles;

static Troubles *shared = NULL;

/* Of this worker. */
static Oid	my_database;
static Oid	my_login;
static bool at_task = false;
static bool failed = false;
static emit_log_hook_type previous_hook = NULL;

void
trouble_init(void)
{
	static const SharedMemory piece = {"pg_xlsx troubles", "pg_xlsx_troubles", sizeof(Troubles), (void **) &shared, NULL};

	shared_memory_want(&piece);
}

static Trouble *
find(Oid database, Oid login)
{
	for (int i = 0; i < MOST_TROUBLES; i++)
		if (shared->trouble[i].database == database && shared->trouble[i].login == login)
			return &shared->trouble[i];
	return NULL;
}

static TimestampTz
earliest_end(void)
{
	TimestampTz end = DT_NOEND;

	for (int i = 0; i < MOST_TROUBLES; i++)
		end = Min(end, shared->trouble[i].until);
	return end;
}

/* The entry; or else a free one, or the one whose wait ends first. */
static Trouble *
find_or_make(Oid database, Oid login)
{
	Trouble    *place = find(database, login);

	if (place != NULL && !TimestampDifferenceExceeds(place->until, GetCurrentTimestamp(), FORGET_AFTER_MS))
		return place;
	for (int i = 0; i < MOST_TROUBLES && place == NULL; i++)
		if (!OidIsValid(shared->trouble[i].database))
			place = &shared->trouble[i];
	for (int i = 0; i < MOST_TROUBLES && place == NULL; i++)
		if (shared->trouble[i].until == earliest_end())
			place = &shared->trouble[i];
	*place = (Trouble) {.database = database, .login = login, .until = GetCurrentTimestamp()};
	return place;
}

/*
 * The worker
 */

/* Has this worker, or one before it in the same trouble, said this error? It has by now. */
static bool
is_said(uint32 hash)
{
	Trouble    *trouble;
	bool		said = false;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	trouble = find_or_make(my_database, my_login);
	for (int i = 0; i < trouble->count; i++)
		said = said || trouble->said[i] == hash;
	if (!said)
	{
		trouble->said[trouble->count % MOST_SAID] = hash;
		trouble->count = Min(trouble->count + 1, MOST_SAID);
	}
	LWLockRelease(shared->lock);
	return said;
}

static void
see_error(ErrorData *error)
{
	if (previous_hook != NULL)
		previous_hook(error);
	/* a worker that somebody ends has not failed */
	if (error->elevel < ERROR || at_task || error->sqlerrcode == ERRCODE_ADMIN_SHUTDOWN || error->message == NULL)
		return;
	failed = true;
	if (!LWLockHeldByMe(shared->lock) &&
		is_said(hash_bytes((const unsigned char *) error->message, (int) strlen(error->message))))
		error->output_to_server = false;
}

static void
note_failure(int code, Datum arg)
{
	Trouble    *trouble;

	(void) code;
	(void) arg;
	if (!failed)
		return;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	trouble = find_or_make(my_database, my_login);
	trouble->noted_at = GetCurrentTimestamp();
	trouble->until = TimestampTzPlusMilliseconds(trouble->noted_at, FIRST_WAIT_MS << Min(trouble->failures, MOST_DOUBLINGS));
	trouble->failures++;
	LWLockRelease(shared->lock);
}

void
trouble_watch(Oid database, Oid login)
{
	if (shared == NULL)
		return;
	my_database = database;
	my_login = login;
	previous_hook = emit_log_hook;
	emit_log_hook = see_error;
	before_shmem_exit(note_failure, (Datum) 0);
}

void
trouble_pause(bool now_at_task)
{
	at_task = now_at_task;
}

void
trouble_excuse(void)
{
	failed = false;
}

bool
trouble_seen(void)
{
	return failed;
}

void
trouble_over(const char *database_name)
{
	Trouble    *trouble;
	int			failures = 0;

	if (shared == NULL || failed)
		return;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	trouble = find(my_database, my_login);
	if (trouble != NULL)
	{
		failures = trouble->failures;
		*trouble = (Trouble) {0};
	}
	LWLockRelease(shared->lock);
	if (failures > 1)
		ereport(LOG,
				(errmsg("pg_xlsx works again in database \"%s\", after %d failures", database_name, failures)));
}

/*
 * The launcher
 */

/* A wait that would begin in the future is over: the clock was set back. */
static bool
waits(const Trouble *trouble, TimestampTz now)
{
	return trouble->failures > 0 && trouble->until > now && trouble->noted_at <= now;
}

bool
trouble_holds(Oid database, Oid login)
{
	const Trouble *trouble;
	bool		holds;

	LWLockAcquire(shared->lock, LW_SHARED);
	trouble = find(database, login);
	holds = trouble != NULL && waits(trouble, GetCurrentTimestamp());
	LWLockRelease(shared->lock);
	return holds;
}

TimestampTz
trouble_next(void)
{
	TimestampTz next = DT_NOEND;
	TimestampTz now = GetCurrentTimestamp();

	LWLockAcquire(shared->lock, LW_SHARED);
	for (int i = 0; i < MOST_TROUBLES; i++)
		if (OidIsValid(shared->trouble[i].database) && waits(&shared->trouble[i], now))
			next = Min(next, shared->trouble[i].until);
	LWLockRelease(shared->lock);
	return next;
}
