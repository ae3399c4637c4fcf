/*
 * own.h
 *	  Followers of all tasks of their own role, later tasks included.
 *
 * Tasks are announced to a follower: at its beginning the active ones and some
 * that ended last; later each task of its role, and tenant, that an event is about. A task
 * may be announced again. The owner of an unknown task is asked for once, as
 * the sidecar itself.
 */
#ifndef NOTIFIER_OWN_H
#define NOTIFIER_OWN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/timer.h"
#include "db/db.h"

/* Embedded in a follower. Set the functions, who and highest, and zero the rest. */
typedef struct OwnFollower
{
	/* after: the follower needs no events up to this one; -1: it needs all. */
	void		(*found) (struct OwnFollower *follower, int64_t task, int64_t after);

	/* Called when all present tasks were announced. */
	void		(*listed) (struct OwnFollower *follower);

	/* Called if the follower may not ask. It must stop following in this call. */
	void		(*refused) (struct OwnFollower *follower, const DbError *error);

	const Identity *who;		/* belongs to its owner; NULL: the sidecar's own */
	int64_t		highest;		/* highest task that it knows; 0: none, and only active tasks are announced */

	/* private to own.c */
	bool		missed;			/* a task of its role came while its tenant was not known */
	char	   *tenant;			/* that of its identity, in the JSON of the database; NULL: not known yet */
	struct OwnFollower *next;
	struct OwnFollower **link;
	unsigned	since;			/* number of followers when it came */
	DbCall	   *call;
	Timer		again;
} OwnFollower;

extern void own_follow(OwnFollower *follower);
extern void own_forget(OwnFollower *follower);

/* Says that an event of the task has come. */
extern void own_heard(int64_t task);

/* Says that events may have been missed. */
extern void own_missed(void);

#endif							/* NOTIFIER_OWN_H */
