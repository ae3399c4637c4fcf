/*
 * turns.c
 *	  Whose turn it is among the owners behind one login.
 */
#include "tasks/turns.h"

#include "miscadmin.h"
#include "pg/shared_memory.h"
#include "storage/lwlock.h"

/* Logins that are remembered. Most work for one owner only, and need none. */
#define MOST_LOGINS 256

typedef struct Turn
{
	Oid			database;		/* InvalidOid: free entry */
	Oid			login;
	Oid			owner;
	uint64		used;			/* the entry that was used longest ago is overwritten */
} Turn;

typedef struct Turns
{
	LWLock	   *lock;			/* protects all below */
	uint64		uses;			/* so far */
	Turn		turn[MOST_LOGINS];
} Turns;

static Turns *shared = NULL;
static Turn own;				/* without shared memory: the only login of this process */

void
turns_init(void)
{
	static const SharedMemory piece = {"pg_xlsx turns", "pg_xlsx_turns", sizeof(Turns), (void **) &shared, NULL};

	shared_memory_want(&piece);
}

/* The entry of a login, or else the one to overwrite. */
static Turn *
find(Oid login)
{
	Turn	   *oldest = &shared->turn[0];

	for (int i = 0; i < MOST_LOGINS; i++)
	{
		Turn	   *turn = &shared->turn[i];

		if (turn->database == MyDatabaseId && turn->login == login)
			return turn;
		if (turn->used < oldest->used)
			oldest = turn;
	}
	return oldest;
}

static bool
is_of(const Turn *turn, Oid login)
{
	return turn->database == MyDatabaseId && turn->login == login;
}

Oid
turns_last(Oid login)
{
	Oid			owner = InvalidOid;
	const Turn *turn;

	if (shared == NULL)
		return is_of(&own, login) ? own.owner : InvalidOid;
	LWLockAcquire(shared->lock, LW_SHARED);
	turn = find(login);
	if (is_of(turn, login))
		owner = turn->owner;
	LWLockRelease(shared->lock);
	return owner;
}

void
turns_note(Oid login, Oid owner)
{
	if (shared == NULL)
	{
		own = (Turn) {MyDatabaseId, login, owner, 0};
		return;
	}
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	*find(login) = (Turn) {MyDatabaseId, login, owner, ++shared->uses};
	LWLockRelease(shared->lock);
}
