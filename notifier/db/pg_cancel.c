/*
 * pg_cancel.c
 *	  Asks the server to cancel the statement of a connection.
 */
#include "db/pg_cancel.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

/* Most threads at a time. A server that does not answer holds each until TCP gives up. */
#define MAX_THREADS 32

static atomic_int threads;

static void *
send_cancel(void *arg)
{
	char		error[256];

	(void) PQcancel(arg, error, sizeof(error));
	PQfreeCancel(arg);
	atomic_fetch_sub(&threads, 1);
	return NULL;
}

/* Signals are handled by the loop, not by this thread. */
static bool
start_thread(PGcancel *cancel)
{
	pthread_attr_t attributes;
	pthread_t	thread;
	sigset_t	all;
	sigset_t	before;
	bool		started;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	started = pthread_create(&thread, &attributes, send_cancel, cancel) == 0;
	pthread_attr_destroy(&attributes);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started;
}

bool
pg_cancel(PGconn *pg)
{
	PGcancel   *cancel;

	if (atomic_load(&threads) >= MAX_THREADS || (cancel = PQgetCancel(pg)) == NULL)
		return false;
	atomic_fetch_add(&threads, 1);
	if (start_thread(cancel))
		return true;
	atomic_fetch_sub(&threads, 1);
	PQfreeCancel(cancel);
	return false;
}
