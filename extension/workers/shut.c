/*
 * shut.c
 *	  Databases that must have no connections for a while.
 */
#include "workers/shut.h"

#include "miscadmin.h"
#include "pg/shared_memory.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "tasks/dispatch.h"
#include "tasks/slots.h"

#define MAX_SHUT 64

typedef struct Door
{
	Oid			database;		/* InvalidOid: free entry */
	pid_t		pid;			/* of the session that has shut it */
} Door;

typedef struct Shut
{
	LWLock	   *lock;			/* protects all below */
	Door		door[MAX_SHUT];
} Shut;

static Shut *shared = NULL;

void
shut_init(void)
{
	static const SharedMemory piece = {"pg_xlsx shut databases", "pg_xlsx_shut", sizeof(Shut), (void **) &shared, NULL};

	shared_memory_want(&piece);
}

/*
 * Opens one database that this session has shut; InvalidOid: any of them. Returns which, or
 * InvalidOid when there is none.
 */
static Oid
open_one(Oid database)
{
	Oid			opened = InvalidOid;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < MAX_SHUT && !OidIsValid(opened); i++)
	{
		Door	   *door = &shared->door[i];

		if (OidIsValid(door->database) && door->pid == MyProcPid && (!OidIsValid(database) || door->database == database))
		{
			opened = door->database;
			*door = (Door) {InvalidOid, 0};
		}
	}
	LWLockRelease(shared->lock);
	return opened;
}

/* Opens the databases of a session that is terminated in the middle of its statement. */
static void
open_all(int code, Datum arg)
{
	Oid			database;

	(void) code;
	(void) arg;
	while (OidIsValid(database = open_one(InvalidOid)))
		dispatch_want_now(database, DISPATCH_SWEEP);
}

void
shut_database(Oid database)
{
	static bool registered = false;
	Door	   *place = NULL;

	if (shared == NULL)
		return;
	if (!registered)
		before_shmem_exit(open_all, (Datum) 0);
	registered = true;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < MAX_SHUT && place == NULL; i++)
		if (!OidIsValid(shared->door[i].database))
			place = &shared->door[i];
	if (place != NULL)
		*place = (Door) {database, MyProcPid};
	LWLockRelease(shared->lock);
	slots_terminate(database);
}

void
shut_open(Oid database, bool stays)
{
	if (shared == NULL)
		return;
	while (OidIsValid(open_one(database)))
		;
	if (stays)
		dispatch_want_now(database, DISPATCH_SWEEP);
	else
		dispatch_forget_database(database);
}

bool
shut_is_shut(Oid database)
{
	bool		is_shut = false;

	if (shared == NULL)
		return false;
	LWLockAcquire(shared->lock, LW_SHARED);
	for (int i = 0; i < MAX_SHUT && !is_shut; i++)
		is_shut = shared->door[i].database == database;
	LWLockRelease(shared->lock);
	return is_shut;
}
