/*
 * sse.c
 *	  Server-sent events: the events of one task, as an answer that lasts until the task ends.
 */
#include "api/sse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "http/exception.h"
#include "api/task_id.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "db/health.h"
#include "events/event.h"
#include "events/look.h"
#include "events/rooms.h"
#include "http/reply.h"
#include "process/config.h"
#include "process/loop.h"
#include "process/metrics.h"

typedef struct Stream
{
	struct Stream *next;
	struct Stream **link;
	RoomListener room;
	HttpExchange *exchange;
	AuthUser	user;
	int64_t		task;
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
	*stream->link = stream->next;
	if (stream->next != NULL)
		stream->next->link = stream->link;
	count--;
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
		start(stream);
		if (http_method(stream->exchange) == HTTP_HEAD)
			end(stream);
		return;
	}
	if (auth_remaining(&stream->user) == 0)
		end_with(stream, &(Exception) {.task = stream->task,.message = AUTH_EXPIRED,.code = EXCEPTION_EXPIRED});
	else if (!stream->warned && auth_until_warning(&stream->user) == 0)
		warn_of_expiry(stream);
	else
		write_text(stream, ":\n\n", 3);
}

static void
deliver(RoomListener *room, Event *event)
{
	Stream	   *stream = container_of(room, Stream, room);
	const Frame *frame = event_frame(event, EVENT_SSE, encode);

	metrics_add(METRIC_DELIVERIES, 1);
	if (event_is_last(event) || event->gone)
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

static void
known(RoomListener *room, RoomMember *member, const Event *state)
{
	Stream	   *stream = container_of(room, Stream, room);

	(void) member;
	if (event_is_last(state) && state->seq == stream->after)
	{
		say_no_more(stream);
		return;
	}
	stream->after = -1;			/* from here on the room has the number */
	if (stream->started)
		return;
	start(stream);
	if (http_method(stream->exchange) == HTTP_HEAD)
		end(stream);
}

static void
lost(RoomListener *room, RoomMember *member, const DbError *error)
{
	Stream	   *stream = container_of(room, Stream, room);
	HttpExchange *exchange = stream->exchange;
	Exception	exception = exception_of(error, stream->task);

	(void) member;
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
static int64_t
last_event_id(const HttpExchange *exchange)
{
	char		value[24];
	char	   *rest;
	long long	id;

	if (!http_header(exchange, "last-event-id:", value, sizeof(value)) && !http_query(exchange, "lastEventId", value, sizeof(value)))
		return -1;
	errno = 0;
	id = strtoll(value, &rest, 10);
	return errno != 0 || rest == value || *rest != '\0' || id < 0 ? -1 : id;
}

static void
open_stream(HttpExchange *exchange, int64_t task)
{
	Stream	   *stream = mem_alloc(sizeof(*stream));

	stream->exchange = exchange;
	stream->after = last_event_id(exchange);
	stream->task = task;
	stream->room.send = deliver;
	stream->room.known = known;
	stream->room.lost = lost;
	if (http_user(exchange) != NULL)
	{
		stream->user = *http_user(exchange);
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
	look_soon(rooms_group(rooms_join(task, &stream->room, stream->after)));
}

void
sse_request(HttpExchange *exchange, const char *task)
{
	int64_t		id;

	if (!task_id_parse(task, &id))
		reply_error(exchange, 400, "Task ID must be an integer");
	else
		open_stream(exchange, id);
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
