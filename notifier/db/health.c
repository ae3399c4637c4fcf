/*
 * health.c
 *	  Does the database answer?
 */
#include "db/health.h"

#include <stddef.h>

#include "db/fitness.h"
#include "db/pg_pool.h"
#include "process/log.h"
#include "process/loop.h"

static void (*on_recovered) (void);
static PgTicket *ticket;
static PgConn *conn;			/* kept from one question to the next; NULL: waits for a connection */
static bool good;				/* the current verdict */
static int	missed;				/* answers to the current question */
static bool reachable;
static bool ask_library;		/* its version is not known yet */
static Timer timer;				/* until the next question, or until the end of the wait for an answer */

static void borrow(Timer *due);

static void
become(bool now)
{
	bool		before = reachable;

	reachable = now;
	if (before == now)
		return;
	if (now)
	{
		log_info("the database answers");
		on_recovered();
	}
	else
		log_warning("the database does not answer");
}

static void ask(Timer *due);

static void
on_library(void *arg, PGresult *result)
{
	(void) arg;
	if (result != NULL && PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1)
		fitness_take_library(result);
}

static void
send_library_question(void)
{
	static const PgStatement statement = {.sql = FITNESS_LIBRARY};

	pg_conn_send(conn, &statement, on_library, &timer);
}

/* A late answer does not count, although it shows that the connection is alive. */
static void
on_answer(void *arg, PGresult *result)
{
	(void) arg;
	if (result != NULL)
	{
		good = PQresultStatus(result) == PGRES_TUPLES_OK;
		if (good)
			ask_library = fitness_take(result);
	}
	else if (good)				/* otherwise failed() is called, or the question becomes overdue */
	{
		if (missed == 0)
			become(true);
		if (ask_library)
			send_library_question();
		loop_timer_start(&timer, HEALTH_ASK_MS, ask);
	}
}

static void
overdue(Timer *due)
{
	(void) due;
	become(false);
	if (conn == NULL || ++missed < 2)
	{
		loop_timer_start(&timer, HEALTH_ANSWER_MS, overdue);
		return;
	}
	log_warning("a database connection missed two answers and is given up");
	pg_pool_return(ticket, false);
	pg_pool_suspect();
	borrow(NULL);
}

static void
send_question(void)
{
	static const PgStatement statement = {.sql = FITNESS_QUESTION};

	good = false;
	missed = 0;
	pg_conn_send(conn, &statement, on_answer, &timer);
}

static void
ask(Timer *due)
{
	(void) due;
	send_question();
	loop_timer_start(&timer, HEALTH_ANSWER_MS, overdue);
}

/* The wait for an answer has begun with the wait for the connection. */
static void
granted(void *arg, PgConn *granted_conn)
{
	(void) arg;
	conn = granted_conn;
	send_question();
}

/* Another connection may be available: it gets as much time as an answer. */
static void
failed(void *arg)
{
	(void) arg;
	borrow(NULL);
}

static const PgTicketHandler handler = {.granted = granted,.failed = failed};

static void
borrow(Timer *due)
{
	(void) due;
	conn = NULL;
	ticket = pg_pool_refused() ? NULL : pg_pool_borrow(PG_LANE_HEALTH, &handler, NULL);
	if (ticket != NULL)
		loop_timer_start(&timer, HEALTH_ANSWER_MS, overdue);
	else
	{
		become(false);
		loop_timer_start(&timer, HEALTH_ANSWER_MS, borrow);
	}
}

void
health_open(void (*recovered) (void))
{
	on_recovered = recovered;
	borrow(NULL);
}

void
health_close(void)
{
	loop_timer_stop(&timer);
	if (ticket != NULL)
		pg_pool_return(ticket, false);
	ticket = NULL;
	reachable = false;
}

bool
health_reachable(void)
{
	return reachable;
}
