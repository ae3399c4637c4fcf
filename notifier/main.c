/*
 * main.c
 *	  Start and stop.
 */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "api/routes.h"
#include "api/sse.h"
#include "api/tasks.h"
#include "db/health.h"
#include "db/pg_listen.h"
#include "db/pg_pool.h"
#include "engineio/engineio.h"
#include "events/event_log.h"
#include "events/feed.h"
#include "events/look.h"
#include "events/webhooks.h"
#include "http/auth.h"
#include "http/gate.h"
#include "http/hangup.h"
#include "http/server.h"
#include "http/tls.h"
#include "process/clock.h"
#include "process/config.h"
#include "process/log.h"
#include "process/loop.h"
#include "process/systemd.h"
#include "socketio/socketio.h"

/* The sidecar listens after this time even if it has not reached the database. */
#define FIRST_CONNECTION_MS 3000

static int	status = EXIT_SUCCESS;
static Timer first_connection;	/* until it listens */
static int	signals = -1;
static LoopWatch *signal_watch;
static Timer stop_deadline;

/* Large blocks go back to the system at once, so that a burst of uploads leaves nothing behind. */
static void
tune_memory(void)
{
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_MMAP_THRESHOLD, 128 * 1024);
	mallopt(M_TRIM_THRESHOLD, 256 * 1024);
}

static void
stop_now(Timer *timer)
{
	(void) timer;
	loop_stop();
}

static void
stop_when_idle(void)
{
	if (stop_deadline.slot != 0)
		loop_timer_start(&stop_deadline, 0, stop_now);
}

static void
reload(void)
{
	systemd_reloading();
	tls_reload();
	auth_reload();
	event_log_open();
	systemd_ready();
}

/* The first signal informs clients and lets requests in flight finish; the second ends the process at once. */
static void
signal_arrived(void *arg)
{
	struct signalfd_siginfo signal;

	(void) arg;
	if (read(signals, &signal, sizeof(signal)) != sizeof(signal))
		return;
	if (signal.ssi_signo == SIGHUP)
	{
		reload();
		return;
	}
	if (stop_deadline.slot != 0)
	{
		loop_stop();
		return;
	}
	systemd_stopping();
	log_info("stopping, signal=%s", strsignal((int) signal.ssi_signo));
	http_api_drain();
	loop_timer_start(&stop_deadline, config.stop_timeout, stop_now);
	eio_close_all();
	sse_close_all();
	http_when_idle(stop_when_idle);
}

static const LoopWatchHandler signal_handler = {.readable = signal_arrived};

static bool
watch_signals(void)
{
	sigset_t	set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	signal_watch = signals < 0 ? NULL : loop_watch(signals, &signal_handler, NULL);
	return signal_watch != NULL;
}

static void
fail(void)
{
	status = EXIT_FAILURE;
	loop_stop();
}

static void
begin_to_listen(void)
{
	int			port = (int) config.port;

	loop_timer_stop(&first_connection);
	if (pg_pool_refused() || !server_open(http_api_request, eio_upgrade, &port))
	{
		fail();
		return;
	}
	printf("listening on %s://%s:%d\n", config.tls_certificate != NULL ? "https" : "http", config.listen, port);
	fflush(stdout);
	log_info("serving, port=%d path=%s namespace=%s", port, config.path, config.nsp);
	systemd_ready();
}

static void
first_connection_is_late(Timer *timer)
{
	(void) timer;
	begin_to_listen();
}

/* Called once the sidecar's own role is known, or once the database proves unreachable: that is no reason to wait. */
static void
first_connection_ended(void)
{
	if (first_connection.slot != 0)
		begin_to_listen();
	else if (pg_pool_refused())
		fail();
}

static void
clock_changed(void)
{
	socketio_clock_changed();
	sse_clock_changed();
}

static bool
start(void)
{
	if (!loop_open(config.max_connections) || !watch_signals())
	{
		log_error("could not start the event loop");
		return false;
	}
	if (!http_api_open())
		return false;
	if (!auth_open())
		return false;
	if (!auth_wanted())
		log_warning("open: no key is set, so all who reach the port%s may do what the sidecar's role may",
					config.cors_origin != NULL && strcmp(config.cors_origin, "*") == 0 ? ", and all pages that they look at," : "");
	if (!event_log_open())
		return false;
	look_open();
	tasks_open();
	socketio_open(&tasks_namespace);
	loop_timer_start(&first_connection, FIRST_CONNECTION_MS, first_connection_is_late);
	pg_pool_open(first_connection_ended);
	webhooks_open();
	pg_listen_open(&feed_listen_handler);
	health_open(pg_listen_hurry);
	clock_open(clock_changed);
	return true;
}

int
main(int argc, char **argv)
{
	switch (config_load(argc, argv))
	{
		case CONFIG_EXIT:
			return EXIT_SUCCESS;
		case CONFIG_WRONG:
			return 2;
		case CONFIG_RUN:
			break;
	}
	if (!gate_settings_are_good())
		return 2;
	tune_memory();
	if (!start())
		return EXIT_FAILURE;
	loop_run();
	webhooks_close();
	clock_close();
	health_close();
	pg_listen_close();
	pg_pool_close();
	hangup_close();
	loop_forget(signal_watch);
	log_info("stopped");
	return status;
}
