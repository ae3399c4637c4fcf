/*
 * clock.h
 *	  Detects that the wall clock was set, or that the machine slept.
 *
 * Timers use a clock that neither jumps nor runs during sleep. So what is due
 * at a time of day must be checked again then.
 */
#ifndef NOTIFIER_CLOCK_H
#define NOTIFIER_CLOCK_H

/* changed() is called within two seconds of each step. */
extern void clock_open(void (*changed) (void));
extern void clock_close(void);

#endif							/* NOTIFIER_CLOCK_H */
