/*
 * process_memory.c
 *	  Makes a process of pg_xlsx keep its memory.
 *
 * glibc returns the end of its heap to the kernel as soon as more than twice its largest block is
 * free there. Whether that happens after each batch depends on where blocks happen to lie: the
 * same import took 1.3 s or 3.3 s, of which two seconds were page faults. Other C libraries are
 * left as they are.
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
	/* Setting one of them ends the automatic adjustment of the other, so both are set. */
	(void) mallopt(M_MMAP_THRESHOLD, PROCESS_MEMORY_PIECE);
	(void) mallopt(M_TRIM_THRESHOLD, PROCESS_MEMORY_KEPT);
#endif
}
