/*
 * shared_memory.c
 *	  Pieces of the server's shared memory.
 */
#include "pg/shared_memory.h"

#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "storage/ipc.h"
#include "storage/shmem.h"
#include "utils/memutils.h"

static List *pieces = NIL;
static shmem_request_hook_type previous_request_hook = NULL;
static shmem_startup_hook_type previous_startup_hook = NULL;

static void
request(void)
{
	ListCell   *cell;

	if (previous_request_hook)
		previous_request_hook();
	foreach(cell, pieces)
	{
		const SharedMemory *piece = lfirst(cell);

		RequestAddinShmemSpace(MAXALIGN(piece->size));
		RequestNamedLWLockTranche(piece->tranche, 1);
	}
}

static void
startup(void)
{
	ListCell   *cell;

	if (previous_startup_hook)
		previous_startup_hook();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	foreach(cell, pieces)
	{
		const SharedMemory *piece = lfirst(cell);
		bool		found;
		void	   *memory = ShmemInitStruct(piece->name, piece->size, &found);

		*piece->memory = memory;
		if (found)
			continue;
		memset(memory, 0, piece->size);
		*(LWLock **) memory = &(GetNamedLWLockTranche(piece->tranche))->lock;
		if (piece->fill != NULL)
			piece->fill(memory);
	}
	LWLockRelease(AddinShmemInitLock);
}

void
shared_memory_want(const SharedMemory *piece)
{
	MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);

	if (pieces == NIL)
	{
		previous_request_hook = shmem_request_hook;
		shmem_request_hook = request;
		previous_startup_hook = shmem_startup_hook;
		shmem_startup_hook = startup;
	}
	pieces = lappend(pieces, (void *) piece);
	MemoryContextSwitchTo(caller);
}
