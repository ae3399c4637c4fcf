/*
 * timer.c
 *	  Timers fire in order, once, and only while they run.
 */
#include "testing.h"

#include "base/mem.h"
#include "base/timer.h"

#define COUNT 500

typedef struct Item
{
	Timer		timer;
	int64_t		fired;			/* 0: not yet */
} Item;

static TimerHeap heap;
static int64_t now;
static int64_t last_due;
static Item items[COUNT];

static void
fire(Timer *timer)
{
	Item	   *item = container_of(timer, Item, timer);

	assert_true(timer->due >= last_due);
	assert_true(timer->due <= now);
	assert_int_equal(item->fired, 0);
	last_due = timer->due;
	item->fired = now;
}

static void
in_order(void **state)
{
	int64_t		due;
	unsigned	random = 1;

	(void) state;
	for (int i = 0; i < COUNT; i++)
	{
		random = random * 1103515245 + 12345;
		timers_start(&heap, &items[i].timer, 1 + (random >> 16) % 1000, fire);
	}
	for (int i = 0; i < COUNT; i += 3)
		timers_stop(&heap, &items[i].timer);
	for (int i = 0; i < COUNT; i += 5)
		timers_start(&heap, &items[i].timer, 500 + i, fire);
	for (now = 0; now <= 1500; now += 7)
		timers_run(&heap, now);
	assert_false(timers_next(&heap, &due));
	for (int i = 0; i < COUNT; i++)
		assert_true((items[i].fired != 0) == (i % 3 != 0 || i % 5 == 0));
	timers_free(&heap);
}

static int	rounds;

static void
again(Timer *timer)
{
	rounds++;
	timers_start(&heap, timer, 0, again);
}

static void
restart_within(void **state)
{
	Timer		timer = {0};

	(void) state;
	timers_start(&heap, &timer, 0, again);
	timers_run(&heap, 10);
	assert_int_equal(rounds, 1);
	timers_run(&heap, 10);
	assert_int_equal(rounds, 2);
	timers_stop(&heap, &timer);
	timers_stop(&heap, &timer);
	timers_run(&heap, 10);
	assert_int_equal(rounds, 2);
	timers_free(&heap);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("timers fire once, in order, unless stopped", in_order),
		TEST("a timer that starts itself anew does not keep the loop", restart_within),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
