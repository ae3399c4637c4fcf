/*
 * loop.h
 *	  The event loop, in which libwebsockets runs, with timers and foreign descriptors.
 *
 * Everything runs in its one thread.  Callbacks may stop any timer and forget
 * any watch, their own included.
 */
#ifndef NOTIFIER_LOOP_H
#define NOTIFIER_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/timer.h"

struct lws;
struct lws_context;

/*
 * libwebsockets limits the time that a connection may spend on request heads,
 * and counts bodies in; http.c has limits of its own for each.
 */
#define LOOP_HEAD_TIMEOUT_S (7 * 24 * 3600)

/* Raises or lowers the limit on open files to fit; false when there is no loop to be had. */
extern bool loop_open(int64_t descriptors);

/* Connections of clients that there is room for: as many as were asked for, or fewer. */
extern int64_t loop_room(void);
extern struct lws_context *loop_context(void);
extern void loop_run(void);		/* until loop_stop() */
extern void loop_stop(void);

/* lws_set_timeout(), wherever it is called from; the reason is one of its. */
extern void loop_limit(struct lws *wsi, int reason, int seconds);
extern void loop_kill(struct lws *wsi);	/* closes the connection, but not at once */

/* Microseconds of a clock that never jumps. */
extern int64_t loop_now(void);

/* Starts the timer, or starts it anew; 0 ms: as soon as the loop is back at its top. */
extern void loop_timer_start(Timer *timer, int64_t ms, void (*fire) (Timer *timer));
extern void loop_timer_stop(Timer *timer);

/*
 * A descriptor of somebody else (libpq, a signalfd).  The loop watches a
 * duplicate, so the owner may close its own whenever it likes.
 */
typedef struct LoopWatch LoopWatch;

typedef struct LoopWatchHandler
{
	void		(*readable) (void *arg);
	void		(*writable) (void *arg);	/* once for each loop_watch_write() */
} LoopWatchHandler;

extern LoopWatch *loop_watch(int descriptor, const LoopWatchHandler *handler, void *arg);
extern void loop_watch_write(LoopWatch *watch);
extern void loop_watch_read(LoopWatch *watch, bool enable);	/* reading is on at first */
extern void loop_forget(LoopWatch *watch);	/* NULL is fine */

#endif							/* NOTIFIER_LOOP_H */
