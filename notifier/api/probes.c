/*
 * probes.c
 *	  Probes for operators: is the process alive, and can it serve?
 */
#include "api/probes.h"

#include <string.h>

#include "base/buf.h"
#include "db/fitness.h"
#include "db/health.h"
#include "db/pg_listen.h"

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
