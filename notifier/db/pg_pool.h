/*
 * pg_pool.h
 *	  Database connections, shared by requests, uploads and downloads.
 *
 * Each lane has a limit of its own, so that uploads cannot keep requests from
 * the database. Further tickets wait in order, also while the database is
 * away; each waiter limits its own wait.  A ticket is a place in the queue and
 * then the connection. It ends by pg_pool_return(), which also stops waiting,
 * or by failed(): the connection was lost, or the database refuses the login.
 *
 * An idle connection is asked before it is given out, so that no request gets
 * a dead one.
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

	/* The connection may be dead: see pg_pool_suspect(). The ticket may be returned here. NULL: not of interest. */
	void		(*suspected) (void *arg);
} PgTicketHandler;

/* first() is called once, when the first attempt to connect has succeeded or failed. */
extern void pg_pool_open(void (*first) (void));
extern void pg_pool_close(void);

/* NULL if so many tickets wait that one more is useless. */
extern PgTicket *pg_pool_borrow(PgLane lane, const PgTicketHandler *handler, void *arg);

/*
 * A connection with open statements, or one that cannot be trusted, is closed. Any other one is cleaned of
 * everything that its holder left in the session before it is given out again.
 */
extern void pg_pool_return(PgTicket *ticket, bool reusable);

/* The same after the sidecar's own statements, which leave nothing to clean. */
extern void pg_pool_return_clean(PgTicket *ticket);

/*
 * Says that the database may have gone away or been replaced: idle connections are closed, and holders are informed.
 */
extern void pg_pool_suspect(void);

/* Says that the database can be reached again: connects at once, without the usual wait. */
extern void pg_pool_hurry(void);

/* Did the last attempt to connect fail because the login was refused? */
extern bool pg_pool_refused(void);
extern int	pg_pool_connections(void);	/* except that of health.h */
extern int	pg_pool_waiting(void);

#endif							/* NOTIFIER_PG_POOL_H */
