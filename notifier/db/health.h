/*
 * health.h
 *	  Does the database answer?  The question is asked continuously, on a connection like
 *	  those of requests. It also asks what fitness.h wants to know.
 *
 * The verdict is no after one missed answer, or if no connection can be made,
 * and yes again after an answer in time.  After a second missed answer the
 * connection is given up.  Both together take less than two seconds.
 */
#ifndef NOTIFIER_HEALTH_H
#define NOTIFIER_HEALTH_H

#include <stdbool.h>

/* Time between an answer and the next question, and longest time for an answer. pg_listen.c uses the same times. */
#define HEALTH_ASK_MS 300
#define HEALTH_ANSWER_MS 1400

/* recovered() is called each time the database answers again. */
extern void health_open(void (*recovered) (void));
extern void health_close(void);

extern bool health_reachable(void);

#endif							/* NOTIFIER_HEALTH_H */
