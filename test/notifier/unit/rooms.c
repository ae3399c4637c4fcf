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
	RoomGroup  *group = rooms_group(member);

	rooms_known(group, ++group->look.started, event);
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

static int	groups;

static void
count_group(RoomGroup *group)
{
	groups++;
	rooms_await_all(group);
	assert_true(rooms_exist(rooms_task_of(group)));
}

static void
many_rooms(void **state)
{
	Client		clients[20] = {0};

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
	groups = 0;
	rooms_each_group(count_group);
	assert_int_equal(groups, 100);
	assert_non_null(rooms_find(40, &clients[19].listener));
	assert_null(rooms_find(41, &clients[19].listener));
	publish(60, 1);
	for (int i = 0; i < 20; i++)
		expect(&clients[i], "");
	start(rooms_find(60, &clients[19].listener), 1);
	for (int i = 0; i < 20; i++)
		expect(&clients[i], 60 % (i + 1) == 0 ? "[1]," : "");
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

/* A look that began before somebody came does not answer: it may have missed what was published before. */
static void
coming_during_a_look(void **state)
{
	Client		a = {.listener.send = hear};
	Client		b = {.listener.send = hear};
	RoomMember *member = rooms_join(7, &a.listener, -1);
	RoomGroup  *group = rooms_group(member);
	unsigned	look = ++group->look.started;
	Event	   *event = make("snapshot", 3);

	(void) state;
	rooms_join(7, &b.listener, -1);
	assert_true(rooms_known(group, look, event));
	event_release(event);
	expect(&a, "[3],");
	expect(&b, "");
	start(member, 4);
	expect(&a, "");
	expect(&b, "[4],");
	rooms_leave_all(&a.listener);
	rooms_leave_all(&b.listener);
}

static void
other_history(void **state)
{
	Client		client = {.listener.send = hear};
	RoomMember *member = rooms_join(7, &client.listener, -1);

	(void) state;
	start(member, 100);
	rooms_await(member, true);
	publish(7, 21);
	publish(7, 22);
	start(member, 21);
	publish(7, 23);
	expect(&client, "[100],[21],22,23,");
	rooms_await(member, false);
	publish(7, 30);
	start(member, 25);			/* older than what has come meanwhile, not than what there was before */
	expect(&client, "30,");
	rooms_leave_all(&client.listener);
}

static void
publish_end(const char *reason, int64_t seq)
{
	char		json[64];
	Event	   *event;

	snprintf(json, sizeof(json), "{\"seq\":%d,\"error\":\"%s\"}", (int) seq, reason);
	event = event_make("task-failed", 11, json, strlen(json));
	rooms_publish(7, event);
	event_release(event);
}

static void
ending_once(void **state)
{
	Client		client = {.listener.send = hear};

	(void) state;
	joined(&client, 7);
	publish_end("x", 5);
	publish(7, 6);
	publish_end("x", 7);
	expect(&client, "5,6,");
	publish_end("y", 8);
	expect(&client, "8,");
	rooms_leave_all(&client.listener);
}

static void
leave_when_lost(RoomListener *listener, RoomMember *member, const struct DbError *error)
{
	Client	   *client = container_of(listener, Client, listener);

	(void) error;
	buf_puts(&client->heard, "lost,");
	rooms_leave(member);
}

/* What one identity may not see another may. */
static void
groups_of_a_room(void **state)
{
	Identity	ann = {.role = "ann"};
	Identity	ann_too = {.role = "ann",.says = {1, 0}};
	Client		clients[4] = {0};
	const Identity *who[] = {NULL, &ann, &ann_too, &ann_too};
	RoomGroup  *group;

	(void) state;
	for (int i = 0; i < 4; i++)
	{
		clients[i].listener.send = hear;
		clients[i].listener.lost = leave_when_lost;
		clients[i].listener.who = who[i];
		rooms_join(7, &clients[i].listener, -1);
	}
	groups = 0;
	rooms_each_group(count_group);
	assert_int_equal(groups, 3);
	group = rooms_group(rooms_find(7, &clients[2].listener));
	assert_ptr_equal(group, rooms_group(rooms_find(7, &clients[3].listener)));
	rooms_lost(group, ++group->look.started, NULL);
	for (int i = 0; i < 2; i++)
		start(rooms_find(7, &clients[i].listener), 1);
	publish(7, 2);
	for (int i = 0; i < 4; i++)
		expect(&clients[i], i < 2 ? "[1],2," : "lost,");
	rooms_change_who(&clients[1].listener, NULL, count_group);
	assert_ptr_equal(rooms_group(rooms_find(7, &clients[0].listener)), rooms_group(rooms_find(7, &clients[1].listener)));
	publish(7, 3);
	expect(&clients[1], "");
	start(rooms_find(7, &clients[1].listener), 3);
	expect(&clients[1], "[3],");
	for (int i = 0; i < 4; i++)
	{
		rooms_leave_all(&clients[i].listener);
		buf_free(&clients[i].heard);
	}
	assert_int_equal(rooms_count(), 0);
}

static void
counting(void **state)
{
	Client		asks = {.listener.send = hear};
	Client		all = {.listener.send = hear,.listener.unasked = true};

	(void) state;
	joined(&all, 7);
	assert_true(rooms_exist(7));
	assert_int_equal(rooms_count(), 0);
	joined(&asks, 7);
	joined(&asks, 8);
	assert_int_equal(rooms_count(), 2);
	rooms_leave_all(&asks.listener);
	assert_int_equal(rooms_count(), 0);
	rooms_leave_all(&all.listener);
	assert_false(rooms_exist(7));
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
		TEST("a look that began before somebody came is not for him", coming_during_a_look),
		TEST("a state of another history is sent, and the numbers go on from there", other_history),
		TEST("an end is sent once, whatever its number", ending_once),
		TEST("a room has a group for each identity", groups_of_a_room),
		TEST("a room counts while somebody is in it who asked for the task", counting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
