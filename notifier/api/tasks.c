/*
 * tasks.c
 *	  The namespace of tasks: join-task and leave-task, and the events of the rooms joined.
 *
 * A join waits for the task's state, and so for the database, even if that is
 * away for long. Further wishes of the same client about the same task wait
 * behind it, so that join, leave, join have the same result as one by one. A
 * repeated join checks again whether the client may see the task.
 */
#include "api/tasks.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "http/exception.h"
#include "base/mem.h"
#include "events/event.h"
#include "events/look.h"
#include "events/rooms.h"
#include "process/config.h"
#include "process/log.h"
#include "process/loop.h"
#include "process/metrics.h"

/* Limits for one client. */
#define MAX_ROOMS 10000
#define MAX_WAITING_WISHES 100

typedef struct Listener
{
	RoomListener room;
	SioSocket  *socket;			/* NULL after it was disconnected */
	struct Wish *wishes;		/* granted when the loop is back at its top */
	Timer		rest;
	Timer		end;
} Listener;

typedef enum WishKind
{
	WISH_JOIN,
	WISH_LEAVE
} WishKind;

/* A request of a client. */
typedef struct Wish
{
	struct Wish *next;
	WishKind	kind;
	int64_t		task;
	char		id[SIO_MAX_ID + 1]; /* id of the acknowledgement; "": none wanted */
} Wish;

/* A join that waits for the task's state; its member owns it. */
typedef struct Join
{
	Wish	   *wishes;			/* the join itself, and the wishes that wait behind it */
	int			count;
} Join;

static void grant_wish(Listener *listener, Wish *wish);

/*
 * Answers
 */

static void
answer(Listener *listener, const char *event, const Buf *json, const char *id)
{
	SioSocket  *socket = listener->socket;

	socketio_emit(socket, event, json);
	if (*id != '\0' && listener->socket != NULL)
		socketio_acknowledge(socket, id, json);
}

static void
answer_task(Listener *listener, const char *event, const Wish *wish)
{
	Buf			json = {0};

	buf_printf(&json, "{\"taskId\":%" PRId64 "}", wish->task);
	answer(listener, event, &json, wish->id);
	buf_free(&json);
}

static void
answer_exception(Listener *listener, const Exception *exception, const char *id)
{
	Buf			json = {0};

	exception_put(&json, exception);
	answer(listener, "exception", &json, id);
	buf_free(&json);
}

/*
 * Joining
 */

static void
free_wishes(Wish *wish)
{
	while (wish != NULL)
	{
		Wish	   *next = wish->next;

		free(wish);
		wish = next;
	}
}

/* Appends wishes to the end of the list. */
static void
append(Wish **link, Wish *wish)
{
	while (*link != NULL)
		link = &(*link)->next;
	*link = wish;
}

/* Grants the wishes that waited behind a join, one by one. Each may start another join, behind which the rest waits. */
static void
grant_rest(Listener *listener, Wish *wish)
{
	while (wish != NULL)
	{
		Wish	   *next = wish->next;

		if (listener->socket != NULL)
			grant_wish(listener, wish);
		else
			free(wish);
		wish = next;
	}
}

static void
end_join(Listener *listener, Join *join)
{
	Wish	   *rest = join->wishes->next;

	join->wishes->next = NULL;
	free_wishes(join->wishes);
	free(join);
	grant_rest(listener, rest);
}

/* Grants the wishes that waited behind the join, after the state was sent. */
static void
grant_later(Timer *timer)
{
	Listener   *listener = container_of(timer, Listener, rest);
	Wish	   *wishes = listener->wishes;

	listener->wishes = NULL;
	grant_rest(listener, wishes);
}

static void
known(RoomListener *room, RoomMember *member, const Event *state)
{
	Listener   *listener = container_of(room, Listener, room);
	Join	   *join = rooms_owner(member);

	(void) state;
	if (join == NULL)
		return;
	rooms_own(member, NULL);
	append(&listener->wishes, join->wishes->next);
	join->wishes->next = NULL;
	if (listener->wishes != NULL)
		loop_timer_start(&listener->rest, 0, grant_later);
	answer_task(listener, "joined-task", join->wishes);
	free_wishes(join->wishes);
	free(join);
}

/* A client that asked is answered. A client that was in the room is informed why it had to leave. */
static void
lost(RoomListener *room, RoomMember *member, const DbError *error)
{
	Listener   *listener = container_of(room, Listener, room);
	Join	   *join = rooms_owner(member);
	Exception	exception = exception_of(error, rooms_task(member));

	rooms_leave(member);
	answer_exception(listener, &exception, join != NULL ? join->wishes->id : "");
	if (join != NULL)
		end_join(listener, join);
}

/* member: the client's membership, if it has joined before; NULL: none. */
static void
start_join(Listener *listener, RoomMember *member, Wish *wish)
{
	Join	   *join = mem_alloc(sizeof(*join));

	if (member == NULL)
		member = rooms_join(wish->task, &listener->room, -1);
	else
		rooms_await(member, false);
	rooms_own(member, join);
	join->wishes = wish;
	join->count = 1;
	look_soon(rooms_group(member));
}

/* Takes ownership of the wish. */
static void
grant_wish(Listener *listener, Wish *wish)
{
	RoomMember *member = rooms_find(wish->task, &listener->room);
	Join	   *join = member == NULL ? NULL : rooms_owner(member);

	wish->next = NULL;
	if (listener->wishes != NULL)
	{
		append(&listener->wishes, wish);
		return;
	}
	if (join != NULL && join->count < MAX_WAITING_WISHES)
	{
		append(&join->wishes, wish);
		join->count++;
		return;
	}
	if (join != NULL || (member == NULL && wish->kind == WISH_JOIN && listener->room.count >= MAX_ROOMS))
		answer_exception(listener, &(Exception) {
			.task = wish->task,.message = "Too many tasks joined at once",.code = "too_many_tasks",.retryable = true
		}, wish->id);
	else if (wish->kind == WISH_JOIN)
	{
		start_join(listener, member, wish);
		return;
	}
	else
	{
		if (member != NULL)
			rooms_leave(member);
		answer_task(listener, "left-task", wish);
	}
	free(wish);
}

/*
 * The namespace
 */

static void
deliver(RoomListener *room, Event *event)
{
	Listener   *listener = container_of(room, Listener, room);

	metrics_add(METRIC_DELIVERIES, 1);
	socketio_send(listener->socket, event_frame(event, EVENT_SOCKETIO, socketio_event));
}

/* Quotes the role, because it may hold any characters. */
static void
log_client(const char *what, const SioSocket *socket)
{
	const char *role = socketio_role(socket);
	Buf			pair = {0};

	if (role != NULL)
	{
		buf_puts(&pair, " role=");
		buf_json(&pair, role, strlen(role));
	}
	log_info("%s, socket=%s%s", what, socketio_sid(socket), role != NULL ? pair.data : "");
	buf_free(&pair);
}

static void
connected(SioSocket *socket)
{
	Listener   *listener = mem_alloc(sizeof(*listener));

	listener->room.send = deliver;
	listener->room.known = known;
	listener->room.lost = lost;
	listener->room.who = socketio_identity(socket);
	listener->socket = socket;
	socketio_own(socket, listener);
	log_client("client connected", socket);
}

static void
abandon_joins(Listener *listener)
{
	RoomMember *member;

	while ((member = listener->room.members) != NULL)
	{
		Join	   *join = rooms_owner(member);

		if (join != NULL)
		{
			free_wishes(join->wishes);
			free(join);
		}
		rooms_leave(member);
	}
}

/* The client is informed of each task that the new identity may not see, and leaves its room. */
static void
identity_changed(SioSocket *socket)
{
	Listener   *listener = socketio_owner(socket);

	rooms_change_who(&listener->room, socketio_identity(socket), look_soon);
}

static void
free_listener(Timer *timer)
{
	free(container_of(timer, Listener, end));
}

static void
disconnected(SioSocket *socket)
{
	Listener   *listener = socketio_owner(socket);

	log_client("client disconnected", socket);
	listener->socket = NULL;
	abandon_joins(listener);
	loop_timer_stop(&listener->rest);
	free_wishes(listener->wishes);
	listener->wishes = NULL;
	loop_timer_start(&listener->end, 0, free_listener);	/* a caller may still be using it */
}

static bool
is_event(const JsonValue *name, const char *text)
{
	return name->type == JSON_STRING && json_equals(name, text);
}

/* A positive integer, or a string of its digits. */
static bool
task_id(const JsonValue *payload, int64_t *task)
{
	JsonValue	member;
	JsonValue	number;

	if (!json_get(payload, "taskId", &member))
		return false;
	if (member.type == JSON_STRING && json_parse(member.text + 1, member.len - 2, &number))
		member = number;
	return json_integer(&member, task) && *task > 0;
}

static void
on_event(SioSocket *socket, const JsonValue *event, const char *id)
{
	Listener   *listener = socketio_owner(socket);
	JsonIterator arguments = json_iterate(event);
	JsonValue	name;
	JsonValue	payload = {0};
	int64_t		task;
	Wish	   *wish;

	json_next_element(&arguments, &name);
	if (!is_event(&name, "join-task") && !is_event(&name, "leave-task"))
		return;
	if (!json_next_element(&arguments, &payload) || !task_id(&payload, &task))
	{
		answer_exception(listener, &(Exception) {.message = "taskId must be a positive integer",.code = "invalid_task_id"}, id);
		return;
	}
	wish = mem_alloc(sizeof(*wish));
	wish->kind = is_event(&name, "join-task") ? WISH_JOIN : WISH_LEAVE;
	wish->task = task;
	strcpy(wish->id, id);
	grant_wish(listener, wish);
}

SioNamespace tasks_namespace = {.connected = connected,.event = on_event,.identity_changed = identity_changed,.disconnected = disconnected};

void
tasks_open(void)
{
	tasks_namespace.name = config.nsp;
}
