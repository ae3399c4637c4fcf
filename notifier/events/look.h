/*
 * look.h
 *	  Reads the state of tasks for those who wait for it in their rooms, until it is known.
 *
 * One look at a time is under way for a group of a room: it answers all
 * members who waited before it began, and one more follows for the others.  A
 * look that fails for a reason that may pass is repeated, on another
 * connection and after a while: nobody hears of it but the log.  What it finds
 * goes to the members by rooms_known() or rooms_lost().
 *
 * Every rights-interval there is a look at each group, whoever waits or not:
 * a right that was taken away ends its members' places.
 */
#ifndef NOTIFIER_LOOK_H
#define NOTIFIER_LOOK_H

#include "events/rooms.h"

extern void look_open(void);

/* After rooms_join() and rooms_await(): there is somebody who waits. */
extern void look_soon(RoomGroup *group);
extern void look_at_once(RoomGroup *group); /* even where one has just failed */

/* Groups whose state is to be read. */
extern int	look_waiting(void);

#endif							/* NOTIFIER_LOOK_H */
