/*
 * rooms.h
 *	  Rooms: the members that hear of a task.
 *
 * A room holds the members of one task; it exists while it has any. Members
 * with the same identity in the database are a group: all of them may see the
 * same, so the task's state is read once for a group (look.h).
 *
 * Events of a task have rising numbers (seq), with gaps. A member misses
 * nothing and gets nothing twice. From rooms_join() and from rooms_await() on
 * its events are held. Then a state that was read later is sent, then the held
 * events that are newer, and then each event as it arrives. A member is never
 * sent an event that is not newer than the last one, nor an end that it was
 * sent before. There is one exception: a state that is older than the member's
 * when it began to wait belongs to another history (a restored database, a
 * standby that took over). It is sent, and the numbers continue from there.
 *
 * This module knows listeners by their struct only and calls their functions,
 * which may make any listener leave.
 */
#ifndef NOTIFIER_ROOMS_H
#define NOTIFIER_ROOMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/identity.h"
#include "base/timer.h"
#include "events/event.h"

struct DbError;

typedef struct Room Room;
typedef struct RoomMember RoomMember;
typedef struct RoomGroup RoomGroup;

/* Embedded in a listener. Set the functions and who, and zero the rest. */
typedef struct RoomListener
{
	void		(*send) (struct RoomListener *listener, Event *event);

	/*
	 * Called when the state that the member waited for is known. It is sent
	 * next, unless the member leaves now. NULL: not of interest.
	 */
	void		(*known) (struct RoomListener *listener, RoomMember *member, const Event *state);

	/* Called when the member may not see the task, or not any more. The member must leave in this call. */
	void		(*lost) (struct RoomListener *listener, RoomMember *member, const struct DbError *error);

	const Identity *who;		/* belongs to its owner; NULL: the sidecar's own role */
	bool		unasked;		/* its tasks were not asked for one by one: rooms_count() is without it */
	RoomMember *members;		/* its memberships, one for each task */
	int			count;
} RoomListener;

/* The data of look.c about a group. */
typedef struct RoomLook
{
	RoomGroup  *next;			/* in the line of look.c */
	RoomGroup  *previous;
	bool		in_line;
	struct DbCall *call;		/* NULL: none is under way */
	unsigned	started;		/* number of looks so far, and of the last one */
	int			failures;		/* failed looks in a row */
	Timer		timer;			/* until the next look */
} RoomLook;

struct RoomGroup
{
	Room	   *room;
	RoomGroup  *next;
	RoomMember *members;
	bool		own;			/* it has the sidecar's own identity */
	Identity	who;
	RoomLook	look;
};

/* ending() is called before a group is freed. */
extern void rooms_open(void (*ending) (RoomGroup *group));

/* The listener must not be a member yet. It is sent only events that are newer than after; -1: all. It waits from now on. */
extern RoomMember *rooms_join(int64_t task, RoomListener *listener, int64_t after);
extern RoomMember *rooms_find(int64_t task, const RoomListener *listener);	/* NULL if it is not a member */
extern void rooms_leave(RoomMember *member);
extern void rooms_leave_all(RoomListener *listener);
extern int64_t rooms_task(const RoomMember *member);
extern RoomGroup *rooms_group(const RoomMember *member);

/* A pointer for the owner of a member, who frees what it points to. */
extern void rooms_own(RoomMember *member, void *owner);
extern void *rooms_owner(const RoomMember *member); /* NULL at first */

/* Makes the member wait for the next look that starts; hold: its events are held until then. */
extern void rooms_await(RoomMember *member, bool hold);
extern void rooms_await_all(RoomGroup *group);	/* all its members, holding */

/* Changes the listener's identity: all its members wait, holding, in other groups. waits is called for each of these groups. */
extern void rooms_change_who(RoomListener *listener, const Identity *who, void (*waits) (RoomGroup *group));

/*
 * The result of a look. Both return whether the group still exists and a member of it waits for a later
 * look. A state that no member waits for counts only if it is the task's end.
 */
extern bool rooms_known(RoomGroup *group, unsigned look, Event *state);
extern bool rooms_lost(RoomGroup *group, unsigned look, const struct DbError *error);

/* Does the task have members? */
extern bool rooms_exist(int64_t task);
extern void rooms_publish(int64_t task, Event *event);

extern int64_t rooms_task_of(const RoomGroup *group);
extern void rooms_each_group(void (*visit) (RoomGroup *group)); /* which must not change any */
extern void rooms_each_group_of(int64_t task, void (*visit) (RoomGroup *group));
extern int	rooms_count(void);		/* of tasks that somebody asked for */

#endif							/* NOTIFIER_ROOMS_H */
