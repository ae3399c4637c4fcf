/*
 * sse.c
 *	  Server-sent events: the events of a task, or of many, as an answer that lasts until they end.
 */
#include "api/sse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "http/exception.h"
#include "api/sse_position.h"
#include "api/task_id.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "db/health.h"
#include "events/event.h"
#include "events/look.h"
#include "events/own.h"
#include "events/rooms.h"
#include "http/reply.h"
#include "process/config.h"
#include "process/loop.h"
#include "process/metrics.h"

typedef enum StreamKind
{
	STREAM_ONE,					/* of one task; ends with it */
	STREAM_LIST,				/* of the named tasks; ends with the last of them */
	STREAM_OWN					/* of all tasks of the user; never ends */
} StreamKind;

/* Most tasks that a request may name. */
#define MOST_IDS 100

typedef struct Stream
{
	struct Stream *next;
	struct Stream **link;
	RoomListener room;
	HttpExchange *exchange;
	AuthUser	user;
	StreamKind	kind;
	int64_t		task;			/* 0: a stream of many tasks */
	SsePosition *position;		/* NULL: a stream of one task */
	OwnFollower own;
	int64_t		after;			/* number of the last event that the client has */
	bool		started;		/* the answer has begun */
	bool		warned;			/* the client was warned that its token expires */
	Timer		beat;			/* until the start of the answer, the next comment, the token's last minute, or its end */
} Stream;

/* How long the answer waits for the state, so that it can be 404 or 204. */
#define STATE_MS 500

static Stream *streams;
static int	count;

static void beat_due(Timer *timer);
static void start_now(Stream *stream);

static Frame *
encode(const char *name, const char *json, size_t len)
{
	JsonValue	object;
	JsonValue	seq = {0};
	Buf			text = {0};
	Frame	   *frame;

	if (json_parse(json, len, &object))
		json_get(&object, "seq", &seq);
	buf_printf(&text, "id: %.*s\nevent: %s\ndata: ", (int) seq.len, seq.text, name);
	buf_append(&text, json, len);
	buf_puts(&text, "\n\n");
	frame = frame_make(text.data, text.len);
	buf_free(&text);
	return frame;
}

/*
 * Life
 */

static void
release(Stream *stream)
{
	loop_timer_stop(&stream->beat);
	rooms_leave_all(&stream->room);
	if (stream->kind == STREAM_OWN)
		own_forget(&stream->own);
	free(stream->position);
	*stream->link = stream->next;
	if (stream->next != NULL)
		stream->next->link = stream->link;
	count--;
	identity_release(&stream->user.who);
	free(stream);
}

static void
end(Stream *stream)
{
	http_stream_end(stream->exchange);
	release(stream);
}

static void
on_gone(HttpExchange *exchange)
{
	release(http_owner(exchange));
}

static void
on_writable(HttpExchange *exchange)
{
	(void) exchange;			/* it is written when there is something */
}

static const HttpHooks hooks = {.writable = on_writable,.gone = on_gone};

/*
 * The answer
 */

static int64_t
sooner(int64_t wait, int64_t other)
{
	return other >= 0 && other < wait ? other : wait;
}

static void
wait_for_beat(Stream *stream)
{
	int64_t		wait = sooner(config.ping_interval, auth_remaining(&stream->user));

	if (!stream->warned)
		wait = sooner(wait, auth_until_warning(&stream->user));
	loop_timer_start(&stream->beat, wait, beat_due);
}

static bool
has_room(Stream *stream, size_t len)
{
	HttpExchange *exchange = stream->exchange;

	if (http_stream_pending(exchange) + len <= (size_t) config.max_queue)
		return true;
	metrics_add(METRIC_SLOW_CLIENTS, 1);
	release(stream);
	http_abort(exchange);
	return false;
}

static void
write_text(Stream *stream, const char *text, size_t len)
{
	if (!has_room(stream, len))
		return;
	http_stream_write(stream->exchange, text, len);
	wait_for_beat(stream);
}

/* An event without a number, because it is not an event of the task. */
static void
write_event(Stream *stream, const char *name, const Buf *json)
{
	Buf			text = {0};

	buf_printf(&text, "event: %s\ndata: ", name);
	buf_append(&text, json->data, json->len);
	buf_puts(&text, "\n\n");
	write_text(stream, text.data, text.len);
	buf_free(&text);
}

static void
start(Stream *stream)
{
	static const char hello[] = "retry: 1000\n\n";

	http_add_header(stream->exchange, "Cache-Control", "no-store");
	http_add_header(stream->exchange, "X-Accel-Buffering", "no");	/* otherwise nginx would buffer the events */
	reply_note(stream->exchange, 200);
	http_stream_start(stream->exchange, 200, "text/event-stream; charset=utf-8");
	stream->started = true;
	write_text(stream, hello, sizeof(hello) - 1);
}

/* This is the last event of the stream, so the limit of the queue does not matter. */
static void
end_with(Stream *stream, const Exception *exception)
{
	Buf			json = {0};
	Buf			text = {0};

	exception_put(&json, exception);
	buf_printf(&text, "event: exception\ndata: %.*s\n\n", (int) json.len, json.data);
	http_stream_write(stream->exchange, text.data, text.len);
	end(stream);
	buf_free(&json);
	buf_free(&text);
}

static void
warn_of_expiry(Stream *stream)
{
	Buf			json = {0};

	stream->warned = true;
	auth_put_expiry(&json, &stream->user);
	write_event(stream, "token-expiring", &json);
	buf_free(&json);
}

/* A comment from time to time keeps proxies from closing an idle connection. */
static void
beat_due(Timer *timer)
{
	Stream	   *stream = container_of(timer, Stream, beat);

	if (!stream->started)
	{
		start_now(stream);
		return;
	}
	if (auth_remaining(&stream->user) == 0)
		end_with(stream, &(Exception) {.task = stream->task,.message = AUTH_EXPIRED,.code = EXCEPTION_EXPIRED});
	else if (!stream->warned && auth_until_warning(&stream->user) == 0)
		warn_of_expiry(stream);
	else
		write_text(stream, ":\n\n", 3);
}

/* Encodes an event with the client's position in all tasks as its id. */
static void
put_in_position(Stream *stream, const Event *event, const Frame *frame, Buf *text)
{
	const SsePlace place = {event->task, event->seq, event_is_last(event)};
	const char *rest = memchr(frame->data, '\n', frame->len);

	if (event->gone || (place.ended && stream->kind == STREAM_OWN))
		sse_position_forget(stream->position, place.task);
	else
		sse_position_set(stream->position, &place);
	stream->position->highest = stream->own.highest;
	buf_puts(text, "id: ");
	sse_position_put(stream->position, text);
	buf_append(text, rest, frame->len - (size_t) (rest - frame->data));
}

static void
deliver_of_many(Stream *stream, const Event *event, const Frame *frame)
{
	bool		leaves = stream->kind == STREAM_LIST && (event_is_last(event) || event->gone);
	Buf			text = {0};

	put_in_position(stream, event, frame, &text);
	if (leaves && stream->room.count == 1)
	{
		http_stream_write(stream->exchange, text.data, text.len);
		end(stream);
	}
	else
	{
		if (leaves)
			rooms_leave(rooms_find(event->task, &stream->room));
		write_text(stream, text.data, text.len);
	}
	buf_free(&text);
}

static void
deliver(RoomListener *room, Event *event)
{
	Stream	   *stream = container_of(room, Stream, room);
	const Frame *frame = event_frame(event, EVENT_SSE, encode);

	metrics_add(METRIC_DELIVERIES, 1);
	if (stream->kind != STREAM_ONE)
		deliver_of_many(stream, event, frame);
	else if (event_is_last(event) || event->gone)
	{
		http_stream_write(stream->exchange, frame->data, frame->len);
		end(stream);
	}
	else
		write_text(stream, frame->data, frame->len);
}

/* The client has seen the end before: answers 204. A stream that has begun ends, and EventSource asks again. */
static void
say_no_more(Stream *stream)
{
	if (stream->started)
	{
		end(stream);
		return;
	}
	reply_note(stream->exchange, 204);
	http_reply(stream->exchange, 204, NULL, NULL, 0);
	release(stream);
}

/* The answer to a HEAD has begun and ended. */
static void
start_now(Stream *stream)
{
	if (stream->started)
		return;
	start(stream);
	if (http_method(stream->exchange) == HTTP_HEAD)
		end(stream);
}

/* Was this end sent to the client before? */
static bool
was_heard(const Stream *stream, const RoomMember *member, const Event *state)
{
	const SsePlace *place;

	if (!event_is_last(state))
		return false;
	if (stream->kind == STREAM_ONE)
		return state->seq == stream->after;
	place = sse_position_find(stream->position, rooms_task(member));
	return place != NULL && place->ended && place->seq == state->seq;
}

static void
known(RoomListener *room, RoomMember *member, const Event *state)
{
	Stream	   *stream = container_of(room, Stream, room);

	if (stream->kind != STREAM_OWN && was_heard(stream, member, state))
	{
		if (stream->room.count == 1)
			say_no_more(stream);
		else
			rooms_leave(member);
		return;
	}
	stream->after = -1;			/* from here on the room knows */
	start_now(stream);
}

/* The streams of other tasks continue. */
static void
lost_of_many(Stream *stream, RoomMember *member, const Exception *exception)
{
	Buf			json = {0};

	sse_position_forget(stream->position, rooms_task(member));
	rooms_leave(member);
	if (!stream->started)
		start(stream);
	exception_put(&json, exception);
	write_event(stream, "exception", &json);
	buf_free(&json);
}

static void
lost(RoomListener *room, RoomMember *member, const DbError *error)
{
	Stream	   *stream = container_of(room, Stream, room);
	HttpExchange *exchange = stream->exchange;
	Exception	exception = exception_of(error, rooms_task(member));

	if (stream->kind == STREAM_OWN || stream->room.count > 1)
	{
		lost_of_many(stream, member, &exception);
		return;
	}
	if (stream->started)
	{
		end_with(stream, &exception);
		return;
	}
	release(stream);
	reply_db_error(exchange, error);
}

/*
 * All tasks of the user
 */

static void
join(Stream *stream, int64_t task, int64_t after)
{
	if (rooms_find(task, &stream->room) == NULL)
		look_soon(rooms_group(rooms_join(task, &stream->room, after)));
}

/* Until the state of the task is sent, the position says that no event was. */
static void
own_found(OwnFollower *own, int64_t task, int64_t after)
{
	Stream	   *stream = container_of(own, Stream, own);

	if (after < 0 && sse_position_find(stream->position, task) == NULL)
		sse_position_set(stream->position, &(SsePlace) {.task = task,.seq = -1});
	join(stream, task, after);
}

static void
own_listed(OwnFollower *own)
{
	start_now(container_of(own, Stream, own));
}

static void
own_refused(OwnFollower *own, const DbError *error)
{
	Stream	   *stream = container_of(own, Stream, own);
	HttpExchange *exchange = stream->exchange;
	Exception	exception = exception_of(error, 0);

	if (stream->started)
	{
		end_with(stream, &exception);
		return;
	}
	release(stream);
	reply_db_error(exchange, error);
}

/*
 * The request
 */

/* EventSource sends the header; the query is for clients that cannot set it. */
static bool
read_last_event_id(const HttpExchange *exchange, char *value, size_t size)
{
	return http_header(exchange, "last-event-id:", value, size) || http_query(exchange, "lastEventId", value, size);
}

static int64_t
last_event_id(const HttpExchange *exchange)
{
	char		value[24];
	int64_t		id;

	return read_last_event_id(exchange, value, sizeof(value)) && http_number(value, &id) ? id : -1;
}

static Stream *
make_stream(HttpExchange *exchange, StreamKind kind)
{
	Stream	   *stream = mem_alloc(sizeof(*stream));

	stream->exchange = exchange;
	stream->kind = kind;
	stream->room.send = deliver;
	stream->room.known = known;
	stream->room.lost = lost;
	stream->room.unasked = kind == STREAM_OWN;
	if (http_user(exchange) != NULL)
	{
		stream->user = *http_user(exchange);
		identity_copy(&stream->user.who, http_who(exchange));
		stream->room.who = &stream->user.who;
	}
	stream->next = streams;
	stream->link = &streams;
	if (streams != NULL)
		streams->link = &stream->next;
	streams = stream;
	count++;
	http_own(exchange, &hooks, stream);
	http_watch_hangup(exchange);
	loop_timer_start(&stream->beat, health_reachable() ? STATE_MS : 0, beat_due);
	return stream;
}

static void
read_position(HttpExchange *exchange, Stream *stream)
{
	char		value[8192] = "";

	stream->position = mem_alloc(sizeof(*stream->position));
	read_last_event_id(exchange, value, sizeof(value));
	sse_position_parse(stream->position, value);
}

static void
open_list(HttpExchange *exchange, const int64_t *ids, int ids_count)
{
	Stream	   *stream = make_stream(exchange, STREAM_LIST);

	read_position(exchange, stream);
	for (int i = 0; i < ids_count; i++)
	{
		const SsePlace *place = sse_position_find(stream->position, ids[i]);

		join(stream, ids[i], place == NULL ? -1 : place->seq);
	}
}

/* Tasks that were active when the client left may have ended since. */
static void
open_own(HttpExchange *exchange)
{
	Stream	   *stream = make_stream(exchange, STREAM_OWN);

	read_position(exchange, stream);
	for (size_t i = 0; i < stream->position->count; i++)
		join(stream, stream->position->places[i].task, stream->position->places[i].seq);
	stream->own.found = own_found;
	stream->own.listed = own_listed;
	stream->own.refused = own_refused;
	stream->own.who = stream->room.who;
	stream->own.highest = stream->position->highest;
	own_follow(&stream->own);
}

void
sse_request(HttpExchange *exchange, const char *task)
{
	int64_t		id;
	Stream	   *stream;

	if (!task_id_parse(task, &id))
	{
		reply_error(exchange, 400, "Task ID must be an integer");
		return;
	}
	stream = make_stream(exchange, STREAM_ONE);
	stream->after = last_event_id(exchange);
	stream->task = id;
	join(stream, id, stream->after);
}

/* Parses "1,2"; 0 for any other text. */
static int
read_ids(char *list, int64_t *ids)
{
	int			ids_count = 0;

	for (char *item; (item = strsep(&list, ",")) != NULL;)
	{
		if (ids_count == MOST_IDS || !task_id_parse(item, &ids[ids_count]))
			return 0;
		for (int i = 0; i < ids_count; i++)
		{
			if (ids[i] == ids[ids_count])
				return 0;
		}
		ids_count++;
	}
	return ids_count;
}

void
sse_request_many(HttpExchange *exchange, const char *unused)
{
	char		list[MOST_IDS * 21];
	int64_t		ids[MOST_IDS];
	int			ids_count;

	(void) unused;
	if (!http_query(exchange, "ids", list, sizeof(list)))
		open_own(exchange);
	else if ((ids_count = read_ids(list, ids)) == 0)
		reply_problem(exchange, 400, "ids must be task IDs divided by commas, each once", NULL, "A stream has up to 100 tasks; without ids it has all of one's own.");
	else
		open_list(exchange, ids, ids_count);
}

int
sse_streams(void)
{
	return count;
}

void
sse_clock_changed(void)
{
	for (Stream *stream = streams; stream != NULL; stream = stream->next)
	{
		if (stream->started)
			wait_for_beat(stream);
	}
}

/* Each answer ends at once with what has been written to it. */
void
sse_close_all(void)
{
	Stream	   *next;

	for (Stream *stream = streams; stream != NULL; stream = next)
	{
		next = stream->next;
		if (stream->started)
			end(stream);
	}
}
