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
 * Listeners are known by their struct only and reached by their send function,
 * which may make a listener leave, also others than the one it was called for.
 */
#ifndef NOTIFIER_ROOMS_H
#define NOTIFIER_ROOMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "events/event.h"

typedef struct RoomMember RoomMember;

/* Embedded in whoever listens; zeroed at first but for send and role. */
typedef struct RoomListener
{
	void		(*send) (struct RoomListener *listener, Event *event);
	const char *role;			/* as which it listens, its owner's string; NULL: the sidecar's own */
	RoomMember *members;		/* its places, one for each task */
	int			count;
} RoomListener;

/* The listener must not be a member yet.  It is sent nothing that is not newer than after; -1: all. */
extern RoomMember *rooms_join(int64_t task, RoomListener *listener, int64_t after);
extern RoomMember *rooms_find(int64_t task, const RoomListener *listener);	/* NULL when it is none */
extern void rooms_start(RoomMember *member, Event *snapshot);
extern void rooms_leave(RoomMember *member);
extern void rooms_leave_all(RoomListener *listener);

/* Anything for the owner of a member to find again; its end is the owner's business. */
extern void rooms_own(RoomMember *member, void *owner);
extern void *rooms_owner(const RoomMember *member); /* NULL at first */

/* Is there anybody to tell? */
extern bool rooms_exist(int64_t task);
extern void rooms_publish(int64_t task, Event *event);

/* One of those who listen; NULL when nobody does. */
extern const RoomListener *rooms_anybody(int64_t task);

/* The tasks that have members, newly allocated. */
extern size_t rooms_tasks(int64_t **tasks);
extern int	rooms_count(void);

#endif							/* NOTIFIER_ROOMS_H */
