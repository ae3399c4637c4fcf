/*
 * dispatch.h
 *	  Wake-ups between sessions, the launcher and the workers, in shared memory.
 *
 * A session that queues a task wants a worker for (database, login role). The launcher takes the
 * wants and starts workers. Shared memory holds only these wake-ups; the tasks themselves are in
 * tables. What a crash or an overflow loses here is found again by a sweep of the database.
 *
 * Without shared_preload_libraries there is no shared memory. Then dispatch_shared() is false,
 * dispatch_want starts a worker from the session itself, and the other functions do nothing.
 */
#ifndef PG_XLSX_DISPATCH_H
#define PG_XLSX_DISPATCH_H

#include "pg/pg_xlsx.h"

#include "datatype/timestamp.h"
#include "storage/lock.h"

/* In place of a login role: look through the whole database. */
#define DISPATCH_SWEEP InvalidOid

/* Passed to a worker in bgw_extra. */
typedef struct DispatchOrder
{
	Oid			database;
	Oid			login;			/* or DISPATCH_SWEEP */
	int			slot;			/* that the launcher has promised; -1 when a session started the worker */
	uint64		number;			/* of the promise */
	VirtualTransactionId starter;	/* transaction of that session, whose end the worker waits for */
} DispatchOrder;

/* Called by _PG_init while libraries are preloaded. */
extern void dispatch_init(void);
extern bool dispatch_shared(void);

/* Asks for a worker for this database and login role, once the current transaction has committed. */
extern void dispatch_want(Oid login);

/* The same, at once. For a worker or the launcher. */
extern void dispatch_want_now(Oid database, Oid login);

/*
 * Asks for a worker for a login role of this database that finds nothing to do now. It is started
 * after the event that it waits for. since: what dispatch_freed returned before the look that
 * found nothing; an event after that counts.
 */
typedef enum DispatchHold
{
	DISPATCH_HOLD_SLOT = 1,		/* a worker leaves, or turns to another role */
	DISPATCH_HOLD_LIMIT = 2		/* a task of this database ends, at a worker of another login */
} DispatchHold;

extern void dispatch_want_when_freed(Oid login, DispatchHold hold, uint64 since);
extern uint64 dispatch_freed(void);

/* The two events. A worker of the login itself looks again after its task, so it needs no want. */
extern void dispatch_slot_freed(void);
extern void dispatch_limit_freed(Oid login);

/* Is a worker for this login role of this database wanted already, and not held? */
extern bool dispatch_is_wanted(Oid login);

/* Does a login role other than this one wait for a worker, and may it have one? */
extern bool dispatch_crowded(Oid login, bool (*may_run) (Oid login));

/*
 * Asks for a sweep of this database at that time, if the current transaction commits: an earlier
 * sweep would not see what there is to do. DT_NOEND: no sweep. An earlier time that was asked for
 * stays.
 */
extern void dispatch_due(TimestampTz when);

/* The same for any database, at once. For the launcher, or outside of a transaction. */
extern void dispatch_due_now(Oid database, TimestampTz when);

/* For xlsx.wait: waits until some task has ended, at most that many milliseconds. */
extern void dispatch_wait_prepare(void);
extern void dispatch_wait(long milliseconds);
extern void dispatch_wait_end(void);
extern void dispatch_task_ended(void);

/* The launcher's side. */
extern void dispatch_attach_launcher(void);
extern bool dispatch_take(bool (*fits) (Oid database, Oid login), Oid *database, Oid *login);	/* takes the next want; false when there is none */
extern void dispatch_put_back(Oid database, Oid login);	/* a want that could not be met: does not wake the launcher */
extern bool dispatch_take_due(Oid *database, TimestampTz *when);	/* takes the next request for a sweep; false when there is none */
extern bool dispatch_take_overflow(void);	/* were wants lost? Then every database must be swept */

/* Removes the wants and due times of a database that is gone. */
extern void dispatch_forget_database(Oid database);

/* Fills the fields of a BackgroundWorker that are the same whoever starts it. */
struct BackgroundWorker;
extern void dispatch_describe_worker(struct BackgroundWorker *worker, const DispatchOrder *order);

#endif							/* PG_XLSX_DISPATCH_H */
