/*
 * wait_events.h
 *	  What our processes wait for, as pg_stat_activity.wait_event shows it.
 *
 * From PostgreSQL 17 on each wait has a name of its own; before, all are called "Extension".
 */
#ifndef PG_XLSX_WAIT_EVENTS_H
#define PG_XLSX_WAIT_EVENTS_H

#include "pg/pg_xlsx.h"

typedef enum OwnWait
{
	WAIT_FOR_ORDERS,			/* the launcher, until there is something to do */
	WAIT_FOR_DUE_TASK,			/* a worker, until the next task of its login is due */
	WAIT_FOR_TASK_END,			/* a session, until a task has ended */
	WAIT_FOR_ROOM,				/* a reader, until the import takes rows */
	WAIT_FOR_SPOOL_READ,
	WAIT_FOR_SPOOL_WRITE,
	WAIT_FOR_REDIS
} OwnWait;

/* The value that the server's functions take. */
extern uint32 wait_event_of(OwnWait wait);

#endif							/* PG_XLSX_WAIT_EVENTS_H */
