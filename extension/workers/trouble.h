/*
 * trouble.h
 *	  Workers that fail outside of a task: they come again after growing waits, and the log says
 *	  each error once.
 *
 * A worker serves a login role of a database, or sweeps the database. When it fails before it has
 * a task, or cannot write a task's end, the next one would most likely fail in the same way: the
 * database refuses connections, a trigger on a private table is broken, a lock is held. So it is
 * not started before a wait that doubles each time, and its error is not logged again until one
 * has succeeded, or none has failed for ten minutes. Nothing of this outlives the server. Needs shared_preload_libraries; without it
 * there are no waits.
 */
#ifndef PG_XLSX_TROUBLE_H
#define PG_XLSX_TROUBLE_H

#include "pg/pg_xlsx.h"

#include "datatype/timestamp.h"

/* Called by _PG_init while libraries are preloaded. */
extern void trouble_init(void);

/*
 * For a worker. trouble_watch comes first, before it connects: errors that are logged from then on
 * count, except between trouble_pause(true) and trouble_pause(false), when they are a task's.
 * trouble_excuse: what was logged last is no failure of the worker's. trouble_over: it has swept,
 * or has run a task, and an earlier trouble is over. trouble_seen: has it failed?
 */
extern void trouble_watch(Oid database, Oid login);
extern void trouble_pause(bool at_task);
extern void trouble_excuse(void);
extern bool trouble_seen(void);
extern void trouble_over(const char *database_name);

/*
 * For the launcher. trouble_holds: must such a worker wait? trouble_next: the earliest end of such
 * a wait; DT_NOEND: none.
 */
extern bool trouble_holds(Oid database, Oid login);
extern TimestampTz trouble_next(void);

#endif							/* PG_XLSX_TROUBLE_H */
