/*
 * timer.c
 *	  Timers in a heap.
 */
#include "base/timer.h"

#include <stdlib.h>

#include "base/mem.h"

#define HEAP_SMALLEST 64

static void
place(TimerHeap *heap, size_t slot, Timer *timer)
{
	heap->slots[slot - 1] = timer;
	timer->slot = slot;
}

static Timer *
at(const TimerHeap *heap, size_t slot)
{
	return heap->slots[slot - 1];
}

static void
sift_up(TimerHeap *heap, Timer *timer)
{
	size_t		slot = timer->slot;

	while (slot > 1 && at(heap, slot / 2)->due > timer->due)
	{
		place(heap, slot, at(heap, slot / 2));
		slot /= 2;
	}
	place(heap, slot, timer);
}

static void
sift_down(TimerHeap *heap, Timer *timer)
{
	size_t		slot = timer->slot;

	for (;;)
	{
		size_t		child = slot * 2;

		if (child > heap->count)
			break;
		if (child < heap->count && at(heap, child + 1)->due < at(heap, child)->due)
			child++;
		if (at(heap, child)->due >= timer->due)
			break;
		place(heap, slot, at(heap, child));
		slot = child;
	}
	place(heap, slot, timer);
}

void
timers_start(TimerHeap *heap, Timer *timer, int64_t due, void (*fire) (Timer *timer))
{
	timers_stop(heap, timer);
	if (heap->count == heap->size)
	{
		heap->size = heap->size == 0 ? HEAP_SMALLEST : heap->size * 2;
		heap->slots = mem_resize(heap->slots, heap->size * sizeof(heap->slots[0]));
	}
	timer->due = due;
	timer->fire = fire;
	place(heap, ++heap->count, timer);
	sift_up(heap, timer);
}

void
timers_stop(TimerHeap *heap, Timer *timer)
{
	Timer	   *last;
	size_t		slot = timer->slot;

	if (slot == 0)
		return;
	timer->slot = 0;
	last = at(heap, heap->count--);
	if (last == timer)
		return;
	place(heap, slot, last);
	sift_up(heap, last);
	sift_down(heap, last);
}

bool
timers_next(const TimerHeap *heap, int64_t *due)
{
	if (heap->count == 0)
		return false;
	*due = at(heap, 1)->due;
	return true;
}

/*
 * A timer that restarts itself for a time not later than now would fire for
 * ever, so the loop runs as many timers as there were at its start.
 */
void
timers_run(TimerHeap *heap, int64_t now)
{
	for (size_t budget = heap->count; budget > 0 && heap->count > 0; budget--)
	{
		Timer	   *timer = at(heap, 1);

		if (timer->due > now)
			break;
		timers_stop(heap, timer);
		timer->fire(timer);
	}
}

void
timers_free(TimerHeap *heap)
{
	free(heap->slots);
	*heap = (TimerHeap) {0};
}
