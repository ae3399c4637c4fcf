/*
 * timer.h
 *	  Timers in a heap: O(log n) for each, and no periodic tick.
 *
 * A Timer is embedded in its owner (container_of() leads back) and must be
 * zeroed before its first use. Stop it before its owner is freed. fire() may
 * start and stop timers.
 */
#ifndef NOTIFIER_TIMER_H
#define NOTIFIER_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Timer Timer;

struct Timer
{
	int64_t		due;			/* microseconds on the caller's clock */
	size_t		slot;			/* index in the heap, from 1; 0: not running */
	void		(*fire) (Timer *timer);
};

typedef struct TimerHeap
{
	Timer	  **slots;
	size_t		count;
	size_t		size;
} TimerHeap;

/* Starts the timer, or restarts it. */
extern void timers_start(TimerHeap *heap, Timer *timer, int64_t due, void (*fire) (Timer *timer));
extern void timers_stop(TimerHeap *heap, Timer *timer);		/* does nothing if it does not run */

/* When the next timer is due; false if none runs. */
extern bool timers_next(const TimerHeap *heap, int64_t *due);

/*
 * Fires the timers that are due, but no more than there were at the start, so
 * that a timer that restarts itself cannot block the loop.
 */
extern void timers_run(TimerHeap *heap, int64_t now);

extern void timers_free(TimerHeap *heap);

#endif							/* NOTIFIER_TIMER_H */
