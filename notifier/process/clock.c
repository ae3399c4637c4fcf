/*
 * clock.c
 *	  Detects that the wall clock was set, or that the machine slept.
 */
#include "process/clock.h"

#include <stdlib.h>
#include <time.h>

#include "process/log.h"
#include "process/loop.h"

#define LOOK_MS 1000

/* Smaller steps are normal corrections of the clock. */
#define STEP_US 1000000

static void (*on_changed) (void);
static Timer timer;
static int64_t offset;			/* wall clock minus the loop's clock, in microseconds */

static int64_t
read_offset(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000 - loop_now();
}

static void
look(Timer *due)
{
	int64_t		now = read_offset();
	int64_t		step = now - offset;

	(void) due;
	offset = now;
	loop_timer_start(&timer, LOOK_MS, look);
	if (llabs(step) < STEP_US)
		return;
	log_info("the clock has jumped, seconds=%lld", (long long) (step / 1000000));
	on_changed();
}

void
clock_open(void (*changed) (void))
{
	on_changed = changed;
	offset = read_offset();
	loop_timer_start(&timer, LOOK_MS, look);
}

void
clock_close(void)
{
	loop_timer_stop(&timer);
}
