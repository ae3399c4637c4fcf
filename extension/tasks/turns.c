/*
 * turns.c
 *	  Whose turn it is among the parties behind one login.
 */
#include "tasks/turns.h"

#include "miscadmin.h"
#include "pg/shared_memory.h"
#include "storage/lwlock.h"

/* Logins that are remembered. Most work for one party only, and need none. */
#define MOST_LOGINS 256

typedef struct Turn
{
	Oid			database;		/* InvalidOid: free entry */
	Oid			login;
	int64		party;
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

int64
turns_last(Oid login)
{
	int64		party = 0;
	const Turn *turn;

	if (shared == NULL)
		return is_of(&own, login) ? own.party : 0;
	LWLockAcquire(shared->lock, LW_SHARED);
	turn = find(login);
	if (is_of(turn, login))
		party = turn->party;
	LWLockRelease(shared->lock);
	return party;
}

void
turns_note(Oid login, int64 party)
{
	if (shared == NULL)
	{
		own = (Turn) {MyDatabaseId, login, party, 0};
		return;
	}
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	*find(login) = (Turn) {MyDatabaseId, login, party, ++shared->uses};
	LWLockRelease(shared->lock);
}
