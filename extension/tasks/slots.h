/*
 * slots.h
 *	  The places of workers: how many run, for whom, at which task.
 *
 * A slot belongs to the worker in it, which takes it when it starts and gives
 * it back as it ends, whatever ends it; so a launcher that is replaced finds
 * the true number.  The launcher only promises free slots to workers that it
 * starts, and takes back the promises that nobody came for.
 *
 * Imports have as many slots as pg_xlsx.max_workers says.  Sweeps have slots of
 * their own, so that they take none that an import needs; each database is
 * swept by one worker at a time.
 *
 * Without shared_preload_libraries there are no slots: a worker takes none,
 * everything fits, and nothing can be cancelled here.
 */
#ifndef PG_XLSX_SLOTS_H
#define PG_XLSX_SLOTS_H

#include "pg/pg_xlsx.h"

#include "tasks/dispatch.h"

#define SLOTS_OF_IMPORTS	64
#define SLOTS_OF_SWEEPS		2
#define SLOTS				(SLOTS_OF_IMPORTS + SLOTS_OF_SWEEPS)

/* Called by _PG_init while libraries are preloaded. */
extern void slots_init(void);

/*
 * The launcher's side.  slots_recall takes back the promises of an earlier
 * launcher.  slots_fit: could a worker of this kind be promised a slot?
 * slots_promise fills order->slot and order->number, and is false where nothing fits.
 * slots_break takes a promise back from a worker that never came; false when it has come.
 */
extern void slots_recall(void);
extern bool slots_fit(Oid database, Oid login);
extern bool slots_promise(DispatchOrder *order);
extern bool slots_break(const DispatchOrder *order);

/*
 * The worker's side.  slots_take: the promised slot, or another where the
 * promise was recalled; false when none is free.  It is given back at the exit
 * of the process; if that comes before slots_done, the database is swept, soon where
 * the worker had logged in, later where it had not.
 */
extern bool slots_take(const DispatchOrder *order);
extern void slots_logged_in(void);
extern void slots_done(void);

/*
 * Whose task the worker will be at.  False when that role has as many workers
 * as one role may have (pg_xlsx.max_workers_per_role); the slot then stays
 * with the role that it has.  alone: the login works for no other role.
 * slots_has_room only asks.
 */
extern bool slots_admit(Oid role, bool alone);
extern bool slots_has_room(Oid role);

/* May a login have a further worker?  Not where it works for itself alone, and has as many as one role may have. */
extern bool slots_may_run(Oid login);

/*
 * The task that the worker is at, 0 between two; and that its attempt is
 * over, so that it must not be interrupted any more.
 */
extern void slots_set_task(int64 task);
extern void slots_end_attempt(void);

/* Has a worker died because the time of its attempt at this task was over?  Asked once, by the next one. */
extern bool slots_was_late(int64 task);

/*
 * The side of sessions.  slots_signal sends a signal (0: none) to the worker that is at this
 * very task of this database, and not to one that has gone on to the next; false when there is none.
 * slots_terminate ends all workers of a database.
 */
extern bool slots_signal(int64 task, int signal);
extern void slots_terminate(Oid database);

#endif							/* PG_XLSX_SLOTS_H */
