/*
 * pg_pool.h
 *	  Database connections, shared by requests, uploads and downloads.
 *
 * Each lane has a limit of its own, so that uploads cannot keep requests from
 * the database; whoever comes too late waits in order.  A ticket is one's
 * place in the queue and then the connection.  It ends by pg_pool_return(),
 * which is also the way to stop waiting, or by failed(): no connection could
 * be had, or the one that was held is lost.
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
	PG_LANES
} PgLane;

typedef struct PgTicket PgTicket;

typedef struct PgTicketHandler
{
	void		(*granted) (void *arg, PgConn *conn);	/* never before pg_pool_borrow() has returned */
	void		(*failed) (void *arg);
} PgTicketHandler;

/* first() is called once, when the first attempt to connect has ended one way or the other. */
extern void pg_pool_open(void (*first) (void));
extern void pg_pool_close(void);

/* NULL when so many wait already that one more makes no sense. */
extern PgTicket *pg_pool_borrow(PgLane lane, const PgTicketHandler *handler, void *arg);

/*
 * A connection with statements still open, or that is not to be trusted, is thrown away; another one is cleaned of
 * all that its holder has left in the session before somebody else gets it.
 */
extern void pg_pool_return(PgTicket *ticket, bool reusable);

/* Did the last attempt to connect succeed? */
extern bool pg_pool_reachable(void);

/* Was the last one refused for who logged in? */
extern bool pg_pool_refused(void);
extern int	pg_pool_connections(void);
extern int	pg_pool_waiting(void);

#endif							/* NOTIFIER_PG_POOL_H */
