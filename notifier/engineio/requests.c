/*
 * requests.c
 *	  Requests below the path of Socket.IO: checks them and passes them to
 *	  their transport.
 */
#include "engineio/engineio.h"

#include <stdio.h>
#include <string.h>

#include "engineio/session.h"
#include "http/gate.h"
#include "http/reply.h"
#include "process/config.h"

typedef enum Fault
{
	FAULT_NONE = -1,
	UNKNOWN_TRANSPORT,
	UNKNOWN_SID,
	BAD_HANDSHAKE_METHOD,
	BAD_REQUEST,
	FORBIDDEN,
	UNSUPPORTED_PROTOCOL_VERSION
} Fault;

static const char *const fault_messages[] = {
	"Transport unknown", "Session ID unknown", "Bad handshake method", "Bad request", "Forbidden",
	"Unsupported protocol version"
};

typedef struct Query
{
	char		transport[16];
	char		sid[RANDOM_ID_LEN + 2]; /* one more than a valid one, so that a longer one stays invalid */
	char		version[8];
} Query;

static void
read_query(const HttpExchange *exchange, Query *query)
{
	*query = (Query) {0};
	http_query(exchange, "transport", query->transport, sizeof(query->transport));
	http_query(exchange, "sid", query->sid, sizeof(query->sid));
	http_query(exchange, "EIO", query->version, sizeof(query->version));
}

static Fault
check_known(const Query *query, bool upgrade)
{
	EioSession *session = eio_session_find(query->sid);

	if (session == NULL)
		return UNKNOWN_SID;
	if (!upgrade && (session->transport != &eio_polling || strcmp(query->transport, "polling") != 0))
		return BAD_REQUEST;
	if (strcmp(query->version, "4") != 0)
		return BAD_REQUEST;
	return FAULT_NONE;
}

/* The order of the checks is the official server's. */
static Fault
check(const HttpExchange *exchange, const Query *query, bool upgrade)
{
	if (strcmp(query->transport, "polling") != 0 && strcmp(query->transport, "websocket") != 0)
		return UNKNOWN_TRANSPORT;
	if (query->sid[0] != '\0')
		return check_known(query, upgrade);
	if (http_method(exchange) != HTTP_GET)
		return BAD_HANDSHAKE_METHOD;
	if (!upgrade && strcmp(query->transport, "websocket") == 0)
		return BAD_REQUEST;
	if (strcmp(query->version, "4") != 0)
		return UNSUPPORTED_PROTOCOL_VERSION;
	return FAULT_NONE;
}

static const char *
fault_body(Fault fault)
{
	static char body[96];

	snprintf(body, sizeof(body), "{\"code\":%d,\"message\":\"%s\"}", (int) fault, fault_messages[fault]);
	return body;
}

void
eio_request(HttpExchange *exchange)
{
	EioSession *session;
	Query		query;
	Fault		fault;

	read_query(exchange, &query);
	fault = check(exchange, &query, false);
	if (fault != FAULT_NONE)
	{
		const char *body = fault_body(fault);

		http_reply(exchange, 400, "application/json", body, strlen(body));
		return;
	}
	session = query.sid[0] != '\0' ? eio_session_find(query.sid) : eio_session_open(&eio_polling);
	eio_polling_request(session, exchange);
}

static bool
under_path(const char *path)
{
	size_t		len = strlen(config.path);

	return strncmp(path, config.path, len) == 0 || (strncmp(path, config.path, len - 1) == 0 && path[len - 1] == '\0');
}

/* RFC 6455, 4.2.1; libwebsockets does not check it. */
static bool
speaks_websocket(const HttpExchange *exchange)
{
	char		version[8];

	return http_header(exchange, "sec-websocket-version:", version, sizeof(version)) && strcmp(version, "13") == 0;
}

bool
eio_upgrade(HttpExchange *exchange)
{
	Query		query;
	Fault		fault;

	if (gate_check(exchange) != GATE_OPEN)
	{
		GateProblem problem = gate_problem(exchange);

		reply_refuse_upgrade(exchange, 403, problem.message, problem.detail, problem.hint);
		return false;
	}
	if (!under_path(http_path(exchange)))
	{
		reply_refuse_upgrade(exchange, 404, "No WebSocket here", NULL, NULL);
		return false;
	}
	read_query(exchange, &query);
	fault = strcmp(query.transport, "polling") == 0 ? BAD_REQUEST : check(exchange, &query, true);
	if (fault == FAULT_NONE && !speaks_websocket(exchange))
		fault = BAD_REQUEST;
	if (fault != FAULT_NONE)
		http_refuse_upgrade(exchange, 400, "application/json", fault_body(fault));
	return fault == FAULT_NONE;
}
