/*
 * pg_pool.c
 *	  Database connections, shared by requests, uploads and downloads.
 */
#include "db/pg_pool.h"

#include <stdlib.h>

#include "base/mem.h"
#include "process/config.h"
#include "process/log.h"
#include "process/loop.h"

#define MAX_WAITING 4096

/* Idle connections beyond the first are closed after this time. */
#define IDLE_MS 30000

/* After an attempt to connect failed. */
#define RETRY_MS 250

typedef struct Pooled Pooled;

struct PgTicket
{
	PgTicket   *next;			/* in its lane's queue */
	PgLane		lane;
	const PgTicketHandler *handler;
	void	   *arg;
	Pooled	   *pooled;			/* NULL while it waits */
};

struct Pooled
{
	Pooled	   *next;			/* among the idle ones */
	PgConn	   *conn;
	PgTicket   *ticket;			/* NULL: connecting, being cleaned, or idle */
	bool		cleaning;
	size_t		cleaned;		/* statements of it that have gone well */
	Timer		idle;			/* or the limit of the cleaning */
};

typedef struct Lane
{
	PgTicket   *first;
	PgTicket  **last;
	int			held;
	int			limit;
} Lane;

static Lane lanes[PG_LANES];
static Pooled *idle;			/* the last one used comes first */
static int	connections;		/* in whatever state */
static int	connecting;
static int	being_cleaned;
static int	waiting;
static bool reachable;
static bool refused;
static void (*on_first) (void); /* NULL: it was called */
static bool closing;
static Timer dispatch;
static int64_t not_before;		/* the next attempt to connect */

static void give_out(Timer *timer);

static void
dispatch_soon(void)
{
	if (dispatch.slot == 0 && !closing)
		loop_timer_start(&dispatch, 0, give_out);
}

/*
 * Connections
 */

static void
unlink_idle(Pooled *pooled)
{
	Pooled	  **link = &idle;

	while (*link != NULL && *link != pooled)
		link = &(*link)->next;
	if (*link != NULL)
		*link = pooled->next;
	loop_timer_stop(&pooled->idle);
}

static void
release(Pooled *pooled)
{
	unlink_idle(pooled);
	connections--;
	being_cleaned -= pooled->cleaning;
	free(pooled);
	dispatch_soon();
}

static void
idle_too_long(Timer *timer)
{
	Pooled	   *pooled = container_of(timer, Pooled, idle);

	if (connections == 1)
		return;
	pg_conn_close(pooled->conn);
	release(pooled);
}

static void
put_idle(Pooled *pooled)
{
	pooled->ticket = NULL;
	pooled->next = idle;
	idle = pooled;
	loop_timer_start(&pooled->idle, IDLE_MS, idle_too_long);
	dispatch_soon();
}

/*
 * Between two holders: SQL of tenants runs in these sessions, and what it has
 * set, created or locked must not meet the next one.  This is DISCARD ALL but
 * for the plans, which belong to nobody: making them anew costs more than a request.
 */

static const char *const cleaning[] = {
	"CLOSE ALL", "RESET SESSION AUTHORIZATION", "RESET ALL", "DEALLOCATE ALL", "UNLISTEN *",
	"SELECT pg_catalog.pg_advisory_unlock_all()", "DISCARD TEMP", "DISCARD SEQUENCES"
};

static void
not_cleaned(Timer *timer)
{
	Pooled	   *pooled = container_of(timer, Pooled, idle);

	pg_conn_close(pooled->conn);
	release(pooled);
}

static void
on_cleaned(void *arg, PGresult *result)
{
	Pooled	   *pooled = arg;

	if (result != NULL)
	{
		ExecStatusType status = PQresultStatus(result);

		pooled->cleaned += status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
		return;
	}
	if (!pg_conn_idle(pooled->conn))
		return;					/* there is more to come */
	if (pooled->cleaned == lengthof(cleaning))
	{
		pooled->cleaning = false;
		being_cleaned--;
		put_idle(pooled);
		return;
	}
	/* It could not be, or the connection is lost; then closed() is a turn too late to find it. */
	loop_timer_start(&pooled->idle, 0, not_cleaned);
}

static void
clean(Pooled *pooled)
{
	pooled->ticket = NULL;
	pooled->cleaning = true;
	being_cleaned++;
	pooled->cleaned = 0;
	for (size_t i = 0; i < lengthof(cleaning); i++)
	{
		const PgStatement statement = {.sql = cleaning[i]};

		pg_conn_send(pooled->conn, &statement, on_cleaned, pooled);
	}
	loop_timer_start(&pooled->idle, config.request_timeout, not_cleaned);
	dispatch_soon();
}

static void
first_has_ended(void)
{
	void		(*first) (void) = on_first;

	on_first = NULL;
	if (first != NULL)
		first();
}

static void
conn_ready(void *arg)
{
	connecting--;
	if (!reachable)
		log_info("connected to the database");
	reachable = true;
	refused = false;
	put_idle(arg);
	first_has_ended();
}

static PgTicket *
next_waiting(void)
{
	for (int i = 0; i < PG_LANES; i++)
	{
		if (lanes[i].first != NULL && lanes[i].held < lanes[i].limit)
			return lanes[i].first;
	}
	return NULL;
}

static void
leave_queue(PgTicket *ticket)
{
	Lane	   *lane = &lanes[ticket->lane];
	PgTicket  **link = &lane->first;

	while (*link != ticket)
		link = &(*link)->next;
	*link = ticket->next;
	if (ticket->next == NULL)
		lane->last = link;
	waiting--;
}

static void
fail(PgTicket *ticket)
{
	ticket->handler->failed(ticket->arg);
	free(ticket);
}

/* When none could be made and there is none, waiting is of no use. */
static void
fail_all_waiting(void)
{
	PgTicket   *ticket;

	while ((ticket = next_waiting()) != NULL)
	{
		leave_queue(ticket);
		fail(ticket);
	}
}

static void
conn_closed(void *arg, const char *message)
{
	Pooled	   *pooled = arg;
	PgTicket   *ticket = pooled->ticket;
	bool		was_connecting = !pg_conn_idle(pooled->conn) && ticket == NULL && !pooled->cleaning;
	bool		was_refused = pg_conn_refused(pooled->conn);

	log_at(was_refused ? LOG_ERROR : LOG_WARNING, "no database connection: %s", message);
	release(pooled);
	if (ticket != NULL)
	{
		lanes[ticket->lane].held--;
		fail(ticket);
	}
	else if (was_connecting)
	{
		connecting--;
		reachable = false;
		refused = was_refused;
		not_before = loop_now() + RETRY_MS * 1000;
		if (connections == 0)
			fail_all_waiting();
		first_has_ended();
	}
}

static const PgConnHandler conn_handler = {.ready = conn_ready,.closed = conn_closed};

static bool
open_one(void)
{
	Pooled	   *pooled = mem_alloc(sizeof(*pooled));

	pooled->conn = pg_conn_open(config.database_url, &conn_handler, pooled);
	if (pooled->conn == NULL)
	{
		free(pooled);
		return false;
	}
	connections++;
	connecting++;
	return true;
}

/*
 * Tickets
 */

static void
grant(PgTicket *ticket)
{
	Pooled	   *pooled = idle;

	unlink_idle(pooled);
	leave_queue(ticket);
	pooled->ticket = ticket;
	ticket->pooled = pooled;
	lanes[ticket->lane].held++;
	ticket->handler->granted(ticket->arg, pooled->conn);
}

/* Gives idle connections to those who may have one; makes as many new ones as are wanted besides. */
static void
give_out(Timer *timer)
{
	PgTicket   *ticket;
	int			wanted = 0;

	(void) timer;
	while (idle != NULL && (ticket = next_waiting()) != NULL)
		grant(ticket);
	for (int i = 0; i < PG_LANES; i++)
	{
		int			room = lanes[i].limit - lanes[i].held;

		for (ticket = lanes[i].first; ticket != NULL && room > 0; ticket = ticket->next, room--)
			wanted++;
	}
	wanted -= being_cleaned;	/* they are free in a moment */
	if (connecting >= wanted)
		return;
	if (loop_now() < not_before)
		loop_timer_start(&dispatch, RETRY_MS, give_out);
	else
	{
		while (connecting < wanted && open_one())
			;
	}
}

PgTicket *
pg_pool_borrow(PgLane lane, const PgTicketHandler *handler, void *arg)
{
	PgTicket   *ticket;

	if (waiting >= MAX_WAITING || closing)
		return NULL;
	ticket = mem_alloc(sizeof(*ticket));
	ticket->lane = lane;
	ticket->handler = handler;
	ticket->arg = arg;
	*lanes[lane].last = ticket;
	lanes[lane].last = &ticket->next;
	waiting++;
	dispatch_soon();
	return ticket;
}

void
pg_pool_return(PgTicket *ticket, bool reusable)
{
	Pooled	   *pooled = ticket->pooled;

	if (pooled == NULL)
		leave_queue(ticket);
	else
	{
		lanes[ticket->lane].held--;
		if (reusable && pg_conn_idle(pooled->conn))
			clean(pooled);
		else
		{
			pg_conn_close(pooled->conn);
			release(pooled);
		}
	}
	free(ticket);
}

/*
 * The pool
 */

bool
pg_pool_reachable(void)
{
	return reachable;
}

bool
pg_pool_refused(void)
{
	return refused;
}

int
pg_pool_connections(void)
{
	return connections;
}

int
pg_pool_waiting(void)
{
	return waiting;
}

void
pg_pool_open(void (*first) (void))
{
	const int64_t limits[PG_LANES] = {
		[PG_LANE_REQUEST] = config.pool_size,
		[PG_LANE_UPLOAD] = config.max_uploads,
		[PG_LANE_DOWNLOAD] = config.max_downloads,
	};

	for (int i = 0; i < PG_LANES; i++)
	{
		lanes[i].limit = (int) limits[i];
		lanes[i].last = &lanes[i].first;
	}
	on_first = first;
	if (!open_one())
		first_has_ended();
}

void
pg_pool_close(void)
{
	closing = true;
	loop_timer_stop(&dispatch);
	while (idle != NULL)
	{
		Pooled	   *pooled = idle;

		pg_conn_close(pooled->conn);
		release(pooled);
	}
}
