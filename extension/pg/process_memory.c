/*
 * process_memory.c
 *	  How a process of pg_xlsx holds on to its memory.
 *
 * glibc gives back the end of its heap as soon as more than twice its largest
 * block lies free there.  Whether it does so after each batch is a matter of
 * where blocks come to lie: the same import took 1.3 s or 3.3 s, two of them
 * for page faults.  Other C libraries are left as they are.
 */
#include "postgres.h"

#include "pg/process_memory.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

void
process_memory_keep(void)
{
#ifdef __GLIBC__
	/* Setting one ends the adjustment of the other, so both are set. */
	(void) mallopt(M_MMAP_THRESHOLD, PROCESS_MEMORY_PIECE);
	(void) mallopt(M_TRIM_THRESHOLD, PROCESS_MEMORY_KEPT);
#endif
}
