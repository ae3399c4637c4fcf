/*
 * rooms.c
 *	  Who hears which task.
 *
 * Sending may remove members, so a room that is being told something keeps
 * those who leave in its list, marked, until it is done.
 */
#include "events/rooms.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"

typedef struct Room Room;

struct RoomMember
{
	Room	   *room;
	RoomListener *listener;		/* NULL: it has left */
	RoomMember *next_in_room;
	RoomMember *next_of_listener;
	void	   *owner;
	bool		started;
	int64_t		last_seq;		/* of what it was sent */
	Event	  **held;			/* until it is started */
	size_t		held_count;
};

struct Room
{
	int64_t		task;
	RoomMember *members;
	int			telling;		/* depth of rooms_publish() in this room */
	bool		has_left;		/* marked members wait to be taken out */
};

static Map	rooms;				/* by task */

/*
 * Rooms
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

static void
sweep(Room *room)
{
	RoomMember **link = &room->members;

	if (room->telling > 0)
		return;
	while (room->has_left && *link != NULL)
	{
		RoomMember *member = *link;

		if (member->listener == NULL)
		{
			*link = member->next_in_room;
			free(member);
		}
		else
			link = &member->next_in_room;
	}
	room->has_left = false;
	if (room->members == NULL)
	{
		map_remove(&rooms, (uint64_t) room->task);
		free(room);
	}
}

bool
rooms_exist(int64_t task)
{
	return map_get(&rooms, (uint64_t) task) != NULL;
}

int
rooms_count(void)
{
	return (int) rooms.count;
}

size_t
rooms_tasks(int64_t **tasks)
{
	size_t		position = 0;
	size_t		count = 0;
	Room	   *room;

	*tasks = mem_alloc((rooms.count + 1) * sizeof(int64_t));
	while ((room = map_next(&rooms, &position)) != NULL)
		(*tasks)[count++] = room->task;
	return count;
}

/*
 * Members
 */

RoomMember *
rooms_join(int64_t task, RoomListener *listener, int64_t after)
{
	RoomMember *member = mem_alloc(sizeof(*member));
	Room	   *room = room_of(task);

	member->room = room;
	member->listener = listener;
	member->last_seq = after;
	member->next_in_room = room->members;
	room->members = member;
	member->next_of_listener = listener->members;
	listener->members = member;
	listener->count++;
	return member;
}

RoomMember *
rooms_find(int64_t task, const RoomListener *listener)
{
	for (RoomMember *member = listener->members; member != NULL; member = member->next_of_listener)
	{
		if (member->room->task == task)
			return member;
	}
	return NULL;
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
	member->held_count = 0;
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
	release_held(member);
	member->listener = NULL;
	member->room->has_left = true;
	sweep(member->room);
}

void
rooms_leave_all(RoomListener *listener)
{
	while (listener->members != NULL)
		rooms_leave(listener->members);
}

/*
 * Events
 */

static void
hold(RoomMember *member, Event *event)
{
	if ((member->held_count & (member->held_count - 1)) == 0)	/* full at powers of two */
		member->held = mem_resize(member->held, (member->held_count == 0 ? 1 : member->held_count * 2) * sizeof(Event *));
	member->held[member->held_count++] = event_share(event);
}

static void
tell(RoomMember *member, Event *event)
{
	if (event->seq <= member->last_seq)
		return;
	member->last_seq = event->seq;
	member->listener->send(member->listener, event);
}

void
rooms_start(RoomMember *member, Event *snapshot)
{
	Room	   *room = member->room;
	Event	  **held = member->held;
	size_t		count = member->held_count;

	member->held = NULL;
	member->held_count = 0;
	member->started = true;
	room->telling++;
	tell(member, snapshot);
	for (size_t i = 0; i < count; i++)
	{
		if (member->listener != NULL)
			tell(member, held[i]);
		event_release(held[i]);
	}
	free(held);
	room->telling--;
	sweep(room);
}

void
rooms_publish(int64_t task, Event *event)
{
	Room	   *room = map_get(&rooms, (uint64_t) task);

	if (room == NULL)
		return;
	room->telling++;
	for (RoomMember *member = room->members; member != NULL; member = member->next_in_room)
	{
		if (member->listener == NULL)
			continue;
		if (member->started)
			tell(member, event);
		else
			hold(member, event);
	}
	room->telling--;
	sweep(room);
}

const RoomListener *
rooms_anybody(int64_t task)
{
	Room	   *room = map_get(&rooms, (uint64_t) task);
	RoomMember *member = room == NULL ? NULL : room->members;

	while (member != NULL && member->listener == NULL)
		member = member->next_in_room;
	return member == NULL ? NULL : member->listener;
}
