/*
 * metrics.c
 *	  Counters since the start, and their text for Prometheus.
 */
#include "process/metrics.h"

#include <inttypes.h>

typedef struct Description
{
	const char *name;
	const char *help;
} Description;

static const Description descriptions[METRIC_COUNT] = {
	[METRIC_REQUESTS] = {"requests_total", "REST requests."},
	[METRIC_REQUESTS_REFUSED] = {"requests_refused_total", "REST requests answered with 4xx."},
	[METRIC_REQUESTS_FAILED] = {"requests_failed_total", "REST requests answered with 5xx."},
	[METRIC_UPLOADS] = {"uploads_total", "Uploads that became a task."},
	[METRIC_PREVIEWS] = {"previews_total", "Workbooks previewed."},
	[METRIC_UPLOADS_ABANDONED] = {"uploads_abandoned_total", "Uploads that ended without a task."},
	[METRIC_UPLOAD_BYTES] = {"upload_bytes_total", "Bytes of workbooks received."},
	[METRIC_SESSIONS] = {"sessions_total", "Engine.IO sessions opened."},
	[METRIC_UPGRADES] = {"session_upgrades_total", "Sessions that went from polling to WebSocket."},
	[METRIC_SLOW_CLIENTS] = {"slow_clients_total", "Sessions dropped because their client did not read."},
	[METRIC_EVENTS] = {"events_total", "Task events received from the database."},
	[METRIC_DELIVERIES] = {"deliveries_total", "Task events given to clients."},
	[METRIC_LISTEN_LOST] = {"listen_lost_total", "Times that listening to the database was interrupted."},
};

static uint64_t counters[METRIC_COUNT];

void
metrics_add(Metric metric, uint64_t n)
{
	counters[metric] += n;
}

void
metrics_print(Buf *out)
{
	for (int i = 0; i < METRIC_COUNT; i++)
	{
		const Description *d = &descriptions[i];

		buf_printf(out, "# HELP pg_xlsx_notifier_%s %s\n# TYPE pg_xlsx_notifier_%s counter\npg_xlsx_notifier_%s %" PRIu64 "\n",
				   d->name, d->help, d->name, d->name, counters[i]);
	}
}

void
metrics_print_gauge(Buf *out, const char *name, const char *help, double value)
{
	buf_printf(out, "# HELP pg_xlsx_notifier_%s %s\n# TYPE pg_xlsx_notifier_%s gauge\npg_xlsx_notifier_%s %.15g\n",
			   name, help, name, name, value);
}
