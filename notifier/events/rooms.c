/*
 * rooms.c
 *	  Rooms: the members that hear of a task.
 *
 * Sending may remove members. So during a send a room keeps members that leave
 * in its lists, marked, until the send is done.
 */
#include "events/rooms.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"

/* Most events that are held for one member; the state that it waits for replaces older ones. */
#define MOST_HELD 4096

struct RoomMember
{
	RoomGroup  *group;
	RoomListener *listener;		/* NULL: it has left */
	RoomMember *next_in_group;
	RoomMember *next_of_listener;
	void	   *owner;
	unsigned	awaits;			/* number of the look that it waits for; 0: none */
	bool		holding;
	int64_t		last_seq;		/* seq of the last event that it was sent */
	int64_t		seq_then;		/* last_seq when it began to wait */
	uint64_t	end;			/* the end that it was sent; 0: none */
	Event	  **held;
	size_t		held_count;
	size_t		held_size;
};

struct Room
{
	int64_t		task;
	RoomGroup  *groups;
	int			asked;			/* number of members that asked for the task */
	int			telling;		/* depth of the sends in this room */
	bool		has_left;		/* there are marked members to remove */
};

static Map	rooms;				/* by task */
static int	asked_rooms;		/* those with members that asked for the task */
static void (*on_ending) (RoomGroup *group);

/*
 * Rooms and groups
 */

static Room *
room_of(int64_t task)
{
	Room	   *room = map_get(&rooms, (uint64_t) task);

	if (room == NULL)
	{
		room = mem_alloc(sizeof(*room));
		room->task = task;
		map_put(&rooms, (uint64_t) task, room);
	}
	return room;
}

/* Those of a later token have later times. */
static void
renew_claims(RoomGroup *group, const Identity *who)
{
	if (who == NULL)
		return;
	identity_release(&group->who);
	identity_copy(&group->who, who);
}

static RoomGroup *
group_of(Room *room, const Identity *who)
{
	RoomGroup  *group = room->groups;

	while (group != NULL && !identity_same(group->own ? NULL : &group->who, who))
		group = group->next;
	if (group != NULL)
	{
		renew_claims(group, who);
		return group;
	}
	group = mem_alloc(sizeof(*group));
	group->room = room;
	group->own = who == NULL;
	if (who != NULL)
		identity_copy(&group->who, who);
	group->next = room->groups;
	room->groups = group;
	return group;
}

static void
sweep_members(RoomGroup *group)
{
	RoomMember **link = &group->members;

	while (*link != NULL)
	{
		RoomMember *member = *link;

		if (member->listener == NULL)
		{
			*link = member->next_in_group;
			free(member);
		}
		else
			link = &member->next_in_group;
	}
}

static void
sweep(Room *room)
{
	RoomGroup **link = &room->groups;

	if (room->telling > 0 || !room->has_left)
		return;
	room->has_left = false;
	while (*link != NULL)
	{
		RoomGroup  *group = *link;

		sweep_members(group);
		if (group->members != NULL)
		{
			link = &group->next;
			continue;
		}
		*link = group->next;
		if (on_ending != NULL)
			on_ending(group);
		identity_release(&group->who);
		free(group);
	}
	if (room->groups == NULL)
	{
		map_remove(&rooms, (uint64_t) room->task);
		free(room);
	}
}

void
rooms_open(void (*ending) (RoomGroup *group))
{
	on_ending = ending;
}

bool
rooms_exist(int64_t task)
{
	return map_get(&rooms, (uint64_t) task) != NULL;
}

int
rooms_count(void)
{
	return asked_rooms;
}

int64_t
rooms_task_of(const RoomGroup *group)
{
	return group->room->task;
}

void
rooms_each_group(void (*visit) (RoomGroup *group))
{
	size_t		position = 0;
	Room	   *room;

	while ((room = map_next(&rooms, &position)) != NULL)
	{
		for (RoomGroup *group = room->groups; group != NULL; group = group->next)
			visit(group);
	}
}

void
rooms_each_group_of(int64_t task, void (*visit) (RoomGroup *group))
{
	Room	   *room = map_get(&rooms, (uint64_t) task);

	for (RoomGroup *group = room == NULL ? NULL : room->groups; group != NULL; group = group->next)
		visit(group);
}

/*
 * Members
 */

static void
enter_group(RoomMember *member, Room *room, const Identity *who)
{
	member->group = group_of(room, who);
	member->next_in_group = member->group->members;
	member->group->members = member;
}

void
rooms_await(RoomMember *member, bool hold)
{
	if (member->awaits == 0)
		member->seq_then = member->last_seq;
	member->awaits = member->group->look.started + 1;
	member->holding = member->holding || hold;
}

RoomMember *
rooms_join(int64_t task, RoomListener *listener, int64_t after)
{
	RoomMember *member = mem_alloc(sizeof(*member));

	member->listener = listener;
	member->last_seq = after;
	enter_group(member, room_of(task), listener->who);
	member->next_of_listener = listener->members;
	listener->members = member;
	listener->count++;
	if (!listener->unasked && member->group->room->asked++ == 0)
		asked_rooms++;
	rooms_await(member, true);
	return member;
}

RoomMember *
rooms_find(int64_t task, const RoomListener *listener)
{
	for (RoomMember *member = listener->members; member != NULL; member = member->next_of_listener)
	{
		if (member->group->room->task == task)
			return member;
	}
	return NULL;
}

int64_t
rooms_task(const RoomMember *member)
{
	return member->group->room->task;
}

RoomGroup *
rooms_group(const RoomMember *member)
{
	return member->group;
}

void
rooms_own(RoomMember *member, void *owner)
{
	member->owner = owner;
}

void *
rooms_owner(const RoomMember *member)
{
	return member->owner;
}

static void
release_held(RoomMember *member)
{
	for (size_t i = 0; i < member->held_count; i++)
		event_release(member->held[i]);
	free(member->held);
	member->held = NULL;
	member->held_count = member->held_size = 0;
}

void
rooms_leave(RoomMember *member)
{
	RoomListener *listener = member->listener;
	RoomMember **link = &listener->members;

	while (*link != member)
		link = &(*link)->next_of_listener;
	*link = member->next_of_listener;
	listener->count--;
	if (!listener->unasked && --member->group->room->asked == 0)
		asked_rooms--;
	release_held(member);
	member->listener = NULL;
	member->group->room->has_left = true;
	sweep(member->group->room);
}

void
rooms_leave_all(RoomListener *listener)
{
	while (listener->members != NULL)
		rooms_leave(listener->members);
}

void
rooms_await_all(RoomGroup *group)
{
	for (RoomMember *member = group->members; member != NULL; member = member->next_in_group)
		rooms_await(member, true);
}

/* A new member takes the place of the old one, which is removed. */
static void
change_group(RoomMember **place, const Identity *who)
{
	RoomMember *old = *place;
	RoomMember *member = mem_alloc(sizeof(*member));

	*member = *old;
	*place = member;
	enter_group(member, old->group->room, who);
	member->awaits = 0;
	rooms_await(member, true);
	old->listener = NULL;
	old->group->room->has_left = true;
	sweep(old->group->room);
}

void
rooms_change_who(RoomListener *listener, const Identity *who, void (*waits) (RoomGroup *group))
{
	listener->who = who;
	for (RoomMember **place = &listener->members; *place != NULL; place = &(*place)->next_of_listener)
	{
		change_group(place, who);
		waits((*place)->group);
	}
}

/*
 * Events
 */

static void
hold(RoomMember *member, Event *event)
{
	if (member->held_count == MOST_HELD)
	{
		event_release(member->held[0]);
		memmove(member->held, member->held + 1, --member->held_count * sizeof(Event *));
	}
	if (member->held_count == member->held_size)
	{
		member->held_size = member->held_size == 0 ? 1 : member->held_size * 2;
		member->held = mem_resize(member->held, member->held_size * sizeof(Event *));
	}
	member->held[member->held_count++] = event_share(event);
}

/* An end that comes again with another number counts as the same end. No event follows the deletion of a task. */
static void
tell(RoomMember *member, Event *event)
{
	bool		again = event->end != 0 && event->end == member->end;

	if (event->seq <= member->last_seq)
		return;
	member->last_seq = event->seq;
	if (event->end != 0 || event->runs)
		member->end = event->end;
	if (!again)
		member->listener->send(member->listener, event);
	if (event->gone && member->listener != NULL && member->awaits == 0)	/* else the look says so */
		rooms_leave(member);
}

static void
tell_or_hold(RoomMember *member, Event *event)
{
	if (member->listener == NULL)
		return;
	if (member->holding)
		hold(member, event);
	else
		tell(member, event);
}

/* The caller has marked the room as sending. */
static void
start(RoomMember *member, Event *state)
{
	Event	  **held = member->held;
	size_t		count = member->held_count;

	member->held = NULL;
	member->held_count = member->held_size = 0;
	member->holding = false;
	member->awaits = 0;
	if (state->seq < member->seq_then)
		member->last_seq = -1;	/* the state belongs to another history */
	tell(member, state);
	for (size_t i = 0; i < count; i++)
	{
		if (member->listener != NULL)
			tell(member, held[i]);
		event_release(held[i]);
	}
	free(held);
}

static void
state_known(RoomMember *member, unsigned look, Event *state)
{
	RoomListener *listener = member->listener;

	if (listener == NULL)
		return;
	if (member->awaits == 0)
	{
		if (state->end != 0)
			tell_or_hold(member, state);
		return;
	}
	if (member->awaits > look)
		return;
	if (listener->known != NULL)
		listener->known(listener, member, state);
	if (member->listener != NULL)
		start(member, state);
}

static bool
somebody_waits(const RoomGroup *group)
{
	for (const RoomMember *member = group->members; member != NULL; member = member->next_in_group)
	{
		if (member->listener != NULL && member->awaits != 0)
			return true;
	}
	return false;
}

/* Call it before the sweep, which may remove the group: then nobody waits. */
static bool
end_of_telling(RoomGroup *group)
{
	Room	   *room = group->room;
	bool		waits = somebody_waits(group);

	room->telling--;
	sweep(room);
	return waits;
}

bool
rooms_known(RoomGroup *group, unsigned look, Event *state)
{
	group->room->telling++;
	for (RoomMember *member = group->members; member != NULL; member = member->next_in_group)
		state_known(member, look, state);
	return end_of_telling(group);
}

bool
rooms_lost(RoomGroup *group, unsigned look, const struct DbError *error)
{
	group->room->telling++;
	for (RoomMember *member = group->members; member != NULL; member = member->next_in_group)
	{
		if (member->listener != NULL && member->awaits <= look)
			member->listener->lost(member->listener, member, error);
	}
	return end_of_telling(group);
}

void
rooms_publish(int64_t task, Event *event)
{
	Room	   *room = map_get(&rooms, (uint64_t) task);

	if (room == NULL)
		return;
	room->telling++;
	for (RoomGroup *group = room->groups; group != NULL; group = group->next)
	{
		for (RoomMember *member = group->members; member != NULL; member = member->next_in_group)
			tell_or_hold(member, event);
	}
	room->telling--;
	sweep(room);
}
