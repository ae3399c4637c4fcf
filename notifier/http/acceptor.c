/*
 * acceptor.c
 *	  The listening socket.
 */
#define _GNU_SOURCE				/* accept4 */

#include "http/acceptor.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "process/log.h"
#include "process/loop.h"

/* Most connections that are accepted in a row before the loop continues. */
#define AT_ONCE 64

/* Pause after the system had no descriptor or memory for a connection. */
#define REST_MS 100

/* Least time between two log lines that all places are taken. */
#define TELL_MS 10000

static int	listener = -1;
static LoopWatch *watch;
static AcceptorTake taker;
static int64_t limit;
static int64_t connections;
static bool full;				/* nothing is accepted */
static Timer rest;
static Timer told;

static void
stop_telling(Timer *timer)
{
	(void) timer;
}

static void
tell(const char *what)
{
	if (told.slot != 0)
		return;
	log_warning("%s: further clients wait, connections=%lld", what, (long long) connections);
	loop_timer_start(&told, TELL_MS, stop_telling);
}

static void
update(void)
{
	bool		is_full = connections >= limit || rest.slot != 0;

	if (watch == NULL || is_full == full)
		return;
	full = is_full;
	loop_watch_read(watch, !full);
}

static void
rested(Timer *timer)
{
	(void) timer;
	update();
}

static void
rest_a_while(void)
{
	loop_timer_start(&rest, REST_MS, rested);
	update();
}

/* False if no connection waits, or none can be accepted now. */
static bool
accept_one(void)
{
	int			on = 1;
	int			descriptor = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (descriptor >= 0)
	{
		setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		taker(descriptor);
		return true;
	}
	if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
	{
		tell(strerror(errno));
		rest_a_while();
	}
	return errno == ECONNABORTED || errno == EINTR;
}

static void
readable(void *arg)
{
	(void) arg;
	for (int i = 0; i < AT_ONCE && connections < limit; i++)
	{
		if (!accept_one())
			break;
	}
	if (connections >= limit)
		tell("max-connections is reached");
	update();
}

static const LoopWatchHandler handler = {.readable = readable};

/*
 * Opening
 */

/* The first IPv4 address of an interface. */
static bool
find_interface(const char *name, struct sockaddr_storage *address, socklen_t *len)
{
	struct ifaddrs *all;
	bool		found = false;

	if (getifaddrs(&all) != 0)
		return false;
	for (struct ifaddrs *one = all; one != NULL && !found; one = one->ifa_next)
	{
		if (one->ifa_addr == NULL || one->ifa_addr->sa_family != AF_INET || strcmp(one->ifa_name, name) != 0)
			continue;
		*len = sizeof(struct sockaddr_in);
		memcpy(address, one->ifa_addr, *len);
		found = true;
	}
	freeifaddrs(all);
	return found;
}

static bool
find_address(const char *name, struct sockaddr_storage *address, socklen_t *len)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,.ai_flags = AI_PASSIVE};
	struct addrinfo *found;

	if (find_interface(name, address, len))
		return true;
	if (getaddrinfo(name[0] == '\0' ? NULL : name, NULL, &hints, &found) != 0)
		return false;
	*len = found->ai_addrlen;
	memcpy(address, found->ai_addr, *len);
	freeaddrinfo(found);
	return true;
}

static void
set_port(struct sockaddr_storage *address, int port)
{
	if (address->ss_family == AF_INET6)
		((struct sockaddr_in6 *) address)->sin6_port = htons((uint16_t) port);
	else
		((struct sockaddr_in *) address)->sin_port = htons((uint16_t) port);
}

static bool
listen_at(struct sockaddr_storage *address, socklen_t len)
{
	int			on = 1;
	int			off = 0;

	listener = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener < 0)
		return false;
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (address->ss_family == AF_INET6) /* "::" means all addresses, IPv4 included */
		setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	return bind(listener, (struct sockaddr *) address, len) == 0 && listen(listener, SOMAXCONN) == 0;
}

bool
acceptor_open(const char *address, int *port, int64_t most, AcceptorTake take)
{
	struct sockaddr_storage place;
	socklen_t	len;

	errno = EADDRNOTAVAIL;
	if (!find_address(address, &place, &len))
		return false;
	set_port(&place, *port);
	if (!listen_at(&place, len) || getsockname(listener, (struct sockaddr *) &place, &len) != 0)
		return false;
	*port = ntohs(place.ss_family == AF_INET6 ? ((struct sockaddr_in6 *) &place)->sin6_port : ((struct sockaddr_in *) &place)->sin_port);
	limit = most;
	taker = take;
	watch = loop_watch(listener, &handler, NULL);
	return watch != NULL;
}

void
acceptor_update(int64_t open)
{
	connections = open;
	update();
}
