/*
 * own.h
 *	  Who follows all tasks of its own, those of the future included.
 *
 * A follower is told of tasks: when it begins, of those that are active and of
 * some that have ended last; later of each task of its role that an event is
 * about.  It is told again of tasks that it knows.  The owner of a task that
 * nobody knows yet is asked for once, as the sidecar itself.
 */
#ifndef NOTIFIER_OWN_H
#define NOTIFIER_OWN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/timer.h"
#include "db/db.h"

/* Embedded in whoever follows; zeroed at first but for functions, role and highest. */
typedef struct OwnFollower
{
	/* after: it need not be told of events up to this one; -1: all count. */
	void		(*found) (struct OwnFollower *follower, int64_t task, int64_t after);

	/* All that there are now have been told. */
	void		(*listed) (struct OwnFollower *follower);

	/* It may not ask; forgets itself in this call. */
	void		(*refused) (struct OwnFollower *follower, const DbError *error);

	const char *role;			/* its owner's; NULL: the sidecar's own */
	int64_t		highest;		/* task that it knows of; 0: none, and only what is active counts */

	/* own.c's */
	struct OwnFollower *next;
	struct OwnFollower **link;
	DbCall	   *call;
	Timer		again;
} OwnFollower;

extern void own_follow(OwnFollower *follower);
extern void own_forget(OwnFollower *follower);

/* An event of the task has come. */
extern void own_heard(int64_t task);

/* Events may have been missed. */
extern void own_missed(void);

#endif							/* NOTIFIER_OWN_H */
