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

#include "pg_xlsx.h"

#include "datatype/timestamp.h"
#include "storage/lock.h"

/* Asked for instead of a login role: look through the whole database. */
#define DISPATCH_SWEEP InvalidOid

#define DISPATCH_MAX_WORKERS 64

/* Handed to a worker in bgw_extra. */
typedef struct DispatchOrder
{
	Oid			database;
	Oid			login;			/* or DISPATCH_SWEEP */
	int			slot;			/* of the launcher, -1 when a session started the worker */
	VirtualTransactionId starter;	/* that session's transaction: wait for its end */
} DispatchOrder;

/* Called by _PG_init while libraries are preloaded. */
extern void dispatch_init(void);
extern bool dispatch_shared(void);

/* A worker for this database and login role, once the current transaction has committed. */
extern void dispatch_want(Oid login);

/* The same, at once; from a worker or the launcher. */
extern void dispatch_want_now(Oid database, Oid login);

/* Does somebody other than this login role of this database wait for a worker? */
extern bool dispatch_crowded(Oid login);

/* Sweep this database at that time (earlier wishes stay). */
extern void dispatch_due(Oid database, TimestampTz when);

/* For xlsx.wait: wait until some task has ended, or at most so many milliseconds. */
extern void dispatch_wait_prepare(void);
extern void dispatch_wait(long milliseconds);
extern void dispatch_wait_end(void);
extern void dispatch_task_ended(void);

/* The launcher's side. */
extern void dispatch_attach_launcher(void);
extern bool dispatch_take(Oid *database, Oid *login);	/* next want, or false */
extern bool dispatch_take_due(TimestampTz now, Oid *database);
extern bool dispatch_take_overflow(void);	/* wants were lost: sweep everything */
extern TimestampTz dispatch_next_due(void); /* DT_NOEND when nothing is due */

/* What the launcher knows of a worker that has ended. */
typedef enum DispatchSlotState
{
	DISPATCH_SLOT_IDLE,			/* it ended in good order */
	DISPATCH_SLOT_STARTED,		/* it never logged in */
	DISPATCH_SLOT_BUSY			/* it died in mid-work */
} DispatchSlotState;

/*
 * The task that a worker is at, 0 between two.  dispatch_cancel interrupts the
 * worker that is at this very task, and not one that has gone on to the next;
 * false when there is none (or no shared memory to tell).
 */
extern void dispatch_slot_task(int slot, int64 task);
extern bool dispatch_cancel(int64 task);

/*
 * A database that must have no connections: its workers are told to go, none
 * is started and none stays until it is opened again.  One at a time, as far
 * as the memory goes: a second one takes the place of the first.  On reopening,
 * stays says whether it is still there.
 */
extern void dispatch_shut(Oid database);
extern void dispatch_reopen(Oid database, bool stays);
extern bool dispatch_is_shut(Oid database);

extern void dispatch_slot_set(int slot, DispatchSlotState state);
extern DispatchSlotState dispatch_slot_state(int slot);

/* Fills the parts of a BackgroundWorker that do not depend on who starts it. */
struct BackgroundWorker;
extern void dispatch_describe_worker(struct BackgroundWorker *worker, const DispatchOrder *order);

#endif							/* PG_XLSX_DISPATCH_H */
