/*
 * process_memory.h
 *	  How a process of pg_xlsx holds on to its memory.
 */
#ifndef PG_XLSX_PROCESS_MEMORY_H
#define PG_XLSX_PROCESS_MEMORY_H

/*
 * For a process that fills and empties some megabytes again and again: keeps
 * them instead of giving them back to the kernel after each batch, which would
 * have to clear and map them anew.  How much it may keep is bounded; pieces
 * beyond PROCESS_MEMORY_PIECE go back at once.
 */
#define PROCESS_MEMORY_KEPT		(32 * 1024 * 1024)
#define PROCESS_MEMORY_PIECE	(16 * 1024 * 1024)
extern void process_memory_keep(void);

#endif							/* PG_XLSX_PROCESS_MEMORY_H */
