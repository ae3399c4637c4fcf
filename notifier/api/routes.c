/*
 * routes.c
 *	  The routes: which request goes where.
 *
 * Most are one SQL function each, whose parameters come from the path and the
 * query unchanged. The function checks them and returns the status and the
 * answer.
 */
#include "api/routes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/bearer.h"
#include "api/docs.h"
#include "api/download.h"
#include "api/known_name.h"
#include "api/probes.h"
#include "api/scrape.h"
#include "api/sse.h"
#include "api/tus.h"
#include "api/upload.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "db/db.h"
#include "engineio/engineio.h"
#include "http/gate.h"
#include "http/reply.h"
#include "http/static_files.h"
#include "process/config.h"
#include "process/log.h"

#define MAX_VALUE 2048
#define MAX_NAMES 4

/* "{}" with white space. */
#define MAX_EMPTY_BODY 64

typedef enum Place
{
	OPEN,						/* at the root, without a token */
	BASED,						/* under each of bases[] */
	BOTH						/* at the root as well */
} Place;

typedef enum Takes
{
	TAKES_NAMES,				/* the names in the query, and no body */
	TAKES_BODY,					/* a body as well */
	TAKES_ALL					/* checks both itself */
} Takes;

typedef struct Route
{
	HttpMethod	method;
	Place		place;
	Takes		takes;
	const char *pattern;		/* ":id" stands for one segment */
	void		(*handle) (HttpExchange *exchange, const char *id);
	const char *sql;			/* instead of handle; $1 is the id, if there is one; the names follow */
	const char *names[MAX_NAMES + 1];	/* parameters from the query; for sql its further arguments */
} Route;

static const char *const bases[] = {"/applications/upload-large-xlsx", "/upload-xlsx"};

static bool draining;
static StaticRoot *web;

/*
 * Routes that are one SQL function
 */

typedef struct SqlRequest
{
	HttpExchange *exchange;
	DbCall	   *call;
} SqlRequest;

static void
sql_done(void *arg, const DbError *error, const DbRow *row)
{
	SqlRequest *request = arg;

	if (error != NULL)
		reply_db_error(request->exchange, error);
	else
		reply_json(request->exchange, atoi(row->first), row->second, row->second_len);
	free(request);
}

static void
sql_gone(HttpExchange *exchange)
{
	SqlRequest *request = http_owner(exchange);

	db_cancel(request->call);
	free(request);
}

static const HttpHooks sql_hooks = {.gone = sql_gone};

static void
call_sql(HttpExchange *exchange, const Route *route, const char *id)
{
	char		values[MAX_NAMES][MAX_VALUE];
	const char *arguments[MAX_NAMES + 1] = {0};
	SqlRequest *request = mem_alloc(sizeof(*request));
	DbRequest	call = {
		.who = http_who(exchange),.lane = PG_LANE_REQUEST,.writes = route->method != HTTP_GET,.sql = route->sql,.arguments = arguments
	};
	int			count = 0;

	if (id != NULL)
		arguments[count++] = id;
	for (int i = 0; i < MAX_NAMES && route->names[i] != NULL; i++)
		arguments[count++] = http_query(exchange, route->names[i], values[i], MAX_VALUE) ? values[i] : NULL;
	request->exchange = exchange;
	call.count = count;
	request->call = db_run(&call, sql_done, request);
	http_own(exchange, &sql_hooks, request);
}

/*
 * Routes of this module's own
 */

static void
get_front_page(HttpExchange *exchange, const char *id)
{
	Buf			page = {0};

	(void) id;
	buf_printf(&page, "pg_xlsx_notifier " NOTIFIER_VERSION "\n\n"
			   "POST    %s/upload\n"
			   "GET     %s/tasks\n"
			   "GET     %s/tasks/:taskId\n"
			   "GET     %s/tasks/:taskId/errors\n"
			   "GET     %s/tasks/:taskId/rows\n"
			   "GET     %s/tasks/:taskId/result\n"
			   "POST    %s/tasks/:taskId/retry\n"
			   "POST    %s/tasks/:taskId/cancel\n"
			   "DELETE  %s/tasks/:taskId\n"
			   "GET     %s/get-validation-errors-by-task-id/:taskId\n"
			   "GET     %s/tasks/:taskId/events\n"
			   "GET     %s/tasks/events\n"
			   "GET     %s/profiles\n"
			   "GET     %s/profiles/:name/schema\n"
			   "GET     %s/profiles/:name/template\n"
			   "GET     /healthz, /readyz, /metrics\n"
			   "GET     /openapi.json, /asyncapi.json, /docs\n\n"
			   "Socket.IO at %s, namespace %s: join-task {taskId}, leave-task {taskId}\n",
			   bases[0], bases[0], bases[0], bases[0], bases[0], bases[0], bases[0], bases[0], bases[0], bases[0], bases[0], bases[0], bases[0], bases[0], bases[0], config.path, config.nsp);
	http_reply(exchange, 200, "text/plain; charset=utf-8", page.data, page.len);
	buf_free(&page);
}

static bool
refused_while_draining(HttpExchange *exchange)
{
	if (draining)
		reply_error(exchange, 503, "The server is stopping");
	return draining;
}

static void
post_upload(HttpExchange *exchange, const char *id)
{
	(void) id;
	if (!refused_while_draining(exchange))
		upload_request(exchange);
}

static void
post_preview(HttpExchange *exchange, const char *id)
{
	(void) id;
	if (!refused_while_draining(exchange))
		upload_preview_request(exchange);
}

static void
post_file(HttpExchange *exchange, const char *id)
{
	if (!refused_while_draining(exchange))
		tus_create(exchange, id);
}

static void
patch_file(HttpExchange *exchange, const char *id)
{
	if (!refused_while_draining(exchange))
		tus_append(exchange, id);
}

/*
 * The table
 */

static const Route routes[] = {
	{HTTP_POST, BASED, TAKES_ALL, "/upload", post_upload, NULL, {NULL}},
	{HTTP_PUT, BASED, TAKES_ALL, "/upload", post_upload, NULL, {NULL}},
	{HTTP_POST, BASED, TAKES_ALL, "/preview", post_preview, NULL, {NULL}},
	{HTTP_GET, BASED, TAKES_NAMES, "/tasks", NULL, "SELECT status, body FROM xlsx_rest.rest_tasks($1, $2, $3, $4)", {"page", "limit", "status", "params"}},
	{HTTP_GET, BASED, TAKES_NAMES, "/tasks/events", sse_request_many, NULL, {"ids", "lastEventId"}},
	{HTTP_GET, BASED, TAKES_NAMES, "/tasks/:id", NULL, "SELECT status, body FROM xlsx_rest.rest_task($1)", {NULL}},
	{HTTP_DELETE, BASED, TAKES_NAMES, "/tasks/:id", NULL, "SELECT status, body FROM xlsx_rest.rest_delete($1)", {NULL}},
	{HTTP_DELETE, BASED, TAKES_NAMES, "/delete-task-by-id/:id", NULL, "SELECT status, body FROM xlsx_rest.rest_delete($1)", {NULL}},
	{HTTP_POST, BASED, TAKES_NAMES, "/tasks/:id/retry", NULL, "SELECT status, body FROM xlsx_rest.rest_retry($1)", {NULL}},
	{HTTP_POST, BASED, TAKES_NAMES, "/tasks/:id/cancel", NULL, "SELECT status, body FROM xlsx_rest.rest_cancel($1)", {NULL}},
	{HTTP_POST, BASED, TAKES_NAMES, "/tasks/:id/run", NULL, "SELECT status, body FROM xlsx_rest.rest_run($1, $2, $3)", {"runAt", "priority"}},
	{HTTP_GET, BASED, TAKES_NAMES, "/duplicates", NULL, "SELECT status, body FROM xlsx_rest.rest_duplicate($1, $2, $3)", {"profile", "sha256", "params"}},
	{HTTP_POST, BASED, TAKES_NAMES, "/tasks/:id/release", NULL, "SELECT status, body FROM xlsx_rest.rest_release($1)", {NULL}},
	{HTTP_POST, BASED, TAKES_NAMES, "/tasks/:id/erase", NULL, "SELECT status, body FROM xlsx_rest.rest_erase($1)", {NULL}},
	{HTTP_GET, BASED, TAKES_NAMES, "/tasks/:id/errors", NULL, "SELECT status, body FROM xlsx_rest.rest_errors($1, $2, $3, $4)", {"page", "limit", "after"}},
	{HTTP_GET, BASED, TAKES_NAMES, "/tasks/:id/rows", NULL, "SELECT status, body FROM xlsx_rest.rest_rows($1, $2, $3)", {"after", "limit"}},
	{HTTP_GET, BASED, TAKES_NAMES, "/tasks/:id/result", download_result, NULL, {NULL}},
	{HTTP_GET, BASED, TAKES_NAMES, "/tasks/:id/errors/summary", NULL, "SELECT status, body FROM xlsx_rest.rest_error_summary($1)", {NULL}},
	{HTTP_GET, BASED, TAKES_NAMES, "/tasks/:id/events", sse_request, NULL, {"lastEventId"}},
	{HTTP_GET, BASED, TAKES_NAMES, "/tasks/:id/report", NULL, "SELECT status, body FROM xlsx_rest.rest_report($1)", {NULL}},
	{HTTP_POST, BASED, TAKES_NAMES, "/tasks/:id/undo", NULL, "SELECT status, body FROM xlsx_rest.rest_undo($1)", {NULL}},
	{HTTP_GET, BASED, TAKES_NAMES, "/get-validation-errors-by-task-id/:id", download_errors, NULL, {NULL}},
	{HTTP_GET, BASED, TAKES_NAMES, "/profiles", NULL, "SELECT status, body FROM xlsx_rest.rest_profiles()", {NULL}},
	{HTTP_GET, BASED, TAKES_NAMES, "/profiles/:name/schema", NULL, "SELECT status, body FROM xlsx_rest.rest_row_schema($1)", {NULL}},
	{HTTP_GET, BASED, TAKES_NAMES, "/profiles/:name/template", download_template, NULL, {NULL}},
	{HTTP_POST, BOTH, TAKES_BODY, "/files", post_file, NULL, {NULL}},
	{HTTP_HEAD, BOTH, TAKES_NAMES, "/files/:id", tus_state, NULL, {NULL}},
	{HTTP_PATCH, BOTH, TAKES_BODY, "/files/:id", patch_file, NULL, {NULL}},
	{HTTP_DELETE, BOTH, TAKES_NAMES, "/files/:id", tus_delete, NULL, {NULL}},
	{HTTP_GET, OPEN, TAKES_NAMES, "/healthz", probes_health, NULL, {NULL}},
	{HTTP_GET, OPEN, TAKES_NAMES, "/readyz", probes_readiness, NULL, {NULL}},
	{HTTP_GET, OPEN, TAKES_NAMES, "/openapi.json", docs_openapi, NULL, {NULL}},
	{HTTP_GET, BASED, TAKES_NAMES, "/openapi.json", docs_openapi, NULL, {NULL}},
	{HTTP_GET, OPEN, TAKES_NAMES, "/asyncapi.json", docs_asyncapi, NULL, {NULL}},
	{HTTP_GET, BASED, TAKES_NAMES, "/asyncapi.json", docs_asyncapi, NULL, {NULL}},
	{HTTP_GET, OPEN, TAKES_NAMES, "/metrics", scrape_metrics, NULL, {NULL}},
	{HTTP_GET, OPEN, TAKES_ALL, "/", get_front_page, NULL, {NULL}},
};

/* Fills id if the pattern has one; a slash at the end of the path is ignored. */
static bool
matches(const char *pattern, const char *path, char *id)
{
	while (*pattern != '\0')
	{
		if (*pattern == ':')
		{
			size_t		len = strcspn(path, "/");

			if (len == 0 || len >= MAX_VALUE)
				return false;
			memcpy(id, path, len);
			id[len] = '\0';
			path += len;
			pattern += strcspn(pattern, "/");
		}
		else if (*pattern++ != *path++)
			return false;
	}
	return *path == '\0' || strcmp(path, "/") == 0;
}

static bool
route_matches(const Route *route, const char *path, char *id)
{
	id[0] = '\0';
	if (route->place != BASED && matches(route->pattern, path, id))
		return true;
	for (size_t i = 0; i < lengthof(bases) && route->place != OPEN; i++)
	{
		size_t		len = strlen(bases[i]);

		if (strncmp(path, bases[i], len) == 0 && matches(route->pattern, path + len, id))
			return true;
	}
	return false;
}

static void
refuse(HttpExchange *exchange, const char *allowed)
{
	Buf			message = {0};

	buf_printf(&message, "Cannot %s %s", http_method_name(exchange), http_path(exchange));
	if (*allowed != '\0')
		http_add_header(exchange, "Allow", allowed);
	reply_error(exchange, *allowed != '\0' ? 405 : 404, message.data);
	buf_free(&message);
}

static bool
is_socketio(const char *path)
{
	size_t		len = strlen(config.path);

	return strncmp(path, config.path, len) == 0 || (strncmp(path, config.path, len - 1) == 0 && path[len - 1] == '\0');
}

/*
 * A parameter that a route does not take is refused, because a misspelt name
 * would have no effect.
 */

static bool
query_is_good(HttpExchange *exchange, const Route *route)
{
	const char *known[MAX_NAMES + KNOWN_EVERYWHERE + 1] = {0};
	unsigned	seen = 0;
	const char *name;
	const char *value;
	int			count = 0;

	while (route->names[count] != NULL)
	{
		known[count] = route->names[count];
		count++;
	}
	for (int i = 0; i < KNOWN_EVERYWHERE; i++)
	{
		if (known_name(known, known_everywhere[i]) < 0)
			known[count++] = known_everywhere[i];
	}
	for (int at = 0; http_query_next(exchange, &at, &name, &value);)
	{
		int			place = known_name(known, name);
		Buf			message = {0};
		Buf			hint = {0};

		if (place >= 0 && !(seen & 1U << place))
		{
			seen |= 1U << place;
			continue;
		}
		if (place < 0)
			known_name_refuse(&message, &hint, "parameter", known, name);
		else
			buf_printf(&message, "The parameter \"%s\" comes twice", name);
		reply_problem(exchange, 400, message.data, NULL, hint.data);
		buf_free(&message);
		buf_free(&hint);
		return false;
	}
	return true;
}

static void
go(HttpExchange *exchange, const Route *route, const char *id)
{
	if (route->sql != NULL)
		call_sql(exchange, route, *id != '\0' ? id : NULL);
	else
		route->handle(exchange, id);
}

/* Reads the body of a request that takes none: some clients send an empty object. */
typedef struct EmptyBody
{
	const Route *route;
	char		id[MAX_VALUE];
	Buf			body;
} EmptyBody;

static void
release_body(EmptyBody *empty)
{
	buf_free(&empty->body);
	free(empty);
}

static void
empty_body(HttpExchange *exchange, const char *data, size_t len)
{
	EmptyBody  *empty = http_owner(exchange);

	buf_append(&empty->body, data, len);
}

static void
empty_body_end(HttpExchange *exchange)
{
	EmptyBody  *empty = http_owner(exchange);
	JsonValue	value;
	JsonValue	member;
	JsonIterator members;
	bool		is_json = json_parse(empty->body.data, empty->body.len, &value);

	members = json_iterate(&value);
	if (is_json && (value.type == JSON_NULL || (value.type == JSON_OBJECT && !json_next_member(&members, &member, &value))))
		go(exchange, empty->route, empty->id);
	else
		reply_problem(exchange, 400, "This request takes no body", NULL, "What it needs is in the path and the query.");
	release_body(empty);
}

static void
empty_body_gone(HttpExchange *exchange)
{
	release_body(http_owner(exchange));
}

static const HttpHooks empty_body_hooks = {.body = empty_body,.body_end = empty_body_end,.gone = empty_body_gone};

static void
expect_empty_body(HttpExchange *exchange, const Route *route, const char *id)
{
	EmptyBody  *empty;

	if (http_content_length(exchange) > MAX_EMPTY_BODY)
	{
		reply_problem(exchange, 400, "This request takes no body", NULL, "What it needs is in the path and the query.");
		return;
	}
	empty = mem_alloc(sizeof(*empty));
	empty->route = route;
	strcpy(empty->id, id);
	http_own(exchange, &empty_body_hooks, empty);
}

static void
run(HttpExchange *exchange, const Route *route, const char *id)
{
	http_identify(exchange);
	if (route->place != OPEN && !bearer_admit(exchange))
		return;
	if (route->takes != TAKES_ALL && !query_is_good(exchange, route))
		return;
	if (route->takes == TAKES_NAMES && http_content_length(exchange) > 0)
		expect_empty_body(exchange, route, id);
	else
		go(exchange, route, id);
}

static bool
method_matches(HttpMethod asked, HttpMethod route)
{
	return asked == route || (asked == HTTP_HEAD && route == HTTP_GET);
}

/* tus lets clients send a POST in place of a method that their network blocks. */
static HttpMethod
method_of(const HttpExchange *exchange, const Route *route)
{
	static const HttpMethod others[] = {HTTP_HEAD, HTTP_PATCH, HTTP_DELETE};
	char		name[16];

	if (route->place != BOTH || http_method(exchange) != HTTP_POST ||
		!http_header(exchange, "x-http-method-override:", name, sizeof(name)))
		return http_method(exchange);
	for (size_t i = 0; i < lengthof(others); i++)
	{
		if (strcmp(name, http_method_text(others[i])) == 0)
			return others[i];
	}
	return HTTP_OTHER;
}

static void
answer_options(HttpExchange *exchange)
{
	char		id[MAX_VALUE];

	for (size_t i = 0; i < lengthof(routes); i++)
	{
		if (routes[i].place == BOTH && route_matches(&routes[i], http_path(exchange), id))
		{
			tus_options(exchange, id);
			return;
		}
	}
	http_reply_options(exchange);
}

/* Finds the route in the table. *allowed collects the methods of routes that match except for the method. */
static bool
find_route(HttpExchange *exchange, char *allowed)
{
	char		id[MAX_VALUE];

	for (size_t i = 0; i < lengthof(routes); i++)
	{
		if (!route_matches(&routes[i], http_path(exchange), id))
			continue;
		if (method_matches(method_of(exchange, &routes[i]), routes[i].method))
		{
			run(exchange, &routes[i], id);
			return true;
		}
		if (*allowed != '\0')
			strcat(allowed, ", ");
		strcat(allowed, http_method_text(routes[i].method));
	}
	return false;
}

static void
refuse_at_gate(HttpExchange *exchange)
{
	GateProblem problem = gate_problem(exchange);

	http_identify(exchange);
	reply_problem(exchange, 403, problem.message, problem.detail, problem.hint);
}

/* The base path without its slash: what is relative would be looked for beside it. */
static void
go_below(HttpExchange *exchange)
{
	Buf			location = {0};
	const char *last = config.base_path;

	for (const char *slash = last; slash[1] != '\0'; slash = strchr(slash + 1, '/'))
		last = slash + 1;
	buf_puts(&location, last);
	http_add_header(exchange, "Location", location.data);
	http_reply(exchange, 308, NULL, NULL, 0);
	buf_free(&location);
}

/* Serves the page, which says nothing about the database. */
static bool
serve_page(HttpExchange *exchange)
{
	if (*http_path(exchange) == '\0')
	{
		go_below(exchange);
		return true;
	}
	if (static_root_serve(web, exchange, http_path(exchange)) || docs_request(exchange))
		return true;
	if (strcmp(http_path(exchange), "/") != 0 || http_method(exchange) != HTTP_GET)
		return false;
	get_front_page(exchange, NULL);
	return true;
}

static void
serve(HttpExchange *exchange)
{
	char		allowed[64] = "";

	if (http_method(exchange) == HTTP_OPTIONS)
		answer_options(exchange);
	else if (is_socketio(http_path(exchange)))
		eio_request(exchange);
	else if (!serve_page(exchange) && !find_route(exchange, allowed))
		refuse(exchange, allowed);
}

void
http_api_request(HttpExchange *exchange)
{
	switch (gate_check(exchange))
	{
		case GATE_OPEN:
			serve(exchange);
			break;
		case GATE_PAGE:
			if (!serve_page(exchange))
				refuse_at_gate(exchange);
			break;
		case GATE_CLOSED:
			refuse_at_gate(exchange);
	}
}

bool
http_api_open(void)
{
	docs_open();
	if (config.web_root == NULL)
		return true;
	web = static_root_open(config.web_root);
	if (web == NULL)
		log_error("could not open web-root \"%s\": %s", config.web_root, strerror(errno));
	return web != NULL;
}

void
http_api_drain(void)
{
	draining = true;
	probes_drain();
}
