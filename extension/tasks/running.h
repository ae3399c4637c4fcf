/*
 * running.h
 *	  Tasks that are PROCESSING, and what they and the rules of xlsx.queue let start.
 *
 * Such a task is at a worker, or it has lost its worker. Workers say in their slots (slots.h)
 * what they are at. Lost tasks are looked for only when a worker has lost one since the last
 * look, because that look passes the index entries of all tasks that ran since the oldest
 * snapshot. Without shared_preload_libraries it is done each time.
 *
 * All functions need a transaction.
 */
#ifndef PG_XLSX_RUNNING_H
#define PG_XLSX_RUNNING_H

#include "pg/pg_xlsx.h"

#include "tasks/candidates.h"

/* Which rules the queue has. */
typedef struct QueueRules
{
	bool		any;			/* that keep tasks from starting */
	bool		limit;			/* by xlsx.limit_tasks */
	bool		preference;		/* by xlsx.prefer */
} QueueRules;

extern QueueRules running_rules(void);

/* Reads anew what is PROCESSING, for the functions below. */
extern void running_look(void);

/*
 * What may not start now, of an owner. In the current memory context. *limited: some of it only
 * because of a limit on tasks. Counts tasks of running_look(), and tasks that have started since.
 */
extern HeldProfiles running_held(Oid owner, bool *limited);

/* The tasks of a login that were PROCESSING at the last look and may have lost their worker. */
typedef struct LostTask
{
	int64		id;
	int64		party;			/* tables/tenant.h */
} LostTask;

extern int	running_lost(Oid login, LostTask **tasks);

#endif							/* PG_XLSX_RUNNING_H */
