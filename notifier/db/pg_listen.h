/*
 * pg_listen.h
 *	  The connection that hears of events: xlsx.listen().
 *
 * It is asked all the time, and made anew when it is lost: one missed answer
 * says that nothing is heard, a second one gives the connection up (health.h).
 * What was sent meanwhile is lost as well, so established() is called each
 * time that listening has begun: whoever needs the state reads it then.
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

/* Is it there, and did it answer the last question in time? */
extern bool pg_listen_established(void);

/* The database can be reached again: a connection is made at once, not after the usual wait. */
extern void pg_listen_hurry(void);

/* Seconds that a notification took last from the database to here, or takes already. */
extern double pg_listen_lag(void);

#endif							/* NOTIFIER_PG_LISTEN_H */
