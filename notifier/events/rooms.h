/*
 * rooms.h
 *	  Who hears which task.
 *
 * A room is the members of one task; it exists while it has any.  Those who
 * are the same to the database are a group: what one of them may see all may,
 * so the task's state is read once for a group (look.h).
 *
 * Events of a task are numbered (seq), rising but not without gaps.  A member
 * misses nothing and gets nothing twice: from rooms_join() and from
 * rooms_await() on its events are held, until a state that was read later is
 * sent, then the held ones that are newer, and from then on each event as it
 * comes.  A member is never sent an event that is not newer than the last, nor
 * an end that it has heard.  There is one exception: a state that is older than
 * what the member had when it began to wait belongs to another history (a
 * database restored, a standby that took over): it is sent, and the numbers
 * go on from there.
 *
 * Listeners are known by their struct only and reached by their functions,
 * which may make a listener leave, also others than the one called.
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

/* Embedded in whoever listens; zeroed at first but for functions and who. */
typedef struct RoomListener
{
	void		(*send) (struct RoomListener *listener, Event *event);

	/* The state that the member waited for is there and is sent next, unless it leaves now. NULL: no matter. */
	void		(*known) (struct RoomListener *listener, RoomMember *member, const Event *state);

	/* The task is not to be seen, or not any more: the member has to leave in this call. */
	void		(*lost) (struct RoomListener *listener, RoomMember *member, const struct DbError *error);

	const Identity *who;		/* its owner's; NULL: the sidecar's own role */
	RoomMember *members;		/* its places, one for each task */
	int			count;
} RoomListener;

/* What look.c knows of a group. */
typedef struct RoomLook
{
	RoomGroup  *next;			/* in its line */
	RoomGroup  *previous;
	bool		in_line;
	struct DbCall *call;		/* NULL: none is under way */
	unsigned	started;		/* looks so far: the number of the last one */
	int			failures;		/* in a row */
	Timer		timer;			/* to the next one */
} RoomLook;

struct RoomGroup
{
	Room	   *room;
	RoomGroup  *next;
	RoomMember *members;
	bool		own;			/* it is the sidecar itself */
	Identity	who;
	RoomLook	look;
};

/* ending() is called before a group is gone. */
extern void rooms_open(void (*ending) (RoomGroup *group));

/* The listener must not be a member yet.  It is sent nothing that is not newer than after; -1: all.  It waits from now on. */
extern RoomMember *rooms_join(int64_t task, RoomListener *listener, int64_t after);
extern RoomMember *rooms_find(int64_t task, const RoomListener *listener);	/* NULL when it is none */
extern void rooms_leave(RoomMember *member);
extern void rooms_leave_all(RoomListener *listener);
extern int64_t rooms_task(const RoomMember *member);
extern RoomGroup *rooms_group(const RoomMember *member);

/* Anything for the owner of a member to find again; its end is the owner's business. */
extern void rooms_own(RoomMember *member, void *owner);
extern void *rooms_owner(const RoomMember *member); /* NULL at first */

/* Waits for the next look that starts; hold: and hears nothing until then. */
extern void rooms_await(RoomMember *member, bool hold);
extern void rooms_await_all(RoomGroup *group);	/* all its members, holding */

/* The listener is somebody else from now on: all its members wait, holding, in other groups.  Calls back with each group. */
extern void rooms_change_who(RoomListener *listener, const Identity *who, void (*waits) (RoomGroup *group));

/*
 * What a look found.  Both return whether the group is still there and somebody in it waits for a later one.
 * A state that nobody waits for counts when it is the task's end.
 */
extern bool rooms_known(RoomGroup *group, unsigned look, Event *state);
extern bool rooms_lost(RoomGroup *group, unsigned look, const struct DbError *error);

/* Does anybody hear of the task? */
extern bool rooms_exist(int64_t task);
extern void rooms_publish(int64_t task, Event *event);

extern int64_t rooms_task_of(const RoomGroup *group);
extern void rooms_each_group(void (*visit) (RoomGroup *group)); /* which changes none */
extern int	rooms_count(void);

#endif							/* NOTIFIER_ROOMS_H */
