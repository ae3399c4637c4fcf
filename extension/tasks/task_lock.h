/*
 * task_lock.h
 *	  The advisory locks of a task.
 */
#ifndef PG_XLSX_TASK_LOCK_H
#define PG_XLSX_TASK_LOCK_H

#include "pg/pg_xlsx.h"

#include "miscadmin.h"
#include "storage/lock.h"

/* The fourth field of a lock's tag says what the lock is for. PostgreSQL's own functions use 1 and 2. */
typedef enum TaskLock
{
	TASK_LOCK_WORK = 0x7878,	/* queue.h: to work on the task */
	TASK_LOCK_EVENTS,			/* events.h: to send its events */
	TASK_LOCK_ROLE,				/* role_limits.h: the number is that of a role, whose limits are checked */
	TASK_LOCK_CONTENT			/* functions/duplicates.h: a number for the bytes of a file */
} TaskLock;

static inline LOCKTAG
task_lock_tag(int64 task, TaskLock purpose)
{
	LOCKTAG		tag;

	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, (uint32) (task >> 32), (uint32) task, purpose);
	return tag;
}

#endif							/* PG_XLSX_TASK_LOCK_H */
