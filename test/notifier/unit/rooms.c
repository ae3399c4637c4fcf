/*
 * rooms.c
 *	  Each member gets each event once and in order, whatever happens while events are
 *	  sent.
 */
#include "testing.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "events/rooms.h"

typedef struct Client
{
	RoomListener listener;
	Buf			heard;
	struct Client *leaves;		/* called when this member is sent an event */
} Client;

static void
hear(RoomListener *listener, Event *event)
{
	Client	   *client = container_of(listener, Client, listener);

	buf_printf(&client->heard, *event->name == 's' ? "[%d]," : "%d,", (int) event->seq);
	if (client->leaves != NULL)
		rooms_leave_all(&client->leaves->listener);
}

static Event *
make(const char *name, int64_t seq)
{
	char		json[32];

	snprintf(json, sizeof(json), "{\"seq\":%d}", (int) seq);
	return event_make(name, strlen(name), json, strlen(json));
}

static void
publish(int64_t task, int64_t seq)
{
	Event	   *event = make("event", seq);

	rooms_publish(task, event);
	event_release(event);
}

static void
start(RoomMember *member, int64_t seq)
{
	Event	   *event = make("snapshot", seq);

	rooms_start(member, event);
	assert_int_equal(event->references, 1);
	event_release(event);
}

static void
expect(Client *client, const char *heard)
{
	assert_string_equal(client->heard.data != NULL ? client->heard.data : "", heard);
	buf_free(&client->heard);
}

static void
joined(Client *client, int64_t task)
{
	start(rooms_join(task, &client->listener, -1), 0);
	expect(client, "[0],");
}

static void
held_events(void **state)
{
	Client		client = {.listener.send = hear};
	RoomMember *member = rooms_join(7, &client.listener, -1);

	(void) state;
	publish(7, 3);
	publish(7, 4);
	publish(8, 9);
	publish(7, 5);
	expect(&client, "");
	start(member, 4);
	expect(&client, "[4],5,");
	publish(7, 6);
	expect(&client, "6,");
	rooms_leave(member);
	publish(7, 7);
	expect(&client, "");
	assert_false(rooms_exist(7));
}

static void
snapshot_newer_than_all(void **state)
{
	Client		client = {.listener.send = hear};
	RoomMember *member = rooms_join(7, &client.listener, -1);

	(void) state;
	publish(7, 3);
	start(member, 10);
	publish(7, 9);
	publish(7, 10);
	publish(7, 11);
	expect(&client, "[10],11,");
	rooms_leave_all(&client.listener);
}

static void
snapshot_zero(void **state)
{
	Client		client = {.listener.send = hear};

	(void) state;
	joined(&client, 7);
	rooms_leave_all(&client.listener);
}

static void
leaving_before_start(void **state)
{
	Client		client = {.listener.send = hear};
	RoomMember *member = rooms_join(7, &client.listener, -1);

	(void) state;
	for (int i = 1; i <= 100; i++)
		publish(7, i);
	rooms_leave(member);
	assert_int_equal(rooms_count(), 0);
	assert_int_equal(client.listener.count, 0);
	expect(&client, "");
}

static void
many_rooms(void **state)
{
	Client		clients[20] = {0};
	int64_t    *tasks;

	(void) state;
	for (int i = 0; i < 20; i++)
		clients[i].listener.send = hear;
	for (int task = 1; task <= 100; task++)
	{
		for (int i = 0; i < 20; i++)
		{
			if (task % (i + 1) == 0)
				joined(&clients[i], task);
		}
	}
	assert_int_equal(rooms_count(), 100);
	assert_int_equal(rooms_tasks(&tasks), 100);
	free(tasks);
	assert_non_null(rooms_find(40, &clients[19].listener));
	assert_null(rooms_find(41, &clients[19].listener));
	publish(60, 1);
	for (int i = 0; i < 20; i++)
		expect(&clients[i], 60 % (i + 1) == 0 ? "1," : "");
	for (int i = 0; i < 20; i++)
		rooms_leave_all(&clients[i].listener);
	assert_int_equal(rooms_count(), 0);
}

/* Members are sent an event in some order. A member that an earlier one makes leave gets nothing. */
static void
leaving_while_told(void **state)
{
	Client		a = {.listener.send = hear};
	Client		b = {.listener.send = hear};

	(void) state;
	joined(&a, 7);
	joined(&b, 7);
	a.leaves = &b;
	b.leaves = &a;
	publish(7, 1);
	assert_int_equal(a.heard.len + b.heard.len, 2);
	assert_int_equal(a.listener.count + b.listener.count, 1);
	rooms_leave_all(&a.listener);
	rooms_leave_all(&b.listener);
	buf_free(&a.heard);
	buf_free(&b.heard);
	assert_int_equal(rooms_count(), 0);
}

static void
leaving_by_itself(void **state)
{
	Client		client = {.listener.send = hear};

	(void) state;
	joined(&client, 7);
	joined(&client, 8);
	client.leaves = &client;
	publish(7, 1);
	publish(8, 1);
	expect(&client, "1,");
	assert_int_equal(rooms_count(), 0);
}

static void
leaving_at_the_snapshot(void **state)
{
	Client		client = {.listener.send = hear};
	RoomMember *member = rooms_join(7, &client.listener, -1);

	(void) state;
	publish(7, 2);
	publish(7, 3);
	client.leaves = &client;
	start(member, 1);
	expect(&client, "[1],");
	assert_int_equal(rooms_count(), 0);
}

/* A member that was away names the last event that it got. */
static void
coming_back(void **state)
{
	Client		client = {.listener.send = hear};
	RoomMember *member = rooms_join(7, &client.listener, 5);

	(void) state;
	publish(7, 6);
	start(member, 5);
	expect(&client, "6,");
	rooms_leave(member);
	start(rooms_join(7, &client.listener, 5), 9);
	expect(&client, "[9],");
	rooms_leave_all(&client.listener);
}

static void
anybody(void **state)
{
	Client		client = {.listener = {.send = hear, .role = "ann"}};

	(void) state;
	assert_null(rooms_anybody(7));
	joined(&client, 7);
	assert_string_equal(rooms_anybody(7)->role, "ann");
	rooms_leave_all(&client.listener);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("events are held until the snapshot, and only newer ones follow it", held_events),
		TEST("a snapshot newer than all that was held is alone", snapshot_newer_than_all),
		TEST("a snapshot numbered 0 is sent", snapshot_zero),
		TEST("leaving before the snapshot leaves nothing", leaving_before_start),
		TEST("members of many rooms hear their own only", many_rooms),
		TEST("being told may make others leave", leaving_while_told),
		TEST("being told may make one leave", leaving_by_itself),
		TEST("the snapshot may make one leave", leaving_at_the_snapshot),
		TEST("one that comes back hears nothing it has heard before", coming_back),
		TEST("a room knows somebody who listens", anybody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
