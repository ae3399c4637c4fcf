/*
 * rooms.h
 *	  Who hears which task.
 *
 * A room is the members of one task; it exists while it has any.  Events of a
 * task are numbered (seq), rising but not without gaps.  A member joins in two
 * steps, so that it misses nothing and gets nothing twice: from rooms_join()
 * on its events are held; rooms_start() sends the snapshot that was read
 * meanwhile, then the held ones that are newer, and from then on each event
 * as it comes.  A member is never sent an event that is not newer than the
 * last.
 *
 * Listeners are known by their struct only and reached by the send function,
 * which may make a listener leave, also others than the one it was called for.
 */
#ifndef NOTIFIER_ROOMS_H
#define NOTIFIER_ROOMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"

typedef struct RoomMember RoomMember;

/* Embedded in whoever listens; zeroed at first. */
typedef struct RoomListener
{
	RoomMember *members;		/* its places, one for each task */
	int			count;
} RoomListener;

typedef void (*RoomSend) (RoomListener *listener, Frame *frame);

extern void rooms_open(RoomSend send);

/* The listener must not be a member yet. */
extern RoomMember *rooms_join(int64_t task, RoomListener *listener);
extern RoomMember *rooms_find(int64_t task, const RoomListener *listener);	/* NULL when it is none */
extern void rooms_start(RoomMember *member, int64_t seq, Frame *snapshot);
extern void rooms_leave(RoomMember *member);
extern void rooms_leave_all(RoomListener *listener);

/* Anything for the owner of a member to find again; its end is the owner's business. */
extern void rooms_own(RoomMember *member, void *owner);
extern void *rooms_owner(const RoomMember *member); /* NULL at first */

/* Is there anybody to tell? */
extern bool rooms_exist(int64_t task);
extern void rooms_publish(int64_t task, int64_t seq, Frame *frame);

/* The tasks that have members, newly allocated. */
extern size_t rooms_tasks(int64_t **tasks);
extern int	rooms_count(void);

#endif							/* NOTIFIER_ROOMS_H */
