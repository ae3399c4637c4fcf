/*
 * pg_pool.h
 *	  Database connections, shared by requests, uploads and downloads.
 *
 * Each lane has a limit of its own, so that uploads cannot keep requests from
 * the database; further ones wait in order, also while the database is away:
 * its coming back is waited for, and how long is the waiter's business.  A
 * ticket is a place in the queue and then the connection.  It ends by
 * pg_pool_return(), which is also the way to stop waiting, or by failed(): the
 * connection that was held is lost, or the database refuses who logs in.
 *
 * A connection that lay idle is asked before it is given out: one that died
 * without a word meets no request.
 */
#ifndef NOTIFIER_PG_POOL_H
#define NOTIFIER_PG_POOL_H

#include <stdbool.h>

#include "db/pg_conn.h"

typedef enum PgLane
{
	PG_LANE_REQUEST,
	PG_LANE_UPLOAD,
	PG_LANE_DOWNLOAD,
	PG_LANE_HEALTH,				/* one connection */
	PG_LANES
} PgLane;

typedef struct PgTicket PgTicket;

typedef struct PgTicketHandler
{
	void		(*granted) (void *arg, PgConn *conn);	/* never before pg_pool_borrow() has returned */
	void		(*failed) (void *arg);

	/* The connection held may be dead: see pg_pool_suspect().  The ticket may be returned here.  NULL: no matter. */
	void		(*suspected) (void *arg);
} PgTicketHandler;

/* first() is called once, when the first attempt to connect has ended one way or the other. */
extern void pg_pool_open(void (*first) (void));
extern void pg_pool_close(void);

/* NULL when so many wait already that one more makes no sense. */
extern PgTicket *pg_pool_borrow(PgLane lane, const PgTicketHandler *handler, void *arg);

/*
 * A connection with statements still open, or that is not to be trusted, is thrown away; another one is cleaned of
 * all that its holder has left in the session before it is given out again.
 */
extern void pg_pool_return(PgTicket *ticket, bool reusable);

/* The same after statements of the sidecar's own, which leave nothing to clean. */
extern void pg_pool_return_clean(PgTicket *ticket);

/*
 * Something says that the database went away or is another one now: idle connections are closed, and those who hold one
 * are told.
 */
extern void pg_pool_suspect(void);

/* The database can be reached again: connections are made at once, not after the usual wait. */
extern void pg_pool_hurry(void);

/* Was the last attempt to connect refused for who logged in? */
extern bool pg_pool_refused(void);
extern int	pg_pool_connections(void);	/* but for the one of health.h */
extern int	pg_pool_waiting(void);

#endif							/* NOTIFIER_PG_POOL_H */
