/*
 * setclock.c
 *	  A wall clock that a test can set, for a server started with LD_PRELOAD=setclock.so.
 *
 * The file that the environment names in SETCLOCK holds the seconds to add, as text; it is
 * read each time.  Other clocks are not changed.
 */
#define _GNU_SOURCE

#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long
offset(void)
{
	static char file[4096];
	char		text[32] = "";
	int			descriptor;

	/* Kept, because a server moves its environment. */
	if (file[0] == '\0' && getenv("SETCLOCK") != NULL)
		for (size_t i = 0; i < sizeof(file) - 1 && (file[i] = getenv("SETCLOCK")[i]) != '\0'; i++)
			;
	descriptor = open(file, O_RDONLY | O_CLOEXEC);
	if (descriptor < 0)
		return 0;
	if (read(descriptor, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(descriptor);
	return atol(text);
}

int
gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	struct timespec exact;

	(void) zone;
	if (syscall(SYS_clock_gettime, CLOCK_REALTIME, &exact) != 0)
		return -1;
	now->tv_sec = exact.tv_sec + offset();
	now->tv_usec = exact.tv_nsec / 1000;
	return 0;
}

int
clock_gettime(clockid_t clock, struct timespec *now)
{
	int			result = (int) syscall(SYS_clock_gettime, clock, now);

	if (result == 0 && clock == CLOCK_REALTIME)
		now->tv_sec += offset();
	return result;
}

time_t
time(time_t *seconds)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (seconds != NULL)
		*seconds = now.tv_sec;
	return now.tv_sec;
}
