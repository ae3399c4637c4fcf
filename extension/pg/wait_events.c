/*
 * wait_events.c
 *	  What our processes wait for, as pg_stat_activity.wait_event shows it.
 */
#include "pg/wait_events.h"

#include "pg/compat.h"

static const char *const names[] = {
	[WAIT_FOR_ORDERS] = "PgXlsxLauncher",
	[WAIT_FOR_DUE_TASK] = "PgXlsxDueTask",
	[WAIT_FOR_TASK_END] = "PgXlsxTaskEnd",
	[WAIT_FOR_ROOM] = "PgXlsxReaderRoom",
	[WAIT_FOR_SPOOL_READ] = "PgXlsxSpoolRead",
	[WAIT_FOR_SPOOL_WRITE] = "PgXlsxSpoolWrite",
	[WAIT_FOR_REDIS] = "PgXlsxRedis",
};

uint32
wait_event_of(OwnWait wait)
{
	static uint32 events[lengthof(names)];

	if (events[wait] == 0)
		events[wait] = compat_new_wait_event(names[wait]);
	return events[wait];
}
