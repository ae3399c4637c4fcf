/*
 * hangup.c
 *	  Detects that a peer hung up while its socket is not read.
 */
#include "http/hangup.h"

#include <stddef.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "process/loop.h"

static int	set = -1;
static LoopWatch *watch;
static void (*on_gone) (void *arg);

/* Takes one event at a time, because the callback may remove another socket that hung up as well. */
static void
set_readable(void *arg)
{
	struct epoll_event event;

	(void) arg;
	while (epoll_wait(set, &event, 1, 0) == 1)
		on_gone(event.data.ptr);
}

static const LoopWatchHandler handler = {.readable = set_readable};

bool
hangup_open(void (*gone) (void *arg))
{
	on_gone = gone;
	set = epoll_create1(EPOLL_CLOEXEC);
	watch = set < 0 ? NULL : loop_watch(set, &handler, NULL);
	return watch != NULL;
}

void
hangup_watch(int descriptor, void *arg)
{
	struct epoll_event event = {.events = EPOLLRDHUP | EPOLLONESHOT,.data.ptr = arg};

	epoll_ctl(set, EPOLL_CTL_ADD, descriptor, &event);
}

void
hangup_forget(int descriptor)
{
	epoll_ctl(set, EPOLL_CTL_DEL, descriptor, NULL);
}

void
hangup_close(void)
{
	loop_forget(watch);
	watch = NULL;
	if (set >= 0)
		close(set);
	set = -1;
}
