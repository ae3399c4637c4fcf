/*
 * systemd.c
 *	  Reports the sidecar's state to the service manager.
 *
 * The protocol is one datagram to the socket named in the environment, so no
 * library is needed for it.
 */
#include "process/systemd.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "process/log.h"
#include "process/loop.h"

static Timer watchdog;
static int64_t watchdog_ms;		/* 0: no watchdog */

static void
tell(const char *state)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t	len;
	int			descriptor;

	if (name == NULL || (name[0] != '/' && name[0] != '@') || strlen(name) >= sizeof(address.sun_path))
		return;
	strcpy(address.sun_path, name);
	len = (socklen_t) (offsetof(struct sockaddr_un, sun_path) + strlen(name));
	if (name[0] == '@')
		address.sun_path[0] = '\0'; /* an abstract one */
	descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (descriptor < 0 || sendto(descriptor, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *) &address, len) < 0)
		log_warning("could not reach the service manager");
	if (descriptor >= 0)
		close(descriptor);
}

static void
feed_watchdog(Timer *timer)
{
	(void) timer;
	tell("WATCHDOG=1");
	loop_timer_start(&watchdog, watchdog_ms, feed_watchdog);
}

void
systemd_ready(void)
{
	const char *limit = getenv("WATCHDOG_USEC");

	tell("READY=1");
	if (limit == NULL || watchdog_ms != 0)
		return;
	watchdog_ms = strtoll(limit, NULL, 10) / 2000;	/* feeds it twice within the limit */
	if (watchdog_ms > 0)
		feed_watchdog(&watchdog);
}

void
systemd_reloading(void)
{
	char		state[64];

	snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%" PRId64, loop_now());
	tell(state);
}

void
systemd_stopping(void)
{
	tell("STOPPING=1");
}
