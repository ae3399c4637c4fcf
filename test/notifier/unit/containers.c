/*
 * containers.c
 *	  The hash table against an array, the frame queue against a counter.
 */
#include "testing.h"

#include <stdio.h>

#include "base/map.h"
#include "base/frame_queue.h"

#define KEYS 1000

static unsigned seed = 1;

static unsigned
next_random(void)
{
	seed = seed * 1103515245 + 12345;
	return seed >> 16;
}

/* Keys that collide in their low bits, as task ids and pointers do. */
static uint64_t
key_of(unsigned i)
{
	return (uint64_t) i << 12;
}

static void
map_agrees(void **state)
{
	static int	values[KEYS];
	bool		present[KEYS] = {false};
	Map			map = {0};
	size_t		count = 0;
	size_t		position = 0;
	size_t		seen = 0;

	(void) state;
	assert_null(map_get(&map, 1));
	map_remove(&map, 1);
	for (int round = 0; round < 200000; round++)
	{
		/* phases of mostly adding and mostly removing, so that it grows and shrinks */
		bool		add = next_random() % 10 < (round / 20000 % 2 == 0 ? 8u : 2u);
		unsigned	i = next_random() % KEYS;

		if (add && !present[i])
		{
			map_put(&map, key_of(i), &values[i]);
			count++;
		}
		else if (!add)
		{
			map_remove(&map, key_of(i));
			count -= present[i];
		}
		present[i] = add;
		assert_int_equal(map.count, count);
	}
	for (unsigned i = 0; i < KEYS; i++)
		assert_ptr_equal(map_get(&map, key_of(i)), present[i] ? &values[i] : NULL);
	while (map_next(&map, &position) != NULL)
		seen++;
	assert_int_equal(seen, count);
	map_free(&map);
}

static void
queue_is_fifo(void **state)
{
	FrameQueue	queue = {0};
	unsigned	put = 0;
	unsigned	taken = 0;

	(void) state;
	for (int round = 0; round < 20000; round++)
	{
		char		text[16];
		Frame	   *frame;

		if (next_random() % 100 < (round / 1000 % 2 == 0 ? 60u : 40u))
		{
			snprintf(text, sizeof(text), "%u", put++);
			frame = frame_make(text, strlen(text));
			frame_queue_put(&queue, frame);
			frame_release(frame);
			continue;
		}
		frame = frame_queue_take(&queue);
		assert_true((frame == NULL) == (put == taken));
		if (frame == NULL)
			continue;
		snprintf(text, sizeof(text), "%u", taken++);
		assert_int_equal(frame->len, strlen(text));
		assert_memory_equal(frame->data, text, frame->len);
		frame_release(frame);
	}
	assert_int_equal(queue.count, put - taken);
	frame_queue_clear(&queue);
	assert_int_equal(queue.bytes, 0);
	assert_null(frame_queue_take(&queue));
}

static void
queue_counts_bytes(void **state)
{
	FrameQueue	queue = {0};
	Frame	   *frame = frame_make("12345", 5);

	(void) state;
	for (int i = 0; i < 100; i++)
		frame_queue_put(&queue, frame);
	assert_int_equal(queue.bytes, 500);
	assert_int_equal(frame->references, 101);
	frame_release(frame_queue_take(&queue));
	assert_int_equal(queue.bytes, 495);
	frame_queue_clear(&queue);
	assert_int_equal(frame->references, 1);
	frame_release(frame);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("the map has what was put and not removed", map_agrees),
		TEST("frames come out in the order they went in", queue_is_fifo),
		TEST("a queue knows its bytes and shares its frames", queue_counts_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
