/*
 * pg_listen.h
 *	  The connection that hears of events: xlsx.listen().
 *
 * It is kept alive by a question now and then, and made anew when it is lost.
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
extern bool pg_listen_established(void);

/* Seconds that a notification took last from the database to here, or takes already. */
extern double pg_listen_lag(void);

#endif							/* NOTIFIER_PG_LISTEN_H */
