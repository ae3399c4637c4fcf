/*
 * loop.h
 *	  The event loop, in which libwebsockets runs, with timers and foreign descriptors.
 *
 * Everything runs in its one thread. A callback may stop any timer and remove
 * any watch, its own included.
 */
#ifndef NOTIFIER_LOOP_H
#define NOTIFIER_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/timer.h"

struct lws;
struct lws_context;

/*
 * libwebsockets limits the time of a connection for request heads, and counts
 * the time of bodies too. http.c has its own limits for both.
 */
#define LOOP_HEAD_TIMEOUT_S (7 * 24 * 3600)

/*
 * What it reads at a time; what came behind a head, up to so much, is counted into the head's length (http/request.c).
 * And the longest head, beyond which it closes the connection without a word.
 */
#define LOOP_READ_BUFFER 8192
#define LOOP_MAX_HEAD 65535

/* Raises or lowers the limit on open files as needed. False if no loop can be made. */
extern bool loop_open(int64_t descriptors);

/* How many connections of clients fit: as many as requested, or fewer. */
extern int64_t loop_room(void);
extern struct lws_context *loop_context(void);
extern void loop_run(void);		/* until loop_stop() */
extern void loop_stop(void);

/* Calls lws_set_timeout(), from any place; reason is one of libwebsockets'. */
extern void loop_limit(struct lws *wsi, int reason, int seconds);
extern void loop_kill(struct lws *wsi);	/* closes the connection, but not at once */

/* Microseconds of a clock that never jumps. */
extern int64_t loop_now(void);

/* Starts or restarts the timer; 0 ms: it fires when the loop is back at its top. */
extern void loop_timer_start(Timer *timer, int64_t ms, void (*fire) (Timer *timer));
extern void loop_timer_stop(Timer *timer);

/*
 * Watches a descriptor of another owner (libpq, a signalfd). The loop uses a
 * duplicate, so the owner may close its own at any time.
 */
typedef struct LoopWatch LoopWatch;

typedef struct LoopWatchHandler
{
	void		(*readable) (void *arg);
	void		(*writable) (void *arg);	/* once for each loop_watch_write() */
} LoopWatchHandler;

extern LoopWatch *loop_watch(int descriptor, const LoopWatchHandler *handler, void *arg);
extern void loop_watch_write(LoopWatch *watch);
extern void loop_watch_read(LoopWatch *watch, bool enable);	/* reading is on by default */
extern void loop_forget(LoopWatch *watch);	/* NULL is fine */

#endif							/* NOTIFIER_LOOP_H */
