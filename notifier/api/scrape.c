/*
 * scrape.c
 *	  The metrics of the sidecar and of the database.
 */
#include "api/scrape.h"

#include <stdlib.h>
#include <string.h>

#include "api/bearer.h"
#include "api/chunk_pipe.h"
#include "api/sse.h"
#include "base/buf.h"
#include "base/mem.h"
#include "db/db.h"
#include "db/health.h"
#include "db/pg_listen.h"
#include "db/pg_pool.h"
#include "engineio/engineio.h"
#include "events/rooms.h"
#include "http/auth.h"
#include "process/config.h"
#include "process/log.h"
#include "process/loop.h"
#include "process/metrics.h"
#include "socketio/socketio.h"

/* Converts the view to Prometheus' text format. A row that is added to the view appears here without a change. */
static const char database_metrics[] =
"SELECT count(*), coalesce(string_agg(format(E'# HELP %1$s %2$s\\n# TYPE %1$s %3$s\\n%4$s', name, help, type, lines), '' ORDER BY name), '') "
"FROM (SELECT m.name, help, type, string_agg(format(E'%s%s %s\\n', m.name, "
"CASE WHEN v.name IN ('tasks', 'tasks_ended') THEN '{status=\"' WHEN v.name LIKE '%version' THEN '{version=\"' ELSE '{kind=\"' END || label || '\"}', value), '' ORDER BY label) AS lines "
"FROM xlsx.metrics v, LATERAL (SELECT 'pg_xlsx_' || v.name || CASE v.type WHEN 'counter' THEN '_total' ELSE '' END) AS m (name) "
"WHERE value IS NOT NULL GROUP BY m.name, help, type) AS metric";

/* A request that waits for the database's part. */
typedef struct Scrape
{
	struct Scrape *next;
	HttpExchange *exchange;
	Timer		limit;
} Scrape;

/* Whoever scrapes waits no longer for the database's part. */
#define SCRAPE_MS 3000

/* The last answer of the database, and when it came. One query at a time fetches it; all who ask meanwhile wait for it. */
static Buf	kept;
static int64_t kept_at;
static bool is_kept;
static bool asking;
static Scrape *waiting;

static void
put_version(Buf *text, const char *version)
{
	buf_printf(text, "# HELP pg_xlsx_notifier_version 1 for the version of the sidecar.\n# TYPE pg_xlsx_notifier_version gauge\n"
			   "pg_xlsx_notifier_version{version=\"%s\"} 1\n", version);
}

static void
put_own_metrics(Buf *text)
{
	metrics_print(text);
	metrics_print_gauge(text, "connections", "Client connections.", http_connections());
	metrics_print_gauge(text, "sessions", "Engine.IO sessions.", eio_sessions());
	metrics_print_gauge(text, "sockets", "Clients in the namespace of tasks.", socketio_sockets());
	metrics_print_gauge(text, "streams", "Server-sent event streams.", sse_streams());
	metrics_print_gauge(text, "rooms", "Tasks that somebody asked for by Socket.IO or as an event stream. The stream of all own tasks does not count.", rooms_count());
	metrics_print_gauge(text, "uploads", "Uploads under way.", chunk_pipes_open());
	metrics_print_gauge(text, "database_connections", "Connections in the pool.", pg_pool_connections());
	metrics_print_gauge(text, "database_waiting", "Requests that wait for a connection.", pg_pool_waiting());
	put_version(text, NOTIFIER_VERSION);
	metrics_print_gauge(text, "listening", "1 while events are heard.", pg_listen_established());
	metrics_print_gauge(text, "notify_lag_seconds", "Time that a notification took last from the database to here, or takes already.",
						pg_listen_lag());
}

static void
answer_scrape(HttpExchange *exchange, const char *of_database, size_t len)
{
	Buf			text = {0};

	put_own_metrics(&text);
	buf_append(&text, of_database, len);
	http_reply(exchange, 200, "text/plain; version=0.0.4; charset=utf-8", text.data, text.len);
	buf_free(&text);
}

/* Takes it out of those that wait, and frees it. */
static void
forget(Scrape *scrape)
{
	Scrape	  **link = &waiting;

	while (*link != scrape)
		link = &(*link)->next;
	*link = scrape->next;
	loop_timer_stop(&scrape->limit);
	free(scrape);
}

/* Without the database, or without the right to read the view, only the sidecar's own metrics are there. */
static void
query_done(void *arg, const DbError *error, const DbRow *row)
{
	(void) arg;
	asking = false;
	is_kept = error == NULL;
	buf_free(&kept);
	kept = (Buf) {0};
	if (error != NULL)
		log_debug("no metrics of the database: %s", error->message);
	else
	{
		buf_append(&kept, row->second, row->second_len);
		kept_at = loop_now();
	}
	while (waiting != NULL)
	{
		HttpExchange *exchange = waiting->exchange;

		forget(waiting);
		answer_scrape(exchange, kept.data, kept.len);
	}
}

static void
scrape_is_late(Timer *timer)
{
	Scrape	   *scrape = container_of(timer, Scrape, limit);
	HttpExchange *exchange = scrape->exchange;

	forget(scrape);
	answer_scrape(exchange, NULL, 0);
}

/* The query goes on: its answer is for those who ask next. */
static void
scrape_gone(HttpExchange *exchange)
{
	forget(http_owner(exchange));
}

static const HttpHooks scrape_hooks = {.gone = scrape_gone};

static void
wait_for_query(HttpExchange *exchange)
{
	Scrape	   *scrape = mem_alloc(sizeof(*scrape));

	*scrape = (Scrape) {.next = waiting,.exchange = exchange};
	waiting = scrape;
	loop_timer_start(&scrape->limit, SCRAPE_MS, scrape_is_late);
	http_own(exchange, &scrape_hooks, scrape);
	if (asking)
		return;
	asking = true;
	(void) db_call(NULL, database_metrics, 0, NULL, query_done, NULL);
}

void
scrape_metrics(HttpExchange *exchange, const char *id)
{
	(void) id;
	if (auth_wanted() && !config_is_loopback(config.listen) && !bearer_is(exchange, config.metrics_token))
		return;
	if (!health_reachable())
		answer_scrape(exchange, NULL, 0);
	else if (is_kept && loop_now() - kept_at < config.metrics_interval * 1000)
		answer_scrape(exchange, kept.data, kept.len);
	else
		wait_for_query(exchange);
}
