/*
 * slots.h
 *	  The slots of workers in shared memory: how many workers run, for whom, at which task.
 *
 * A slot belongs to the worker in it. The worker takes it at its start and gives it back at its
 * end, whatever ends it. So a launcher that is restarted finds the true number. The launcher only
 * promises free slots to workers that it starts, and takes a promise back when its worker never
 * came.
 *
 * There are pg_xlsx.max_workers slots for imports. Sweeps have slots of their own, so that they
 * take none from imports. Each database is swept by one worker at a time.
 *
 * Without shared_preload_libraries there are no slots. Then a worker takes none, there is always
 * room, and slots_signal finds no worker.
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
 * For the launcher. slots_recall takes back the promises of an earlier launcher. slots_fit: is
 * there a slot for such a worker? slots_promise fills order->slot and order->number; returns
 * false when there is no slot. slots_break takes a promise back from a worker that never came;
 * returns false when it has come.
 */
extern void slots_recall(void);
extern bool slots_fit(Oid database, Oid login);
extern bool slots_promise(DispatchOrder *order);
extern bool slots_break(const DispatchOrder *order);

/*
 * For the worker. slots_take takes the promised slot, or another one when the promise was
 * recalled; returns false when none is free. The slot is given back when the process exits. When
 * that happens before slots_done, the database is swept: soon when the worker had logged in,
 * later when it had not.
 */
extern bool slots_take(const DispatchOrder *order);
extern void slots_logged_in(void);
extern void slots_done(void);

/*
 * Says for which party (tables/tenant.h) the worker takes a task next. Returns false when that has
 * as many workers as a role, or a tenant of it, may have (pg_xlsx.max_workers_per_role); the slot
 * then stays with the party it has. alone: the login works for no other role, and is the party.
 * slots_may_admit asks that without changing anything; slots_has_room asks for one more worker
 * besides this one.
 */
extern bool slots_admit(int64 party, bool alone);
extern bool slots_may_admit(int64 party);
extern bool slots_has_room(int64 party);

/*
 * May a login have one more worker? False when it works only for itself and has as many as a role
 * may have.
 */
extern bool slots_may_run(Oid login);

/*
 * Says which task the worker is at, 0 between two tasks; and that its attempt is over, so that it
 * must not be interrupted any more.
 */
extern void slots_set_task(int64 task);
extern void slots_end_attempt(void);

/*
 * How many tasks have lost their worker so far, over all databases. slots_note_lost counts one.
 * slots_tasks: the tasks that workers of this database are at, of which ids has room for SLOTS;
 * returns their number.
 */
extern uint64 slots_lost(void);
extern void slots_note_lost(void);
extern int	slots_tasks(int64 *ids);

/*
 * Why a worker has left this task as it was. The next worker asks this once.
 * slots_leave_unsettled: this worker could not write how its attempt has ended.
 */
typedef enum SlotsLeft
{
	SLOTS_LEFT_UNKNOWN,			/* or not at all */
	SLOTS_LEFT_UNSETTLED,
	SLOTS_LEFT_LATE,			/* the attempt took too long, and the worker ended itself */
	SLOTS_LEFT_BY_TIMEOUT		/* the server ended it by transaction_timeout */
} SlotsLeft;

extern SlotsLeft slots_why_left(int64 task);
extern void slots_leave_unsettled(int64 task);

/*
 * For sessions. slots_signal sends a signal (0: none) to the worker that is at this task of this
 * database, and never to one that has gone on to another; returns false when there is no such
 * worker. slots_terminate ends all workers of a database.
 */
extern bool slots_signal(int64 task, int signal);

/*
 * How many workers for imports there are, and how many of them count for a login or a party,
 * whichever has more. Returns false without slots.
 */
typedef struct SlotsUse
{
	int			busy;
	int			of_role;
	int			most_of_role;
} SlotsUse;

extern bool slots_use(Oid login, int64 party, SlotsUse *use);
extern void slots_terminate(Oid database);

#endif							/* PG_XLSX_SLOTS_H */
