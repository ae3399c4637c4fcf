/*
 * health.h
 *	  Does the database answer?  Asked all the time, of a connection like those of requests.
 *
 * One missed answer says no, and so does a connection that cannot be had; a
 * question answered in time says yes again.  A second missed one gives the
 * connection up.  Both together take less than two seconds to show.
 */
#ifndef NOTIFIER_HEALTH_H
#define NOTIFIER_HEALTH_H

#include <stdbool.h>

/* Between an answer and the next question; longest time for an answer.  pg_listen.c asks by the same clock. */
#define HEALTH_ASK_MS 300
#define HEALTH_ANSWER_MS 1400

/* recovered() is called each time that the database answers again. */
extern void health_open(void (*recovered) (void));
extern void health_close(void);

extern bool health_reachable(void);

#endif							/* NOTIFIER_HEALTH_H */
