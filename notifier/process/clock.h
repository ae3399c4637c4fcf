/*
 * clock.h
 *	  Notices that the clock on the wall was set, or that the machine slept.
 *
 * Timers run by a clock that neither jumps nor goes on during sleep, so what is
 * due at a time of day has to be looked at again then.
 */
#ifndef NOTIFIER_CLOCK_H
#define NOTIFIER_CLOCK_H

/* changed() is called within two seconds of each step. */
extern void clock_open(void (*changed) (void));
extern void clock_close(void);

#endif							/* NOTIFIER_CLOCK_H */
