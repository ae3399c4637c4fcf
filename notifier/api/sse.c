/*
 * sse.c
 *	  Server-sent events: the events of one task as an answer that goes on until the task ends.
 */
#include "api/sse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/task_id.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "events/event.h"
#include "events/feed.h"
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
	RoomMember *member;
	HttpExchange *exchange;
	DbCall	   *call;			/* the snapshot; NULL once it has come */
	AuthUser	user;
	int64_t		after;			/* number of the last event that the client has */
	bool		started;
	Timer		beat;			/* to the next comment; or to the end of the token */
} Stream;

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
	if (stream->call != NULL)
		db_cancel(stream->call);
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

static void
wait_for_beat(Stream *stream)
{
	int64_t		remaining = auth_remaining(&stream->user);

	loop_timer_start(&stream->beat, remaining >= 0 && remaining < config.ping_interval ? remaining : config.ping_interval, beat_due);
}

static void
write_text(Stream *stream, const char *text, size_t len)
{
	if (http_stream_pending(stream->exchange) + len > (size_t) config.max_queue)
	{
		HttpExchange *exchange = stream->exchange;

		metrics_add(METRIC_SLOW_CLIENTS, 1);
		release(stream);
		http_abort(exchange);
		return;
	}
	http_stream_write(stream->exchange, text, len);
	wait_for_beat(stream);
}

/* A comment now and then keeps proxies from taking the connection for dead. */
static void
beat_due(Timer *timer)
{
	Stream	   *stream = container_of(timer, Stream, beat);

	if (auth_remaining(&stream->user) == 0)
		end(stream);
	else
		write_text(stream, ":\n\n", 3);
}

static void
deliver(RoomListener *room, Event *event)
{
	Stream	   *stream = container_of(room, Stream, room);
	const Frame *frame = event_frame(event, EVENT_SSE, encode);

	metrics_add(METRIC_DELIVERIES, 1);
	if (event_is_last(event))
	{
		http_stream_write(stream->exchange, frame->data, frame->len);
		end(stream);
	}
	else
		write_text(stream, frame->data, frame->len);
}

static void
start(Stream *stream, Event *snapshot)
{
	http_add_header(stream->exchange, "Cache-Control", "no-store");
	http_add_header(stream->exchange, "X-Accel-Buffering", "no");	/* nginx would collect them */
	reply_note(stream->exchange, 200);
	http_stream_start(stream->exchange, 200, "text/event-stream; charset=utf-8");
	stream->started = true;
	if (http_method(stream->exchange) == HTTP_HEAD)
	{
		end(stream);
		return;
	}
	write_text(stream, "retry: 1000\n\n", 13);
	rooms_start(stream->member, snapshot);
}

/* The end was seen before: there is nothing to come back for. */
static void
say_no_more(Stream *stream)
{
	reply_note(stream->exchange, 204);
	http_reply(stream->exchange, 204, NULL, NULL, 0);
	release(stream);
}

static void
on_snapshot(void *arg, const DbError *error, const DbRow *row)
{
	Stream	   *stream = arg;
	Event	   *snapshot = error != NULL ? NULL : event_make(row->first, strlen(row->first), row->second, row->second_len);

	stream->call = NULL;
	if (snapshot == NULL)
	{
		HttpExchange *exchange = stream->exchange;

		release(stream);
		if (error != NULL)
			reply_db_error(exchange, error);
		else
			reply_error(exchange, 500, "Internal server error");
		return;
	}
	if (event_is_last(snapshot) && snapshot->seq <= stream->after)
		say_no_more(stream);
	else
		start(stream, snapshot);
	event_release(snapshot);
}

/*
 * The request
 */

/* The header is EventSource's; the query is for those who cannot set it. */
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
	stream->room.send = deliver;
	if (http_user(exchange) != NULL)
	{
		stream->user = *http_user(exchange);
		stream->room.role = stream->user.role;
	}
	stream->next = streams;
	stream->link = &streams;
	if (streams != NULL)
		streams->link = &stream->next;
	streams = stream;
	count++;
	stream->member = rooms_join(task, &stream->room, stream->after);
	stream->call = feed_snapshot(stream->room.role, task, on_snapshot, stream);
	http_own(exchange, &hooks, stream);
	http_watch_hangup(exchange);
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
