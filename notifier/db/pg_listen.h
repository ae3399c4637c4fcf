/*
 * pg_listen.h
 *	  The connection that listens for events: xlsx.listen().
 *
 * It is asked continuously whether it is alive, and replaced when it is lost.
 * After one missed answer it counts as not hearing; after a second one it is
 * given up (health.h). Events that were sent meanwhile are lost, so
 * established() is called each time listening has begun, and its owner then
 * reads the state.
 */
#ifndef NOTIFIER_PG_LISTEN_H
#define NOTIFIER_PG_LISTEN_H

#include <stdbool.h>

typedef struct PgListenHandler
{
	void		(*established) (void);
	void		(*notified) (const char *payload);
} PgListenHandler;

extern void pg_listen_open(const PgListenHandler *handler);
extern void pg_listen_close(void);

/* Is there a connection, and did it answer the last question in time? */
extern bool pg_listen_established(void);

/* Says that the database can be reached again: connects at once, without the usual wait. */
extern void pg_listen_hurry(void);

/* Seconds that the last notification took from the database to here, or that the current one has taken so far. */
extern double pg_listen_lag(void);

#endif							/* NOTIFIER_PG_LISTEN_H */
