/*
 * take.h
 *	  Makes one task the worker's own.
 */
#ifndef PG_XLSX_TAKE_H
#define PG_XLSX_TAKE_H

#include "pg/pg_xlsx.h"

#include "tasks/queue.h"

/*
 * The task of this login, now PROCESSING, if its row says that it may start; the caller holds its
 * lock. *deaths: how many workers in a row it has killed; it counts this start until a batch
 * commits, unless died is false, because its last worker did not die. Returns NULL also when a session holds the row, so that the worker does not wait.
 */
extern Task *take_task(int64 id, Oid login, bool died, int *deaths);

/* Does its row say that the task may start? Then it could not be taken because a session holds it. */
extern bool take_is_possible(int64 id, Oid login);

#endif							/* PG_XLSX_TAKE_H */
