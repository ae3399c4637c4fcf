/*
 * loop.c
 *	  The event loop: libuv's, in which libwebsockets runs as well.
 *
 * libwebsockets has a loop of its own, which examines every connection each
 * time. With a thousand connections that is most of its work. Its timers are
 * in a sorted list, which is slow with thousands of sessions. Ours are in a
 * heap and use a single timer of libuv.
 */
#include "process/loop.h"

#include <libwebsockets.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>

#include "base/mem.h"
#include "process/config.h"
#include "process/log.h"

/* Descriptors besides those of clients and the database: log, loop, files that are served. */
#define OWN_DESCRIPTORS 64

struct LoopWatch
{
	uv_poll_t	poll;
	int			descriptor;		/* the duplicate */
	const LoopWatchHandler *handler;
	void	   *arg;
	bool		want_read;
	bool		want_write;
	bool		forgotten;
};

static uv_loop_t loop;
static struct lws_context *context;
static int64_t room;

static TimerHeap timers;
static uv_timer_t alarm_timer;
static int64_t alarm_due;		/* 0: not set */

/*
 * Timers
 */

static void on_alarm(uv_timer_t *timer);

static void
set_alarm(void)
{
	int64_t		due;
	int64_t		wait;

	if (!timers_next(&timers, &due) || due == alarm_due)
		return;
	alarm_due = due;
	uv_update_time(&loop);
	wait = due - loop_now();
	uv_timer_start(&alarm_timer, on_alarm, wait > 0 ? (uint64_t) (wait + 999) / 1000 : 0, 0);
}

static void
on_alarm(uv_timer_t *timer)
{
	(void) timer;
	alarm_due = 0;
	timers_run(&timers, loop_now());
	set_alarm();
}

int64_t
loop_now(void)
{
	return (int64_t) lws_now_usecs();
}

void
loop_timer_start(Timer *timer, int64_t ms, void (*fire) (Timer *timer))
{
	timers_start(&timers, timer, loop_now() + ms * 1000, fire);
	set_alarm();
}

void
loop_timer_stop(Timer *timer)
{
	timers_stop(&timers, timer);
}

/* The library resets its timer only when it is called, so this causes a call. */
void
loop_limit(struct lws *wsi, int reason, int seconds)
{
	lws_set_timeout(wsi, (enum pending_timeout) reason, seconds);
	lws_cancel_service(context);
}

void
loop_kill(struct lws *wsi)
{
	loop_limit(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

/*
 * Foreign descriptors
 */

static void on_ready(uv_poll_t *poll, int status, int events);

static void
update_watch(LoopWatch *watch)
{
	int			events = (watch->want_read ? UV_READABLE : 0) | (watch->want_write ? UV_WRITABLE : 0);

	if (events != 0)
		uv_poll_start(&watch->poll, events, on_ready);
	else
		uv_poll_stop(&watch->poll);
}

/* A broken descriptor is reported as readable, so that its owner finds the error. */
static void
on_ready(uv_poll_t *poll, int status, int events)
{
	LoopWatch  *watch = container_of(poll, LoopWatch, poll);

	if (status < 0 || (events & UV_READABLE))
		watch->handler->readable(watch->arg);
	if (watch->forgotten || !watch->want_write || !(events & UV_WRITABLE))
		return;
	watch->want_write = false;
	update_watch(watch);
	watch->handler->writable(watch->arg);
}

LoopWatch *
loop_watch(int descriptor, const LoopWatchHandler *handler, void *arg)
{
	LoopWatch  *watch = mem_alloc(sizeof(*watch));

	watch->handler = handler;
	watch->arg = arg;
	watch->want_read = true;
	watch->descriptor = dup(descriptor);
	if (watch->descriptor < 0 || uv_poll_init(&loop, &watch->poll, watch->descriptor) != 0)
	{
		if (watch->descriptor >= 0)
			close(watch->descriptor);
		free(watch);
		return NULL;
	}
	update_watch(watch);
	return watch;
}

void
loop_watch_write(LoopWatch *watch)
{
	watch->want_write = true;
	update_watch(watch);
}

void
loop_watch_read(LoopWatch *watch, bool enable)
{
	watch->want_read = enable;
	update_watch(watch);
}

static void
free_watch(uv_handle_t *handle)
{
	LoopWatch  *watch = container_of((uv_poll_t *) handle, LoopWatch, poll);

	close(watch->descriptor);
	free(watch);
}

void
loop_forget(LoopWatch *watch)
{
	if (watch == NULL)
		return;
	watch->forgotten = true;
	uv_close((uv_handle_t *) &watch->poll, free_watch);
}

/*
 * The loop
 */

static void
lws_log(int level, const char *line)
{
	log_at(level & LLL_ERR ? LOG_WARNING : LOG_DEBUG, "libwebsockets: %s", line);
}

/*
 * libwebsockets allocates tables with one entry per descriptor, and looks up
 * fast only if the number equals the process's limit.
 */
static void
fit_open_files(int64_t descriptors)
{
	struct rlimit limit;
	rlim_t		own = OWN_DESCRIPTORS + 2 * (rlim_t) (config.pool_size + config.max_uploads + config.max_downloads);
	rlim_t		wanted = (rlim_t) descriptors + own;

	room = descriptors;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	if (limit.rlim_max != RLIM_INFINITY && wanted > limit.rlim_max)
	{
		wanted = limit.rlim_max;
		room = wanted > own ? (int64_t) (wanted - own) : 1;
		log_warning("the limit on open files allows only %lld connections", (long long) room);
	}
	limit.rlim_cur = wanted;
	setrlimit(RLIMIT_NOFILE, &limit);
}

bool
loop_open(int64_t descriptors)
{
	void	   *loops[1] = {&loop};
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_VALIDATE_UTF8 | LWS_SERVER_OPTION_LIBUV,
		.foreign_loops = loops,
		.pt_serv_buf_size = LOOP_READ_BUFFER,
		.max_http_header_data = LOOP_MAX_HEAD,
		.timeout_secs = (unsigned int) ((config.request_timeout + 999) / 1000),
	};

	if (config.tls_certificate != NULL)
		info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	lws_set_log_level(LLL_ERR | LLL_WARN, lws_log);
	fit_open_files(descriptors);
	if (uv_loop_init(&loop) != 0 || uv_timer_init(&loop, &alarm_timer) != 0)
		return false;
	context = lws_create_context(&info);
	if (context == NULL)
		log_error("libwebsockets could not start in libuv; its package may lie apart: libwebsockets-evlib-uv");
	return context != NULL;
}

int64_t
loop_room(void)
{
	return room;
}

struct lws_context *
loop_context(void)
{
	return context;
}

void
loop_run(void)
{
	uv_run(&loop, UV_RUN_DEFAULT);
}

void
loop_stop(void)
{
	uv_stop(&loop);
}
