/*
 * probes.c
 *	  Probes for operators: is the process alive, can it serve, and its
 *	  metrics.
 */
#include "api/probes.h"

#include <stdlib.h>
#include <string.h>

#include "api/chunk_pipe.h"
#include "api/sse.h"
#include "base/buf.h"
#include "base/mem.h"
#include "db/db.h"
#include "db/fitness.h"
#include "db/health.h"
#include "db/pg_listen.h"
#include "db/pg_pool.h"
#include "engineio/engineio.h"
#include "events/rooms.h"
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

typedef struct Scrape
{
	HttpExchange *exchange;
	DbCall	   *call;
	Timer		limit;
} Scrape;

/* Whoever scrapes waits no longer for the database's part. */
#define SCRAPE_MS 3000

static bool draining;

void
probes_health(HttpExchange *exchange, const char *id)
{
	static const char body[] = "{\"status\":\"ok\"}";

	(void) id;
	http_reply(exchange, 200, "application/json; charset=utf-8", body, sizeof(body) - 1);
}

static void
put_text(Buf *body, const char *text)
{
	if (text == NULL)
		buf_puts(body, "null");
	else
		buf_json(body, text, strlen(text));
}

void
probes_readiness(HttpExchange *exchange, const char *id)
{
	bool		ready = health_reachable() && fitness_problem() == NULL && pg_listen_established() && !draining;
	Buf			body = {0};

	(void) id;
	buf_printf(&body, "{\"status\":\"%s\",\"database\":%s,\"listening\":%s,\"stopping\":%s,\"reason\":", ready ? "ready" : "not ready",
			   health_reachable() ? "true" : "false", pg_listen_established() ? "true" : "false", draining ? "true" : "false");
	put_text(&body, fitness_problem() != NULL ? fitness_problem()->message : NULL);
	buf_puts(&body, ",\"hint\":");
	put_text(&body, fitness_problem() != NULL ? fitness_problem()->hint : NULL);
	buf_puts(&body, ",\"versions\":{\"sidecar\":\"" NOTIFIER_VERSION "\",\"sql\":");
	put_text(&body, fitness_extension());
	buf_puts(&body, ",\"library\":");
	put_text(&body, fitness_library());
	buf_puts(&body, "},\"older\":");
	put_text(&body, fitness_older());
	buf_putc(&body, '}');
	http_reply(exchange, ready ? 200 : 503, "application/json; charset=utf-8", body.data, body.len);
	buf_free(&body);
}

void
probes_drain(void)
{
	draining = true;
}

/*
 * Metrics
 */

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

/* Without the database, or without the right to read the view, only the sidecar's own metrics are there. */
static void
scrape_done(void *arg, const DbError *error, const DbRow *row)
{
	Scrape	   *scrape = arg;

	loop_timer_stop(&scrape->limit);
	if (error != NULL)
	{
		log_debug("no metrics of the database: %s", error->message);
		answer_scrape(scrape->exchange, NULL, 0);
	}
	else
		answer_scrape(scrape->exchange, row->second, row->second_len);
	free(scrape);
}

static void
scrape_is_late(Timer *timer)
{
	Scrape	   *scrape = container_of(timer, Scrape, limit);

	db_cancel(scrape->call);
	answer_scrape(scrape->exchange, NULL, 0);
	free(scrape);
}

static void
scrape_gone(HttpExchange *exchange)
{
	Scrape	   *scrape = http_owner(exchange);

	loop_timer_stop(&scrape->limit);
	db_cancel(scrape->call);
	free(scrape);
}

static const HttpHooks scrape_hooks = {.gone = scrape_gone};

void
probes_metrics(HttpExchange *exchange, const char *id)
{
	Scrape	   *scrape;

	(void) id;
	if (!health_reachable())
	{
		answer_scrape(exchange, NULL, 0);
		return;
	}
	scrape = mem_alloc(sizeof(*scrape));
	loop_timer_start(&scrape->limit, SCRAPE_MS, scrape_is_late);
	scrape->exchange = exchange;
	scrape->call = db_call(NULL, database_metrics, 0, NULL, scrape_done, scrape);
	http_own(exchange, &scrape_hooks, scrape);
}
