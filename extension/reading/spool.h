/*
 * spool.h
 *	  Messages that wait in temporary files, first in, first out.
 *
 * The files count against temp_file_limit and are removed with the process. A
 * file that was read to its end is removed, so the disk holds about as much as
 * waits. They are files of fd.c, not a BufFile: after a failed write (a full
 * disk) earlier messages must still be readable, and a BufFile tries to write
 * again before it reads.
 */
#ifndef PG_XLSX_SPOOL_H
#define PG_XLSX_SPOOL_H

#include "pg/pg_xlsx.h"

#include "lib/stringinfo.h"
#include "nodes/pg_list.h"

typedef struct Spool
{
	MemoryContext context;
	uint64		limit;			/* bytes; 0: nothing can be put in */
	List	   *files;			/* oldest first: read from the first, written to the last */
	uint64		bytes;			/* of all of them */
	uint64		read;			/* of the first */
	bool		at_limit;		/* a message found no room below the limit, or below temp_file_limit */
} Spool;

/* In the current memory context, which must live as long. */
extern void spool_init(Spool *spool, uint64 limit);

/* False: there is no room for it now; the spool is unchanged. */
extern bool spool_put(Spool *spool, const char *data, Size length);

/* Replaces the buffer's content by the oldest message; false if there is none. */
extern bool spool_take(Spool *spool, StringInfo message);

#endif							/* PG_XLSX_SPOOL_H */
