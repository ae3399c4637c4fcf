/*
 * look.h
 *	  Reads the state of tasks for the members of rooms that wait for it, until it is
 *	  known.
 *
 * Each group of a room has at most one look under way. It answers all members
 * that waited before it began; another look follows for the others. A look
 * that fails for a reason that may pass is repeated after a while, on another
 * connection; only the log mentions it. rooms_known() or rooms_lost() gives
 * the result to the members.
 *
 * Each group has a look every rights-interval, even if no member waits,
 * because a right that was taken away ends the places of its members.
 */
#ifndef NOTIFIER_LOOK_H
#define NOTIFIER_LOOK_H

#include "events/rooms.h"

extern void look_open(void);

/* Call it after rooms_join() and rooms_await(): a member waits. */
extern void look_soon(RoomGroup *group);
extern void look_at_once(RoomGroup *group); /* even if a look has just failed */

/* Number of groups whose state must be read. */
extern int	look_waiting(void);

#endif							/* NOTIFIER_LOOK_H */
