/*
 * pg_listen.c
 *	  The connection that listens for events: xlsx.listen().
 */
#include "db/pg_listen.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random_id.h"
#include "db/db.h"
#include "db/health.h"
#include "db/pg_conn.h"
#include "db/pg_pool.h"
#include "process/config.h"
#include "process/log.h"
#include "process/loop.h"
#include "process/metrics.h"

/* Time between two attempts to connect: doubled from the first value up to the last. */
#define FIRST_RETRY_MS 100
#define LAST_RETRY_MS 1600

/* Longest time of an attempt, and of the LISTEN that follows. */
#define CONNECT_MS 5000
#define BEGIN_MS 5000

/* The question is LISTEN again, so that a channel which a new CREATE EXTENSION changed is heard. */
#define LISTEN "SELECT xlsx.listen()"

/*
 * From time to time the sidecar notifies itself, behind all waiting notifications; the time until it arrives is the lag of
 * events. It is sent on another connection, because it waits for the disk as imports do, and answers must not wait behind
 * it.
 */
#define LAG_MS 10000
#define LAG_CHANNEL "pg_xlsx_lag_"
#define LAG_PAYLOAD "lag "

static const PgListenHandler *handler;
static PgConn *conn;
static bool established;
static bool answered;			/* LISTEN or the last question */
static int	missed;				/* answers to the current question */
static bool heard;				/* the last question was answered in time */
static bool said_lost;			/* the log has a line that nothing is heard */
static int	retry_ms = FIRST_RETRY_MS;
static char lag_id[RANDOM_ID_LEN + 1];	/* name of the sidecar's own channel */
static int64_t lag_sent;		/* when it was sent, in microseconds; 0: it has come back */
static int64_t lag;				/* lag of the last one that came back */
static Timer timer;				/* depends on the state: connect, ask, or the end of the wait for an answer */
static Timer lag_timer;

static void try_to_connect(Timer *due);
static void ask(Timer *due);
static void listen_again(Timer *due);

static void
retry_later(void)
{
	conn = NULL;
	loop_timer_start(&timer, retry_ms, try_to_connect);
	retry_ms = retry_ms * 2 > LAST_RETRY_MS ? LAST_RETRY_MS : retry_ms * 2;
}

/* Other connections to the database may be dead too. */
static void
conn_closed(void *arg, const char *message)
{
	(void) arg;
	if (established)
		metrics_add(METRIC_LISTEN_LOST, 1);
	log_at(said_lost ? LOG_DEBUG : LOG_WARNING, "not listening to the database: %s", message);
	if (established)
		pg_pool_suspect();
	said_lost = true;
	established = heard = false;
	lag = lag_sent = 0;
	loop_timer_stop(&lag_timer);
	retry_later();
}

static void
give_up(Timer *due)
{
	(void) due;
	pg_conn_close(conn);
	conn_closed(NULL, "no answer");
}

static void
answer_overdue(Timer *due)
{
	heard = false;
	if (++missed < 2)
		loop_timer_start(&timer, HEALTH_ANSWER_MS, answer_overdue);
	else
		give_up(due);
}

static void
send(const char *sql, PgResult result)
{
	PgStatement statement = {.sql = sql};

	answered = false;
	missed = 0;
	pg_conn_send(conn, &statement, result, NULL);
}

/* True at the end of a statement that succeeded. */
static bool
went_well(PGresult *result)
{
	if (result == NULL)
		return answered;
	answered = PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK;
	if (!answered)
	{
		log_at(said_lost ? LOG_DEBUG : LOG_ERROR, "could not listen: %s", PQresultErrorMessage(result));
		said_lost = true;
	}
	return false;
}

static void
on_lag_answer(void *arg, PGresult *result)
{
	(void) arg;
	if (result != NULL && PQresultStatus(result) == PGRES_FATAL_ERROR)
		log_debug("could not measure the lag of events: %s", PQresultErrorMessage(result));
}

static void
listen_for_lag(void)
{
	char		sql[128];
	PgStatement statement = {.sql = sql};

	random_id_make(lag_id);
	snprintf(sql, sizeof(sql), "LISTEN \"" LAG_CHANNEL "%s\"", lag_id);
	pg_conn_send(conn, &statement, on_lag_answer, NULL);
}

static void
on_notified(void *arg, const DbError *error, const DbRow *row)
{
	(void) arg;
	(void) row;
	if (error != NULL)
		log_debug("could not measure the lag of events: %s", error->message);
}

static void
notify_for_lag(Timer *due)
{
	char		sent[32];
	const char *const arguments[] = {lag_id, sent};
	const DbRequest request = {
		.tidy = true,.sql = "SELECT 1, pg_catalog.pg_notify('" LAG_CHANNEL "' || $1, $2)",.writes = true,.count = 2,.arguments = arguments
	};

	(void) due;
	if (lag_sent == 0)
	{
		lag_sent = loop_now();
		snprintf(sent, sizeof(sent), LAG_PAYLOAD "%" PRId64, lag_sent);
		db_run(&request, on_notified, NULL);
	}
	loop_timer_start(&lag_timer, LAG_MS, notify_for_lag);
}

static void
lag_came_back(int64_t sent)
{
	if (sent != lag_sent)
		return;
	lag = loop_now() - sent;
	lag_sent = 0;
}

/*
 * The database answers, but cannot be listened to: the extension was dropped, or the server is a standby. Listening begins
 * as soon as it can.
 */
static void
begin_again(void)
{
	if (established)
		metrics_add(METRIC_LISTEN_LOST, 1);
	established = heard = false;
	loop_timer_stop(&lag_timer);
	lag = lag_sent = 0;
	loop_timer_start(&timer, HEALTH_ASK_MS, listen_again);
}

static void
on_answer(void *arg, PGresult *result)
{
	(void) arg;
	if (!went_well(result))
	{
		if (result == NULL && !pg_conn_lost(conn))
			begin_again();
		return;
	}
	heard = missed == 0 || heard;
	loop_timer_start(&timer, HEALTH_ASK_MS, ask);
}

static void
on_listening(void *arg, PGresult *result)
{
	(void) arg;
	if (!went_well(result))
	{
		if (result == NULL && !pg_conn_lost(conn))
			begin_again();
		return;
	}
	established = heard = true;
	said_lost = false;
	retry_ms = FIRST_RETRY_MS;
	log_info("listening to the database");
	pg_pool_hurry();
	notify_for_lag(NULL);
	ask(NULL);
	handler->established();
}

static void
listen_again(Timer *due)
{
	(void) due;
	send(LISTEN, on_listening);
	loop_timer_start(&timer, BEGIN_MS, give_up);
}

static void
conn_ready(void *arg)
{
	(void) arg;
	listen_for_lag();
	listen_again(NULL);
}

static void
conn_notified(void *arg, const char *payload)
{
	(void) arg;
	if (strncmp(payload, LAG_PAYLOAD, strlen(LAG_PAYLOAD)) == 0)
		lag_came_back(strtoll(payload + strlen(LAG_PAYLOAD), NULL, 10));
	else
		handler->notified(payload);
}

static const PgConnHandler conn_handler = {conn_ready, conn_closed, conn_notified};

static void
ask(Timer *due)
{
	(void) due;
	send(LISTEN, on_answer);
	loop_timer_start(&timer, HEALTH_ANSWER_MS, answer_overdue);
}

static void
try_to_connect(Timer *due)
{
	(void) due;
	conn = pg_conn_open(config.listen_database_url, CONNECT_MS, &conn_handler, NULL);
	if (conn == NULL)
		retry_later();
}

void
pg_listen_open(const PgListenHandler *new_handler)
{
	handler = new_handler;
	try_to_connect(NULL);
}

void
pg_listen_close(void)
{
	loop_timer_stop(&timer);
	loop_timer_stop(&lag_timer);
	pg_conn_close(conn);
	conn = NULL;
	established = heard = false;
}

bool
pg_listen_established(void)
{
	return established && heard;
}

void
pg_listen_hurry(void)
{
	retry_ms = FIRST_RETRY_MS;
	if (established)
		return;
	pg_conn_close(conn);		/* an attempt that began before may be lost */
	conn = NULL;
	loop_timer_start(&timer, 0, try_to_connect);
}

double
pg_listen_lag(void)
{
	int64_t		waiting = lag_sent == 0 ? 0 : loop_now() - lag_sent;

	return (double) (waiting > lag ? waiting : lag) / 1e6;
}
