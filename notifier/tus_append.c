/*
 * tus_append.c
 *	  PATCH of tus: bytes on their way into an upload that can be resumed.
 *
 *	  BEGIN, tus_append, COMMIT	for each chunk, so that what has come stays
 *
 * With a checksum all chunks are one transaction, which is rolled back when
 * the bytes are not those that were meant.
 */
#include "tus.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base64.h"
#include "buf.h"
#include "config.h"
#include "db.h"
#include "log.h"
#include "loop.h"
#include "mem.h"
#include "metrics.h"
#include "pg_pool.h"
#include "reply.h"
#include "tus_reply.h"

#define CHUNK 262144

/* tus 1.0, checksum extension */
#define CHECKSUM_MISMATCH 460

typedef struct Append
{
	HttpExchange *exchange;		/* NULL once it was answered, or the client is gone */
	char	   *id;
	char	   *role;			/* NULL: the sidecar's own */
	PgTicket   *ticket;
	PgConn	   *conn;			/* NULL until the ticket is granted */
	int64_t		offset;			/* of the first byte in pending */
	Buf			pending;		/* bytes that are not sent yet */
	size_t		sent;			/* bytes of the chunk under way */
	bool		under_way;
	Buf			state;			/* of the upload, after the last chunk */
	EVP_MD_CTX *digest;			/* NULL: no checksum */
	Buf			expected;
	bool		checked;
	bool		in_transaction; /* of a checksum */
	bool		complete;		/* the whole body has come, or all that will */
	bool		committing;		/* the last COMMIT is under way */
	bool		failed;
	Timer		deadline;		/* for the database's next answer */
} Append;

static int	appends;

/*
 * End
 */

static void
release(Append *append)
{
	loop_timer_stop(&append->deadline);
	EVP_MD_CTX_free(append->digest);
	buf_free(&append->pending);
	buf_free(&append->state);
	buf_free(&append->expected);
	free(append->id);
	free(append->role);
	free(append);
	appends--;
}

static void
leave(Timer *timer)
{
	Append	   *append = container_of(timer, Append, deadline);

	if (append->ticket != NULL)
		pg_pool_return(append->ticket, pg_conn_idle(append->conn));
	release(append);
}

/* Nothing more happens to it; whoever is in the middle of it may still look. */
static void
end(Append *append)
{
	append->exchange = NULL;
	append->failed = true;
	if (append->ticket != NULL && append->conn == NULL)
	{
		pg_pool_return(append->ticket, true);
		append->ticket = NULL;
	}
	loop_timer_start(&append->deadline, 0, leave);
}

static void
on_rolled_back(void *arg, PGresult *result)
{
	if (result == NULL)
		end(arg);
}

static void
give_up(Timer *timer)
{
	end(container_of(timer, Append, deadline));
}

/* The client was answered or is gone. */
static void
roll_back(Append *append)
{
	static const PgStatement rollback = {.sql = "ROLLBACK"};

	append->exchange = NULL;
	append->failed = true;
	if (append->conn == NULL)
	{
		end(append);
		return;
	}
	pg_conn_forget(append->conn, append);
	pg_conn_send(append->conn, &rollback, on_rolled_back, append);
	loop_timer_start(&append->deadline, config.request_timeout, give_up);
}

static void
fail(Append *append, int status, const char *message)
{
	if (append->exchange != NULL)
		tus_reply_error(append->exchange, status, message);
	roll_back(append);
}

static void
database_too_slow(Timer *timer)
{
	Append	   *append = container_of(timer, Append, deadline);

	if (append->exchange != NULL)
		tus_reply_error(append->exchange, 503, "Database did not answer in time");
	end(append);
}

static void
expect_answer(Append *append)
{
	loop_timer_start(&append->deadline, config.request_timeout, database_too_slow);
}

static void
succeed(Append *append)
{
	loop_timer_stop(&append->deadline);
	if (append->exchange != NULL)
		tus_reply(append->exchange, 204, append->state.data, append->state.len);
	end(append);
}

/*
 * Chunks
 */

static void advance(Append *append);

/* False when the statement failed, which has been dealt with. */
static bool
succeeded(Append *append, PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);
	DbError		error;

	if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
		return !append->failed;
	if (append->failed)
		return false;
	error = db_error(result);
	if (append->exchange != NULL)
		tus_reply_db_error(append->exchange, &error);
	roll_back(append);
	return false;
}

static void
on_entered(void *arg, PGresult *result)
{
	if (result != NULL)
		succeeded(arg, result);
}

static void
chunk_done(Append *append)
{
	append->offset += (int64_t) append->sent;
	append->sent = 0;
	append->under_way = false;
	loop_timer_stop(&append->deadline);
	advance(append);
}

static void
on_appended(void *arg, PGresult *result)
{
	Append	   *append = arg;

	if (result == NULL || !succeeded(append, result))
		return;
	buf_clear(&append->state);
	buf_append(&append->state, PQgetvalue(result, 0, 1), (size_t) PQgetlength(result, 0, 1));
	if (append->in_transaction)
		chunk_done(append);
}

static void
on_committed(void *arg, PGresult *result)
{
	Append	   *append = arg;

	if (result == NULL || !succeeded(append, result))
		return;
	if (append->committing)
		succeed(append);
	else
		chunk_done(append);
}

static void
begin(Append *append)
{
	static const PgStatement statement = {.sql = "BEGIN"};

	pg_conn_send(append->conn, &statement, on_entered, append);
	if (append->role != NULL)
		db_enter(append->conn, append->role, on_entered, append);
}

static void
commit(Append *append)
{
	static const PgStatement statement = {.sql = "COMMIT"};

	pg_conn_send(append->conn, &statement, on_committed, append);
	expect_answer(append);
}

static void
send_chunk(Append *append, size_t len)
{
	char		offset[24];
	const PgStatement statement = {
		.sql = "SELECT status, body FROM xlsx.tus_append($1, $2, $3)",
		.count = 3,
		.values = {append->id, offset, append->pending.len > 0 ? append->pending.data : ""},
		.lengths = {0, 0, (int) len},
		.binary = {false, false, true},
	};

	snprintf(offset, sizeof(offset), "%" PRId64, append->offset);
	if (!append->in_transaction)
		begin(append);
	append->in_transaction = append->digest != NULL;
	append->sent = len;
	append->under_way = true;
	pg_conn_send(append->conn, &statement, on_appended, append);
	buf_drop(&append->pending, len);
	if (!append->in_transaction)
		commit(append);
	expect_answer(append);
}

static bool
checksum_is_right(Append *append)
{
	unsigned char value[EVP_MAX_MD_SIZE];
	unsigned	len = 0;

	return EVP_DigestFinal_ex(append->digest, value, &len) == 1 && len == append->expected.len &&
		memcmp(value, append->expected.data, len) == 0;
}

/* All bytes have come, and the database has what does not wait in pending. */
static void
finish(Append *append)
{
	if (append->digest != NULL && !append->checked && !checksum_is_right(append))
	{
		fail(append, CHECKSUM_MISMATCH, "The checksum is another one");
		return;
	}
	append->checked = true;
	if (append->pending.len > 0 || append->state.len == 0)
	{
		send_chunk(append, append->pending.len);
		return;
	}
	append->committing = true;
	if (append->digest != NULL)
		commit(append);
	else
		succeed(append);
}

/* A chunk of the file ends where one of the database's does. */
static size_t
next_len(const Append *append)
{
	return (size_t) (CHUNK - append->offset % CHUNK);
}

static void
advance(Append *append)
{
	if (append->failed)
		return;
	if (append->conn != NULL && !append->under_way)
	{
		/* The last bytes wait for the end of the body: they must not go out before the checksum was seen to be right. */
		if (append->pending.len > next_len(append) || (append->pending.len == next_len(append) && append->digest == NULL))
			send_chunk(append, next_len(append));
		else if (append->complete)
			finish(append);
	}
	if (append->exchange == NULL)
		return;
	if (append->pending.len >= CHUNK)
		http_pause(append->exchange);
	else
		http_resume(append->exchange);
}

/*
 * Connection
 */

static void
ticket_granted(void *arg, PgConn *conn)
{
	Append	   *append = arg;

	append->conn = conn;
	loop_timer_stop(&append->deadline);
	advance(append);
}

static void
ticket_failed(void *arg)
{
	Append	   *append = arg;
	DbError		error = db_error(NULL);

	append->ticket = NULL;
	append->conn = NULL;
	if (append->exchange != NULL)
		tus_reply_db_error(append->exchange, &error);
	end(append);
}

static const PgTicketHandler ticket_handler = {ticket_granted, ticket_failed};

/*
 * Request
 */

static void
on_body(HttpExchange *exchange, const char *data, size_t len)
{
	Append	   *append = http_owner(exchange);

	metrics_add(METRIC_UPLOAD_BYTES, len);
	if (append->digest != NULL)
		EVP_DigestUpdate(append->digest, data, len);
	buf_append(&append->pending, data, len);
	advance(append);
}

static void
on_body_end(HttpExchange *exchange)
{
	Append	   *append = http_owner(exchange);

	append->complete = true;
	advance(append);
}

/* What has come is kept, unless a checksum was to tell whether it is right. */
static void
on_gone(HttpExchange *exchange)
{
	Append	   *append = http_owner(exchange);

	append->exchange = NULL;
	log_info("upload interrupted, upload=%s offset=%" PRId64, append->id, append->offset + (int64_t) (append->sent + append->pending.len));
	if (append->committing)
		return;
	if (append->digest != NULL)
		roll_back(append);
	else
	{
		append->complete = true;
		advance(append);
	}
}

static const HttpHooks hooks = {.body = on_body,.body_end = on_body_end,.gone = on_gone};

/* "sha1 base64"; false when it is malformed or of an algorithm that we have not. */
static bool
read_checksum(HttpExchange *exchange, Append *append)
{
	static const char *const algorithms[] = {"sha1", "sha256", "md5"};
	char		header[160];
	size_t		name;

	if (!http_header(exchange, "upload-checksum:", header, sizeof(header)))
		return true;
	name = strcspn(header, " ");
	if (header[name] == '\0' || !base64_decode(header + name + 1, strlen(header + name + 1), &append->expected))
		return false;
	header[name] = '\0';
	for (size_t i = 0; i < lengthof(algorithms); i++)
	{
		if (strcmp(header, algorithms[i]) != 0)
			continue;
		append->digest = EVP_MD_CTX_new();
		return append->digest != NULL && EVP_DigestInit_ex(append->digest, EVP_get_digestbyname(header), NULL) == 1;
	}
	return false;
}

static bool
read_offset(HttpExchange *exchange, int64_t *offset)
{
	char		value[24];
	char	   *rest;

	if (!http_header(exchange, "upload-offset:", value, sizeof(value)))
		return false;
	errno = 0;
	*offset = strtoll(value, &rest, 10);
	return errno == 0 && rest != value && *rest == '\0' && *offset >= 0;
}

static void
start(HttpExchange *exchange, const char *id, int64_t offset)
{
	Append	   *append = mem_alloc(sizeof(*append));

	appends++;
	append->id = mem_strdup(id);
	append->role = http_role(exchange) == NULL ? NULL : mem_strdup(http_role(exchange));
	append->offset = offset;
	if (!read_checksum(exchange, append))
	{
		release(append);
		tus_reply_error(exchange, 400, "Upload-Checksum must be sha1, sha256 or md5, and base64");
		return;
	}
	append->ticket = pg_pool_borrow(PG_LANE_UPLOAD, &ticket_handler, append);
	if (append->ticket == NULL)
	{
		release(append);
		tus_reply_error(exchange, 503, "Too many requests wait for the database");
		return;
	}
	append->exchange = exchange;
	http_own(exchange, &hooks, append);
	expect_answer(append);
}

void
tus_append(HttpExchange *exchange, const char *id)
{
	char		type[64] = "";
	int64_t		offset;

	http_content_type(exchange, type, sizeof(type));
	if (!tus_version_is_ours(exchange))
		return;
	if (strcasecmp(type, "application/offset+octet-stream") != 0)
		tus_reply_error(exchange, 415, "The content type must be application/offset+octet-stream");
	else if (!read_offset(exchange, &offset))
		tus_reply_error(exchange, 400, "Upload-Offset must be a number of bytes");
	else if (http_content_length(exchange) > config.max_upload_size)
		tus_reply_error(exchange, 413, "The file is too large");
	else if (appends >= config.max_uploads)
		tus_reply_error(exchange, 503, "Too many uploads at a time");
	else
		start(exchange, id, offset);
}

int
tus_count(void)
{
	return appends;
}
