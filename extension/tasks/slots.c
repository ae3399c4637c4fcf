/*
 * slots.c
 *	  The slots of workers in shared memory.
 */
#include "tasks/slots.h"

#include <signal.h>

#include "miscadmin.h"
#include "pg/compat.h"
#include "pg/deadline.h"
#include "pg/guc.h"
#include "pg/place.h"
#include "pg/shared_memory.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "tables/tenant.h"
#include "utils/timestamp.h"

/* Delays after a worker has died while it worked, and after one that could not even log in. */
#define SWEEP_AFTER_DEATH_MS	100
#define SWEEP_AFTER_REFUSAL_MS	10000

/* How many tasks are remembered that their workers have left for a known reason, until a worker asks about them. */
#define LEFT_TASKS 16

typedef enum SlotState
{
	SLOT_FREE,
	SLOT_PROMISED,				/* promised to a worker that has been started */
	SLOT_TAKEN,					/* the worker has not logged in yet */
	SLOT_BUSY,
	SLOT_DONE					/* the worker ends in good order */
} SlotState;

typedef struct Slot
{
	SlotState	state;
	uint64		number;			/* of the promise */
	pid_t		pid;
	Oid			database;
	Oid			login;			/* or DISPATCH_SWEEP */
	int64		party;			/* whose task it is at, or was at last (tables/tenant.h); 0: none yet */
	bool		alone;			/* its login works for no other role */
	int64		task;			/* 0: between two tasks */
	bool		attempting;		/* the task may be interrupted */
} Slot;

typedef struct LeftTask
{
	Oid			database;
	int64		task;			/* 0: free entry */
	SlotsLeft	why;
} LeftTask;

typedef struct Slots
{
	LWLock	   *lock;			/* protects all below */
	LeftTask	left[LEFT_TASKS];	/* the oldest entry is overwritten */
	uint32		next_left;
	uint64		promises;		/* so far */
	uint64		lost;			/* tasks that have lost their worker, so far */
	Slot		slot[SLOTS];	/* those of imports first */
} Slots;

static Slots *shared = NULL;

/* The slot of this process; NULL when it is not a worker. */
static Slot *mine = NULL;

void
slots_init(void)
{
	static const SharedMemory piece = {"pg_xlsx slots", "pg_xlsx_slots", sizeof(Slots), (void **) &shared, NULL};

	shared_memory_want(&piece);
}

/*
 * What fits
 */

/* A free slot for a sweep of the database. NULL when one is being swept already, or all slots are taken. */
static Slot *
free_for_sweep(Oid database)
{
	Slot	   *free = NULL;

	for (int i = SLOTS_OF_IMPORTS; i < SLOTS; i++)
	{
		Slot	   *slot = &shared->slot[i];

		if (slot->state == SLOT_FREE)
			free = slot;
		else if (slot->database == database)
			return NULL;
	}
	return free;
}

static int
role_limit(void)
{
	int			limit = pg_xlsx_max_workers_per_role;

	return limit > 0 ? limit : Max(pg_xlsx_max_workers - 1, 1);
}

/* Workers of one party, without this one. */
static int
workers_of(int64 party)
{
	int			count = 0;

	for (int i = 0; i < SLOTS_OF_IMPORTS; i++)
	{
		const Slot *slot = &shared->slot[i];

		if (slot != mine && slot->state != SLOT_FREE && slot->party == party)
			count++;
	}
	return count;
}

/* Does the login work for no other role, and does it have all the workers that a role may have? */
static bool
login_is_full(Oid login)
{
	int			count = 0;

	for (int i = 0; i < SLOTS_OF_IMPORTS; i++)
	{
		const Slot *slot = &shared->slot[i];

		if (slot->state != SLOT_FREE && slot->alone && slot->party == PARTY_OF(login))
			count++;
	}
	return count >= role_limit();
}

/* A free slot for imports. NULL when all are taken. */
static Slot *
free_for_import(Oid login)
{
	Slot	   *free = NULL;
	int			used = 0;

	for (int i = 0; i < SLOTS_OF_IMPORTS; i++)
	{
		if (shared->slot[i].state != SLOT_FREE)
			used++;
		else if (free == NULL)
			free = &shared->slot[i];
	}
	return used < pg_xlsx_max_workers && !login_is_full(login) ? free : NULL;
}

static Slot *
free_slot(Oid database, Oid login)
{
	return login == DISPATCH_SWEEP ? free_for_sweep(database) : free_for_import(login);
}

/*
 * The launcher
 */

void
slots_recall(void)
{
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < SLOTS; i++)
		if (shared->slot[i].state == SLOT_PROMISED)
			shared->slot[i].state = SLOT_FREE;
	LWLockRelease(shared->lock);
}

bool
slots_fit(Oid database, Oid login)
{
	bool		fits;

	LWLockAcquire(shared->lock, LW_SHARED);
	fits = free_slot(database, login) != NULL;
	LWLockRelease(shared->lock);
	return fits;
}

bool
slots_promise(DispatchOrder *order)
{
	Slot	   *slot;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	slot = free_slot(order->database, order->login);
	if (slot != NULL)
	{
		*slot = (Slot) {
			.state = SLOT_PROMISED, .number = ++shared->promises, .database = order->database, .login = order->login
		};
		order->slot = (int) (slot - shared->slot);
		order->number = slot->number;
	}
	LWLockRelease(shared->lock);
	return slot != NULL;
}

static bool
is_promised(const Slot *slot, const DispatchOrder *order)
{
	return slot->state == SLOT_PROMISED && slot->number == order->number;
}

bool
slots_break(const DispatchOrder *order)
{
	Slot	   *slot = &shared->slot[order->slot];
	bool		promised;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	promised = is_promised(slot, order);
	if (promised)
		slot->state = SLOT_FREE;
	LWLockRelease(shared->lock);
	return promised;
}

/*
 * The worker
 */

/* Needs the lock. */
static void
remember(Oid database, int64 task, SlotsLeft why)
{
	shared->left[shared->next_left++ % LEFT_TASKS] = (LeftTask) {database, task, why};
}

static void
give_back(int code, Datum arg)
{
	Slot		was;

	(void) code;
	(void) arg;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	was = *mine;
	*mine = (Slot) {SLOT_FREE};
	if (was.task != 0)
		shared->lost++;
	if (was.attempting && deadline_passed())
		remember(was.database, was.task, SLOTS_LEFT_LATE);
	else if (was.attempting && place_last_sqlstate() == COMPAT_TRANSACTION_TIMEOUT)
		remember(was.database, was.task, SLOTS_LEFT_BY_TIMEOUT);
	LWLockRelease(shared->lock);
	mine = NULL;
	if (was.state != SLOT_DONE)
		dispatch_due_now(was.database, TimestampTzPlusMilliseconds(GetCurrentTimestamp(), was.state == SLOT_BUSY ?
																   SWEEP_AFTER_DEATH_MS : SWEEP_AFTER_REFUSAL_MS));
	dispatch_slot_freed();
}

bool
slots_take(const DispatchOrder *order)
{
	Slot	   *slot;

	if (shared == NULL)
		return true;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	slot = &shared->slot[order->slot];
	if (!is_promised(slot, order))
		slot = free_slot(order->database, order->login);
	if (slot != NULL)
		*slot = (Slot) {
			.state = SLOT_TAKEN, .pid = MyProcPid, .database = order->database, .login = order->login
		};
	LWLockRelease(shared->lock);
	mine = slot;
	if (slot != NULL)
		before_shmem_exit(give_back, (Datum) 0);
	return slot != NULL;
}

static void
set_state(SlotState state)
{
	if (mine == NULL)
		return;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	mine->state = state;
	LWLockRelease(shared->lock);
}

void
slots_logged_in(void)
{
	set_state(SLOT_BUSY);
}

void
slots_done(void)
{
	set_state(SLOT_DONE);
}

bool
slots_admit(int64 party, bool alone)
{
	bool		admitted;
	bool		left = false;

	if (mine == NULL)
		return true;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	admitted = workers_of(party) < role_limit();
	if (admitted)
	{
		left = mine->party != 0 && mine->party != party;
		mine->party = party;
		mine->alone = alone;
	}
	LWLockRelease(shared->lock);
	if (left)
		dispatch_slot_freed();
	return admitted;
}

/* May the party have that many workers more, besides those that are not this one? */
static bool
has_room(int64 party, int more)
{
	bool		room;

	LWLockAcquire(shared->lock, LW_SHARED);
	room = workers_of(party) + more <= role_limit();
	LWLockRelease(shared->lock);
	return room;
}

bool
slots_may_admit(int64 party)
{
	return mine == NULL || has_room(party, 1);
}

bool
slots_has_room(int64 party)
{
	return mine == NULL || has_room(party, mine->party == party ? 2 : 1);
}

bool
slots_may_run(Oid login)
{
	bool		may = true;

	if (shared != NULL)
	{
		LWLockAcquire(shared->lock, LW_SHARED);
		may = !login_is_full(login);
		LWLockRelease(shared->lock);
	}
	return may;
}

SlotsLeft
slots_why_left(int64 task)
{
	SlotsLeft	why = SLOTS_LEFT_UNKNOWN;

	if (mine == NULL)
		return why;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < LEFT_TASKS; i++)
	{
		LeftTask   *one = &shared->left[i];

		if (one->database == mine->database && one->task == task)
		{
			why = one->why;
			*one = (LeftTask) {0};
		}
	}
	LWLockRelease(shared->lock);
	return why;
}

void
slots_leave_unsettled(int64 task)
{
	if (mine == NULL)
		return;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	remember(mine->database, task, SLOTS_LEFT_UNSETTLED);
	LWLockRelease(shared->lock);
}

uint64
slots_lost(void)
{
	uint64		lost = 0;

	if (shared != NULL)
	{
		LWLockAcquire(shared->lock, LW_SHARED);
		lost = shared->lost;
		LWLockRelease(shared->lock);
	}
	return lost;
}

void
slots_note_lost(void)
{
	if (shared == NULL)
		return;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	shared->lost++;
	LWLockRelease(shared->lock);
}

int
slots_tasks(int64 *ids)
{
	int			count = 0;

	if (shared == NULL)
		return 0;
	LWLockAcquire(shared->lock, LW_SHARED);
	for (int i = 0; i < SLOTS; i++)
		if (shared->slot[i].database == MyDatabaseId && shared->slot[i].state != SLOT_FREE && shared->slot[i].task != 0)
			ids[count++] = shared->slot[i].task;
	LWLockRelease(shared->lock);
	return count;
}

static void
set_task(int64 task, bool attempting)
{
	if (mine != NULL)
	{
		LWLockAcquire(shared->lock, LW_EXCLUSIVE);
		mine->task = task;
		mine->attempting = attempting;
		LWLockRelease(shared->lock);
	}
	/*
	 * A signal that came too late for one task must not hit the next one, or a transaction of the
	 * worker's own.
	 */
	QueryCancelPending = false;
}

void
slots_set_task(int64 task)
{
	set_task(task, task != 0);
}

void
slots_end_attempt(void)
{
	set_task(mine != NULL ? mine->task : 0, false);
}

/*
 * Sessions
 */

bool
slots_signal(int64 task, int signal)
{
	bool		found = false;

	if (shared == NULL)
		return false;
	LWLockAcquire(shared->lock, LW_SHARED);
	for (int i = 0; i < SLOTS_OF_IMPORTS && !found; i++)
	{
		const Slot *slot = &shared->slot[i];

		found = slot->task == task && slot->database == MyDatabaseId && slot->state == SLOT_BUSY;
		if (found && slot->attempting && signal != 0)
			(void) kill(slot->pid, signal);
	}
	LWLockRelease(shared->lock);
	return found;
}

void
slots_terminate(Oid database)
{
	LWLockAcquire(shared->lock, LW_SHARED);
	for (int i = 0; i < SLOTS; i++)
	{
		const Slot *slot = &shared->slot[i];

		if (slot->database == database && (slot->state == SLOT_BUSY || slot->state == SLOT_TAKEN))
			(void) kill(slot->pid, SIGTERM);
	}
	LWLockRelease(shared->lock);
}

bool
slots_use(Oid login, int64 party, SlotsUse *use)
{
	if (shared == NULL)
		return false;
	*use = (SlotsUse) {.most_of_role = role_limit()};
	LWLockAcquire(shared->lock, LW_SHARED);
	for (int i = 0; i < SLOTS_OF_IMPORTS; i++)
		use->busy += shared->slot[i].state != SLOT_FREE;
	use->of_role = Max(workers_of(PARTY_OF(login)), workers_of(party));
	LWLockRelease(shared->lock);
	return true;
}
