/*
 * redis.c
 *	  The connection of this process to Redis.
 */
#include "files/redis.h"

#include <errno.h>
#include <hiredis/hiredis.h>

#include "access/xlog.h"
#include "miscadmin.h"
#include "pg/guc.h"
#include "pg/wait_events.h"
#include "tcop/tcopprot.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

/* After a failure, optional commands are skipped for this long. */
#define LEAVE_ALONE_MS 5000

#define SCHEME "redis://"

/* The parts of a URL. All point into one copy of it. */
typedef struct Address
{
	char	   *user;			/* NULL: none */
	char	   *password;		/* NULL: none */
	char	   *host;
	int			port;
	char	   *database;		/* NULL: number 0 */
} Address;

static redisContext *connection = NULL;
static char *connected_url = NULL;	/* of the connection; malloc */
static redisReply *kept = NULL; /* the last answer */
static TimestampTz left_alone_until = 0;
static char failure[256];		/* why the last call failed */
static emit_log_hook_type previous_log_hook = NULL;

bool
redis_configured(void)
{
	return pg_xlsx_redis_url[0] != '\0';
}

char *
redis_key(const char *kind, int64 id)
{
	return psprintf("pg_xlsx:" UINT64_FORMAT ":%u:%s:" INT64_FORMAT, GetSystemIdentifier(), MyDatabaseId, kind, id);
}

/*
 * The URL
 */

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes %XX in place. Returns false when a % is not followed by two digits. */
static bool
decode_percent(char *text)
{
	char	   *out = text;

	for (; *text != '\0'; text++)
	{
		if (*text != '%')
		{
			*out++ = *text;
			continue;
		}
		if (hex_digit(text[1]) < 0 || hex_digit(text[2]) < 0)
			return false;
		*out++ = (char) (hex_digit(text[1]) * 16 + hex_digit(text[2]));
		text += 2;
	}
	*out = '\0';
	return true;
}

/* "user:password", ":password" or "user" */
static bool
parse_user(char *text, Address *address)
{
	char	   *colon = strchr(text, ':');

	if (colon != NULL)
	{
		*colon = '\0';
		address->password = colon + 1;
	}
	if (text[0] != '\0')
		address->user = text;
	return decode_percent(text) && (colon == NULL || decode_percent(address->password));
}

/* "host", "host:port" or "[v6]:port" */
static bool
parse_host(char *text, Address *address)
{
	char	   *end = text[0] == '[' ? strchr(text, ']') : NULL;
	char	   *colon = strchr(end != NULL ? end : text, ':');

	address->port = 6379;
	if (colon != NULL)
	{
		*colon = '\0';
		address->port = atoi(colon + 1);
	}
	if (end != NULL)
		*end = '\0';
	address->host = end != NULL ? text + 1 : text;
	return address->host[0] != '\0' && address->port > 0 && address->port <= 65535;
}

/* Splits the copy of the URL in place. */
static bool
parse_url(char *copy, Address *address)
{
	char	   *rest = copy + strlen(SCHEME);
	char	   *slash;
	char	   *at;

	memset(address, 0, sizeof(*address));
	if (strncmp(copy, SCHEME, strlen(SCHEME)) != 0)
		return false;
	at = strrchr(rest, '@');
	if (at != NULL)
	{
		*at = '\0';
		if (!parse_user(rest, address))
			return false;
		rest = at + 1;
	}
	slash = strchr(rest, '/');
	if (slash != NULL)
	{
		*slash = '\0';
		if (slash[1] != '\0')
			address->database = slash + 1;
		if (strspn(slash + 1, "0123456789") != strlen(slash + 1))
			return false;
	}
	return parse_host(rest, address);
}

/*
 * The connection
 */

static void
forget_answer(void)
{
	if (kept != NULL)
		freeReplyObject(kept);
	kept = NULL;
}

static void
disconnect(void)
{
	if (connection != NULL)
		redisFree(connection);
	connection = NULL;
	free(connected_url);
	connected_url = NULL;
}

static struct timeval
timeout(void)
{
	return (struct timeval){pg_xlsx_redis_timeout / 1000, (pg_xlsx_redis_timeout % 1000) * 1000};
}

/* Notes the reason, and closes the connection, which may be out of step. */
static bool
fail(const char *reason)
{
	strlcpy(failure, reason, sizeof(failure));
	disconnect();
	return false;
}

static bool
fail_connection(void)
{
	if (connection != NULL && connection->err == REDIS_ERR_IO && (errno == EAGAIN || errno == ETIMEDOUT))
	{
		snprintf(failure, sizeof(failure), "There was no answer within %d ms.", pg_xlsx_redis_timeout);
		disconnect();
		return false;
	}
	return fail(connection == NULL ? "out of memory" : connection->errstr);
}

/* Reads one answer. An error that Redis reports counts as a failure, too. */
static bool
read_answer(void)
{
	void	   *answer;

	forget_answer();
	if (redisGetReply(connection, &answer) != REDIS_OK)
		return fail_connection();
	kept = answer;
	if (kept->type == REDIS_REPLY_ERROR)
		return fail(kept->str);
	for (size_t i = 0; kept->type == REDIS_REPLY_ARRAY && i < kept->elements; i++)
		if (kept->element[i]->type == REDIS_REPLY_ERROR)
			return fail(kept->element[i]->str);
	return true;
}

static bool
greet(const Address *address)
{
	int			commands = 0;

	if (address->password != NULL)
	{
		if (address->user != NULL)
			redisAppendCommand(connection, "AUTH %s %s", address->user, address->password);
		else
			redisAppendCommand(connection, "AUTH %s", address->password);
		commands++;
	}
	if (address->database != NULL)
	{
		redisAppendCommand(connection, "SELECT %s", address->database);
		commands++;
	}
	while (commands-- > 0)
		if (!read_answer())
			return false;
	return true;
}

static bool
connect_to_redis(void)
{
	char	   *copy;
	Address		address;
	bool		done;

	if (connection != NULL && strcmp(connected_url, pg_xlsx_redis_url) == 0)
		return true;
	disconnect();
	copy = strdup(pg_xlsx_redis_url);
	if (copy == NULL)
		return fail("out of memory");
	if (!parse_url(copy, &address))
	{
		free(copy);
		return fail("The URL must have the form redis://[[user]:password@]host[:port][/database].");
	}
	connection = redisConnectWithTimeout(address.host, address.port, timeout());
	connected_url = strdup(pg_xlsx_redis_url);
	if (connection == NULL || connection->err != 0 || connected_url == NULL)
		done = fail_connection();
	else
		done = redisSetTimeout(connection, timeout()) == REDIS_OK && greet(&address);
	free(copy);
	return done;
}

/*
 * Commands
 */

static bool
send_and_read(const RedisCommand *commands, int count)
{
	if (!connect_to_redis())
		return false;
	for (int i = 0; i < count; i++)
	{
		const char *words[REDIS_MAX_WORDS];
		size_t		lengths[REDIS_MAX_WORDS];

		for (int w = 0; w < commands[i].count; w++)
		{
			words[w] = commands[i].words[w];
			lengths[w] = commands[i].lengths[w] != 0 ? commands[i].lengths[w] : strlen(words[w]);
		}
		if (redisAppendCommandArgv(connection, commands[i].count, words, lengths) != REDIS_OK)
			return fail_connection();
	}
	for (int i = 0; i < count; i++)
		if (!read_answer())
			return false;
	return true;
}

/*
 * Redis may have closed a connection that was idle, so the commands are tried once more on a new
 * one. All our commands can be repeated.
 */
static bool
run_again_if_lost(const RedisCommand *commands, int count)
{
	bool		reused = connection != NULL;
	int			error;

	errno = 0;
	if (send_and_read(commands, count))
		return true;
	error = errno;
	/* A time-out is not tried again, and neither is a command that Redis has refused. */
	return reused && kept == NULL && error != EAGAIN && error != ETIMEDOUT && send_and_read(commands, count);
}

static bool
run(const RedisCommand *commands, int count)
{
	bool		done;

	pgstat_report_wait_start(wait_event_of(WAIT_FOR_REDIS));
	done = run_again_if_lost(commands, count);
	pgstat_report_wait_end();
	return done;
}

static void
describe(RedisAnswer *answer)
{
	if (answer == NULL)
		return;
	answer->nil = kept->type == REDIS_REPLY_NIL;
	answer->integer = kept->integer;
	answer->data = kept->str;
	answer->length = (size_t) kept->len;
}

void
redis_run(const RedisCommand *commands, int count, RedisAnswer *last)
{
	if (!run(commands, count))
		ereport(ERROR,
				(errcode(ERRCODE_CONNECTION_FAILURE),
				 errmsg("could not reach the Redis of pg_xlsx.redis_url"),
				 errdetail("%s", failure)));
	describe(last);
}

bool
redis_try(const RedisCommand *commands, int count, RedisAnswer *last)
{
	if (!redis_configured() || GetCurrentTimestamp() < left_alone_until)
		return false;
	if (run(commands, count))
	{
		describe(last);
		return true;
	}
	left_alone_until = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), LEAVE_ALONE_MS);
	ereport(LOG,
			(errcode(ERRCODE_CONNECTION_FAILURE),
			 errmsg("could not reach the Redis of pg_xlsx.redis_url"),
			 errdetail("%s", failure)));
	return false;
}

/*
 * The log. PostgreSQL logs the new value of a setting that a reload has changed, and statements
 * as they came, so both may show a password.
 */

/* Replaces everything between redis:// and @ by stars, in place. Returns true when there was something. */
static bool
hide_passwords(char *text)
{
	bool		found = false;

	while (text != NULL && (text = strstr(text, SCHEME)) != NULL)
	{
		size_t		length;
		char	   *at = NULL;

		text += strlen(SCHEME);
		length = strcspn(text, " \t\r\n'\"");
		for (size_t i = 0; i < length; i++)
			if (text[i] == '@')
				at = text + i;
		if (at == NULL)
			continue;
		memset(text, '*', (size_t) (at - text));
		found = true;
	}
	return found;
}

static void
guard_log(ErrorData *error)
{
	if (debug_query_string != NULL && strstr(debug_query_string, SCHEME) != NULL)
		error->hide_stmt = true;
	hide_passwords(error->message);
	hide_passwords(error->detail);
	hide_passwords(error->detail_log);
	hide_passwords(error->context);
	if (previous_log_hook != NULL)
		previous_log_hook(error);
}

void
redis_guard_log(void)
{
	previous_log_hook = emit_log_hook;
	emit_log_hook = guard_log;
}
