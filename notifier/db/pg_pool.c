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

/* Longest time of an attempt to connect, and the wait after a failed one; both double from the first value to the last. */
#define FIRST_LIMIT_MS 2000
#define LAST_LIMIT_MS 5000
#define FIRST_RETRY_MS 100
#define LAST_RETRY_MS 1600

/* A connection that answered within this time is not asked again before it is given out. */
#define FRESH_US 2000

/* How long an idle connection may take to answer until another one is made, and until it is given up. */
#define ASK_MS 700
#define LATE_MS 4000

typedef struct Pooled Pooled;

struct PgTicket
{
	PgTicket   *next;			/* in its lane's queue, or in the list of those that hold a connection */
	bool		suspected;		/* the holder was informed */
	PgLane		lane;
	const PgTicketHandler *handler;
	void	   *arg;
	Pooled	   *pooled;			/* NULL while it waits */
};

typedef enum PooledState
{
	POOLED_CONNECTING,
	POOLED_IDLE,
	POOLED_ASKED,				/* asked whether it is alive */
	POOLED_LATE,				/* the question has not been answered yet */
	POOLED_HELD,				/* held by a ticket */
	POOLED_CLEANING,
	POOLED_STATES
} PooledState;

struct Pooled
{
	Pooled	   *next;			/* in the list of idle connections */
	PgConn	   *conn;
	PgTicket   *ticket;			/* the holder */
	PooledState state;
	size_t		answers;		/* good answers to the questions or to the cleaning */
	int64_t		heard;			/* when it answered last */
	Timer		limit;			/* limit of its state, if that has one */
};

typedef struct Lane
{
	PgTicket   *first;
	PgTicket  **last;
	PgTicket   *holders;
	int			held;
	int			limit;
} Lane;

static Lane lanes[PG_LANES];
static Pooled *idle;			/* the one that was used last is first */
static int	counts[POOLED_STATES];	/* number of connections in each state */
static int	waiting;
static bool said_away;			/* the log has a line that there is no connection */
static bool refused;
static void (*on_first) (void); /* NULL: it was called */
static bool closing;
static Timer dispatch;
static int	failures;			/* failed attempts to connect, in a row */
static int64_t not_before;		/* the next attempt */

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
}

static void
enter(Pooled *pooled, PooledState state)
{
	if (pooled->state == POOLED_IDLE)
		unlink_idle(pooled);
	loop_timer_stop(&pooled->limit);
	counts[pooled->state]--;
	counts[state]++;
	pooled->state = state;
	pooled->answers = 0;
}

static void
release(Pooled *pooled)
{
	if (pooled->state == POOLED_IDLE)
		unlink_idle(pooled);
	loop_timer_stop(&pooled->limit);
	counts[pooled->state]--;
	free(pooled);
	dispatch_soon();
}

static void
throw_away(Pooled *pooled)
{
	pg_conn_close(pooled->conn);
	release(pooled);
}

static void
idle_too_long(Timer *timer)
{
	Pooled	   *pooled = container_of(timer, Pooled, limit);

	if (pg_pool_connections() > 1)
		throw_away(pooled);
	else
		loop_timer_start(&pooled->limit, IDLE_MS, idle_too_long);
}

static void
put_idle(Pooled *pooled)
{
	enter(pooled, POOLED_IDLE);
	pooled->ticket = NULL;
	pooled->heard = loop_now();
	pooled->next = idle;
	idle = pooled;
	loop_timer_start(&pooled->limit, IDLE_MS, idle_too_long);
	dispatch_soon();
}

/*
 * Questions: all must be answered without an error before the connection is idle
 */

static size_t questions(const Pooled *pooled);

static void
not_answered(Timer *timer)
{
	Pooled	   *pooled = container_of(timer, Pooled, limit);
	bool		asked = pooled->state != POOLED_CLEANING;

	log_warning("a database connection %s and is given up", asked ? "did not answer" : "could not be cleaned");
	throw_away(pooled);
	if (asked)
		pg_pool_suspect();
}

static void
on_answer(void *arg, PGresult *result)
{
	Pooled	   *pooled = arg;

	if (result != NULL)
	{
		ExecStatusType status = PQresultStatus(result);

		pooled->answers += status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
		return;
	}
	if (!pg_conn_idle(pooled->conn))
		return;					/* more results follow */
	if (pooled->answers == questions(pooled))
		put_idle(pooled);
	else						/* cleaning failed, or the connection is lost; closed() would be called one turn too late */
		loop_timer_start(&pooled->limit, 0, not_answered);
}

static void
question(Pooled *pooled, const char *sql)
{
	const PgStatement statement = {.sql = sql};

	pg_conn_send(pooled->conn, &statement, on_answer, pooled);
}

/* A ticket that waits need not wait for this connection. */
static void
is_late(Timer *timer)
{
	Pooled	   *pooled = container_of(timer, Pooled, limit);

	enter(pooled, POOLED_LATE);
	loop_timer_start(&pooled->limit, LATE_MS, not_answered);
	dispatch_soon();
}

static void
ask(Pooled *pooled)
{
	enter(pooled, POOLED_ASKED);
	question(pooled, "SELECT 1");
	loop_timer_start(&pooled->limit, ASK_MS, is_late);
}

/*
 * Cleans a session between two holders: what SQL of a tenant set, created or
 * locked must not reach the next one.  This is DISCARD ALL without the plans: they
 * belong to no tenant, and making them again costs more than a request.
 */

static const char *const cleaning[] = {
	"CLOSE ALL", "RESET SESSION AUTHORIZATION", "RESET ALL", "DEALLOCATE ALL", "UNLISTEN *",
	"SELECT pg_catalog.pg_advisory_unlock_all()", "DISCARD TEMP", "DISCARD SEQUENCES"
};

static size_t
questions(const Pooled *pooled)
{
	return pooled->state == POOLED_CLEANING ? lengthof(cleaning) : 1;
}

static void
clean(Pooled *pooled)
{
	enter(pooled, POOLED_CLEANING);
	pooled->ticket = NULL;
	for (size_t i = 0; i < lengthof(cleaning); i++)
		question(pooled, cleaning[i]);
	loop_timer_start(&pooled->limit, config.request_timeout, not_answered);
	dispatch_soon();
}

/*
 * Opening and closing
 */

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
	if (said_away || on_first != NULL)
		log_info("connected to the database");
	said_away = refused = false;
	failures = 0;
	not_before = 0;
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
no_longer_held(PgTicket *ticket)
{
	PgTicket  **link = &lanes[ticket->lane].holders;

	while (*link != ticket)
		link = &(*link)->next;
	*link = ticket->next;
	lanes[ticket->lane].held--;
}

static void
fail(PgTicket *ticket)
{
	ticket->handler->failed(ticket->arg);
	free(ticket);
}

/* The login is refused, so waiting is useless. */
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

static int
doubled(int first, int last)
{
	int			shift = failures < 16 ? failures : 16;

	return first << shift > last ? last : first << shift;
}

static void
could_not_connect(bool for_who)
{
	refused = for_who;
	said_away = true;
	not_before = loop_now() + doubled(FIRST_RETRY_MS, LAST_RETRY_MS) * 1000;
	failures++;
	if (for_who && pg_pool_connections() == 0)
		fail_all_waiting();
	first_has_ended();
}

static void
conn_closed(void *arg, const char *message)
{
	Pooled	   *pooled = arg;
	PgTicket   *ticket = pooled->ticket;
	PooledState state = pooled->state;
	bool		for_who = pg_conn_refused(pooled->conn);

	log_at(for_who ? LOG_ERROR : state == POOLED_CONNECTING && said_away ? LOG_DEBUG : LOG_WARNING, "no database connection: %s", message);
	release(pooled);
	if (state == POOLED_HELD)
	{
		no_longer_held(ticket);
		fail(ticket);
	}
	else if (state == POOLED_CONNECTING)
		could_not_connect(for_who);
}

static const PgConnHandler conn_handler = {.ready = conn_ready,.closed = conn_closed};

static bool
open_one(void)
{
	Pooled	   *pooled = mem_alloc(sizeof(*pooled));

	pooled->conn = pg_conn_open(config.database_url, doubled(FIRST_LIMIT_MS, LAST_LIMIT_MS), &conn_handler, pooled);
	if (pooled->conn == NULL)
	{
		free(pooled);
		return false;
	}
	counts[POOLED_CONNECTING]++;
	return true;
}

/*
 * Tickets
 */

static void
grant(PgTicket *ticket)
{
	Pooled	   *pooled = idle;

	enter(pooled, POOLED_HELD);
	leave_queue(ticket);
	pooled->ticket = ticket;
	ticket->pooled = pooled;
	ticket->next = lanes[ticket->lane].holders;
	lanes[ticket->lane].holders = ticket;
	lanes[ticket->lane].held++;
	ticket->handler->granted(ticket->arg, pooled->conn);
}

/* How many waiting tickets may have a connection. */
static int
wanted(void)
{
	int			count = 0;

	for (int i = 0; i < PG_LANES; i++)
	{
		int			room = lanes[i].limit - lanes[i].held;

		for (PgTicket *ticket = lanes[i].first; ticket != NULL && room > 0; ticket = ticket->next, room--)
			count++;
	}
	return count;
}

static void
open_some(int count)
{
	int64_t		wait = not_before - loop_now();

	if (count > 0 && wait > 0)
		loop_timer_start(&dispatch, wait / 1000 + 1, give_out);
	else
	{
		while (count-- > 0 && open_one())
			;
	}
}

/* Gives fresh connections to tickets that may have one, asks idle ones for the others, and opens as many more as needed. */
static void
give_out(Timer *timer)
{
	PgTicket   *ticket;
	int			missing;

	(void) timer;
	while (idle != NULL && loop_now() - idle->heard < FRESH_US && (ticket = next_waiting()) != NULL)
		grant(ticket);
	missing = wanted() - counts[POOLED_ASKED] - counts[POOLED_CLEANING];	/* these become free in a moment */
	for (; missing > 0 && idle != NULL && counts[POOLED_LATE] == 0; missing--)
		ask(idle);
	open_some(missing - counts[POOLED_CONNECTING]);
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

static void
give_back(PgTicket *ticket, void (*keep) (Pooled *pooled))
{
	Pooled	   *pooled = ticket->pooled;

	if (pooled == NULL)
		leave_queue(ticket);
	else
	{
		no_longer_held(ticket);
		if (keep != NULL && pg_conn_idle(pooled->conn))
			keep(pooled);
		else
			throw_away(pooled);
	}
	free(ticket);
}

void
pg_pool_return(PgTicket *ticket, bool reusable)
{
	give_back(ticket, reusable ? clean : NULL);
}

void
pg_pool_return_clean(PgTicket *ticket)
{
	give_back(ticket, put_idle);
}

/*
 * The pool
 */

/* Takes one holder at a time, because a holder may change the list. */
static bool
tell_a_holder(PgTicket *holders)
{
	PgTicket   *ticket = holders;

	while (ticket != NULL && ticket->suspected)
		ticket = ticket->next;
	if (ticket == NULL)
		return false;
	ticket->suspected = true;
	if (ticket->handler->suspected != NULL)
		ticket->handler->suspected(ticket->arg);
	return true;
}

void
pg_pool_suspect(void)
{
	while (idle != NULL)
		throw_away(idle);
	for (int i = 0; i < PG_LANES; i++)
	{
		for (PgTicket *ticket = lanes[i].holders; ticket != NULL; ticket = ticket->next)
			ticket->suspected = false;
		while (tell_a_holder(lanes[i].holders))
			;
	}
}

void
pg_pool_hurry(void)
{
	failures = 0;
	not_before = 0;
	loop_timer_stop(&dispatch);
	dispatch_soon();
}

bool
pg_pool_refused(void)
{
	return refused;
}

int
pg_pool_connections(void)
{
	int			count = -lanes[PG_LANE_HEALTH].held;

	for (int i = 0; i < POOLED_STATES; i++)
		count += counts[i];
	return count;
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
		[PG_LANE_HEALTH] = 1,
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
		throw_away(idle);
}
