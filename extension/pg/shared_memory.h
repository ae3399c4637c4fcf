/*
 * shared_memory.h
 *	  Pieces of the server's shared memory, each with a lock of its own. The first
 *	  member of a piece is a pointer to that lock.
 */
#ifndef PG_XLSX_SHARED_MEMORY_H
#define PG_XLSX_SHARED_MEMORY_H

#include "pg/pg_xlsx.h"

#include "storage/lwlock.h"

typedef struct SharedMemory
{
	const char *name;			/* of the piece */
	const char *tranche;		/* of its lock */
	Size		size;
	void	  **memory;			/* where the address goes, in each process */

	/*
	 * Called when the server starts, and again after a crash, or NULL. The memory is zero then, but
	 * for its first member.
	 */
	void		(*fill) (void *memory);
} SharedMemory;

/* Call it from _PG_init while libraries are preloaded. *piece must live as long as the process. */
extern void shared_memory_want(const SharedMemory *piece);

#endif							/* PG_XLSX_SHARED_MEMORY_H */
