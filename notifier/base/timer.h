/*
 * timer.h
 *	  Timers in a heap: any number of them at O(log n), and none that ticks.
 *
 * A Timer is embedded in what it belongs to (container_of() leads back) and
 * zeroed before its first use.  It must be stopped before its owner goes.
 * timers_run() may start and stop timers from within fire().
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
	size_t		slot;			/* its place in the heap, from 1; 0: not running */
	void		(*fire) (Timer *timer);
};

typedef struct TimerHeap
{
	Timer	  **slots;
	size_t		count;
	size_t		size;
} TimerHeap;

/* Starts it, or starts it anew. */
extern void timers_start(TimerHeap *heap, Timer *timer, int64_t due, void (*fire) (Timer *timer));
extern void timers_stop(TimerHeap *heap, Timer *timer);		/* one that does not run is fine */

/* False when none runs. */
extern bool timers_next(const TimerHeap *heap, int64_t *due);

/* Fires those due by now, but no more than there were: one that starts itself anew cannot keep the loop. */
extern void timers_run(TimerHeap *heap, int64_t now);

extern void timers_free(TimerHeap *heap);

#endif							/* NOTIFIER_TIMER_H */
