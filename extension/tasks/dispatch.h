/*
 * dispatch.h
 *	  What sessions, the launcher and the workers tell each other in shared memory.
 *
 * A session that queues a task wants a worker for (database, login role);
 * the launcher takes the wants and starts workers.  Only wake-ups live here,
 * never the truth: that is in the tables, and a sweep of a database finds
 * again what was forgotten by a crash or an overflow.
 *
 * Without shared_preload_libraries there is no shared memory: dispatch_shared()
 * is false, dispatch_want starts a worker from the session itself, and the
 * rest does nothing.
 */
#ifndef PG_XLSX_DISPATCH_H
#define PG_XLSX_DISPATCH_H

#include "pg/pg_xlsx.h"

#include "datatype/timestamp.h"
#include "storage/lock.h"

/* Asked for instead of a login role: look through the whole database. */
#define DISPATCH_SWEEP InvalidOid

/* Handed to a worker in bgw_extra. */
typedef struct DispatchOrder
{
	Oid			database;
	Oid			login;			/* or DISPATCH_SWEEP */
	int			slot;			/* that the launcher promised, -1 when a session started the worker */
	uint64		number;			/* of the promise */
	VirtualTransactionId starter;	/* that session's transaction: wait for its end */
} DispatchOrder;

/* Called by _PG_init while libraries are preloaded. */
extern void dispatch_init(void);
extern bool dispatch_shared(void);

/* A worker for this database and login role, once the current transaction has committed. */
extern void dispatch_want(Oid login);

/* The same, at once; from a worker or the launcher. */
extern void dispatch_want_now(Oid database, Oid login);

/*
 * A worker for this login role of this database, which may have no further one
 * now: as soon as a worker has left or turned to another role, which dispatch_slot_freed tells.
 */
extern void dispatch_want_when_freed(Oid login, uint64 since);
extern void dispatch_slot_freed(void);

/* How often that has happened: what since is to be, read before the look that found no place. */
extern uint64 dispatch_freed(void);

/* Does a login role other than this one wait for a worker, of those that may have one? */
extern bool dispatch_crowded(Oid login, bool (*may_run) (Oid login));

/*
 * Sweep this database at that time (earlier wishes stay; DT_NOEND: none), if the current
 * transaction commits: a sweep before would not see what it has to do.
 */
extern void dispatch_due(TimestampTz when);

/* The same of any database, at once; from the launcher or outside of a transaction. */
extern void dispatch_due_now(Oid database, TimestampTz when);

/* For xlsx.wait: wait until some task has ended, or at most so many milliseconds. */
extern void dispatch_wait_prepare(void);
extern void dispatch_wait(long milliseconds);
extern void dispatch_wait_end(void);
extern void dispatch_task_ended(void);

/* The launcher's side. */
extern void dispatch_attach_launcher(void);
extern bool dispatch_take(bool (*fits) (Oid database, Oid login), Oid *database, Oid *login);	/* next want, or false */
extern bool dispatch_take_due(TimestampTz now, Oid *database);
extern bool dispatch_take_overflow(void);	/* wants were lost: sweep everything */
extern TimestampTz dispatch_next_due(void); /* DT_NOEND when nothing is due */

/* Nothing is wanted for a database that is gone. */
extern void dispatch_forget_database(Oid database);

/* Fills the parts of a BackgroundWorker that do not depend on who starts it. */
struct BackgroundWorker;
extern void dispatch_describe_worker(struct BackgroundWorker *worker, const DispatchOrder *order);

#endif							/* PG_XLSX_DISPATCH_H */
