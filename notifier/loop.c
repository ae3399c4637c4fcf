/*
 * loop.c
 *	  The event loop: libwebsockets' one, with timers and foreign descriptors.
 *
 * libwebsockets keeps its own timers in a sorted list, which is slow with one
 * for each of thousands of sessions; ours are in a heap and use one of its.
 */
#include "loop.h"

#include <libwebsockets.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "config.h"
#include "log.h"
#include "mem.h"

/* Largest read from a socket; one buffer for all of them. */
#define READ_BUFFER (64 * 1024)

/* A request's head may be as large as this; larger ones are dropped. */
#define MAX_HEAD 16384

/* Descriptors besides those of clients: database, log, loop. */
#define OWN_DESCRIPTORS 64

struct LoopWatch
{
	struct lws *wsi;			/* NULL once it was closed from below */
	const LoopWatchHandler *handler;
	void	   *arg;
	bool		want_write;
	Timer		rewrite;
};

static struct lws_context *context;
static struct lws_vhost *watch_vhost;
static bool stopping;

static TimerHeap timers;
static lws_sorted_usec_list_t alarm_entry;
static int64_t alarm_due;		/* 0: not set */

/*
 * Timers
 */

static void on_alarm(lws_sorted_usec_list_t *entry);

static void
set_alarm(void)
{
	int64_t		due;
	int64_t		wait;

	if (!timers_next(&timers, &due) || due == alarm_due)
		return;
	wait = due - loop_now();
	alarm_due = due;
	lws_sul_schedule(context, 0, &alarm_entry, on_alarm, wait > 1 ? wait : 1);
}

static void
on_alarm(lws_sorted_usec_list_t *entry)
{
	(void) entry;
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

/*
 * Foreign descriptors
 */

/* libwebsockets takes interest in writing away after this callback, so a new one has to wait for the loop's top. */
static void
write_again(Timer *timer)
{
	LoopWatch  *watch = container_of(timer, LoopWatch, rewrite);

	if (watch->wsi != NULL && watch->want_write)
		lws_callback_on_writable(watch->wsi);
}

static void
watch_writable(LoopWatch *watch)
{
	if (!watch->want_write)
		return;
	watch->want_write = false;
	loop_timer_start(&watch->rewrite, 0, write_again);
	watch->handler->writable(watch->arg);
}

static int
watch_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	LoopWatch  *watch = lws_get_opaque_user_data(wsi);

	(void) user;
	(void) in;
	(void) len;
	if (watch == NULL)			/* forgotten: close when there is an occasion */
		return reason == LWS_CALLBACK_RAW_RX_FILE || reason == LWS_CALLBACK_RAW_WRITEABLE_FILE ? -1 : 0;
	switch (reason)
	{
		case LWS_CALLBACK_RAW_RX_FILE:
			watch->handler->readable(watch->arg);
			break;
		case LWS_CALLBACK_RAW_WRITEABLE_FILE:
			watch_writable(watch);
			break;
		case LWS_CALLBACK_RAW_CLOSE_FILE:
			watch->wsi = NULL;
			watch->handler->readable(watch->arg);	/* its owner will find out */
			break;
		default:
			break;
	}
	return 0;
}

static const struct lws_protocols watch_protocols[] = {
	{.name = "watch",.callback = watch_callback},
	{0}
};

LoopWatch *
loop_watch(int descriptor, const LoopWatchHandler *handler, void *arg)
{
	LoopWatch  *watch = mem_alloc(sizeof(*watch));
	lws_adopt_desc_t adopt = {
		.vh = watch_vhost,
		.type = LWS_ADOPT_RAW_FILE_DESC,
		.vh_prot_name = watch_protocols[0].name,
		.opaque = watch,
	};

	watch->handler = handler;
	watch->arg = arg;
	adopt.fd.filefd = dup(descriptor);
	watch->wsi = adopt.fd.filefd < 0 ? NULL : lws_adopt_descriptor_vhost_via_info(&adopt);
	if (watch->wsi == NULL)
	{
		free(watch);
		return NULL;
	}
	return watch;
}

void
loop_watch_write(LoopWatch *watch)
{
	watch->want_write = true;
	if (watch->wsi != NULL && watch->rewrite.slot == 0)
		lws_callback_on_writable(watch->wsi);
}

void
loop_watch_read(LoopWatch *watch, bool enable)
{
	if (watch->wsi != NULL)
		lws_rx_flow_control(watch->wsi, enable);
}

void
loop_forget(LoopWatch *watch)
{
	if (watch == NULL)
		return;
	loop_timer_stop(&watch->rewrite);
	if (watch->wsi != NULL)
	{
		lws_set_opaque_user_data(watch->wsi, NULL);
		lws_set_timeout(watch->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
	}
	free(watch);
}

/*
 * The loop
 */

static void
lws_log(int level, const char *line)
{
	log_at(level & LLL_ERR ? LOG_WARNING : LOG_DEBUG, "libwebsockets: %s", line);
}

/* libwebsockets makes tables of this many entries at once, and its look-ups are fast only when it is the limit. */
static void
fit_open_files(int64_t descriptors)
{
	struct rlimit limit;
	rlim_t		wanted = (rlim_t) descriptors + OWN_DESCRIPTORS;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	if (limit.rlim_max != RLIM_INFINITY && wanted > limit.rlim_max)
	{
		wanted = limit.rlim_max;
		log_warning("the limit on open files allows only %lu connections", (unsigned long) wanted - OWN_DESCRIPTORS);
	}
	limit.rlim_cur = wanted;
	setrlimit(RLIMIT_NOFILE, &limit);
}

bool
loop_open(int64_t descriptors)
{
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_VALIDATE_UTF8,
		.pt_serv_buf_size = READ_BUFFER,
		.max_http_header_data = MAX_HEAD,
		.timeout_secs = (unsigned int) ((config.request_timeout + 999) / 1000),
	};

	lws_set_log_level(LLL_ERR | LLL_WARN, lws_log);
	fit_open_files(descriptors);
	context = lws_create_context(&info);
	if (context == NULL)
		return false;
	info.vhost_name = "watch";
	info.protocols = watch_protocols;
	watch_vhost = lws_create_vhost(context, &info);
	return watch_vhost != NULL;
}

struct lws_context *
loop_context(void)
{
	return context;
}

void
loop_run(void)
{
	while (!stopping && lws_service(context, 0) >= 0)
		;
}

void
loop_stop(void)
{
	stopping = true;
	lws_cancel_service(context);
}
