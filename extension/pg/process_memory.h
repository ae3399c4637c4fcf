/*
 * process_memory.h
 *	  Makes a process of pg_xlsx keep its memory.
 */
#ifndef PG_XLSX_PROCESS_MEMORY_H
#define PG_XLSX_PROCESS_MEMORY_H

/*
 * For a process that fills and frees some megabytes again and again. It keeps them, instead of
 * returning them to the kernel after each batch and getting cleared pages for the next. How much
 * it may keep is bounded: pieces larger than PROCESS_MEMORY_PIECE are returned at once.
 */
#define PROCESS_MEMORY_KEPT		(32 * 1024 * 1024)
#define PROCESS_MEMORY_PIECE	(16 * 1024 * 1024)
extern void process_memory_keep(void);

#endif							/* PG_XLSX_PROCESS_MEMORY_H */
