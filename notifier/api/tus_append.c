/*
 * tus_append.c
 *	  PATCH of tus: bytes on their way into an upload that can be resumed.
 *
 *	  tus_append					for each chunk, in a transaction of its own, so that what has come stays
 *
 * A connection is borrowed for each: none is held while the client sends.  With
 * a checksum the bytes wait in a temporary file until they were seen to be
 * those that were meant; only then do they go the same way.
 */
#include "api/tus.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/tus_reply.h"
#include "api/upload_slot.h"
#include "base/base64.h"
#include "base/buf.h"
#include "base/mem.h"
#include "db/db.h"
#include "http/reply.h"
#include "process/config.h"
#include "process/log.h"
#include "process/loop.h"
#include "process/metrics.h"

/* tus 1.0, checksum extension */
#define CHECKSUM_MISMATCH 460

typedef struct Append
{
	HttpExchange *exchange;		/* NULL once it was answered, or the client is gone */
	char	   *id;
	char	   *role;			/* NULL: the sidecar's own */
	int64_t		offset;			/* of the first byte in pending */
	Buf			pending;		/* bytes that are not sent yet */
	bool		asking;			/* the database */
	size_t		sent;			/* bytes that it is asked to take */
	Buf			state;			/* of the upload, after the last chunk */
	FILE	   *spool;			/* bytes whose checksum is not known yet; NULL: none */
	EVP_MD_CTX *digest;			/* NULL: no checksum */
	Buf			expected;
	bool		complete;		/* the whole body has come, or all that will */
	bool		failed;
	Timer		end;			/* released when the loop is back at its top */
} Append;

static void advance(Append *append);

/*
 * End
 */

static void
release(Append *append)
{
	loop_timer_stop(&append->end);
	if (append->spool != NULL)
		fclose(append->spool);
	EVP_MD_CTX_free(append->digest);
	buf_free(&append->pending);
	buf_free(&append->state);
	buf_free(&append->expected);
	free(append->id);
	free(append->role);
	free(append);
	upload_slot_give();
}

static void
end_due(Timer *timer)
{
	release(container_of(timer, Append, end));
}

/* Nothing more happens to it; whoever is in the middle of it may still look. */
static void
end(Append *append)
{
	append->exchange = NULL;
	append->failed = true;
	if (!append->asking)
		loop_timer_start(&append->end, 0, end_due);
}

static void
fail(Append *append, int status, const char *message)
{
	if (append->exchange != NULL)
		tus_reply_error(append->exchange, status, message);
	end(append);
}

static void
succeed(Append *append)
{
	if (append->exchange != NULL)
		tus_reply(append->exchange, 204, append->state.data, append->state.len);
	end(append);
}

/*
 * Chunks
 */

static void
on_appended(void *arg, const DbError *error, const DbRow *row)
{
	Append	   *append = arg;

	append->asking = false;
	if (append->failed)
		end(append);
	else if (error != NULL)
	{
		if (append->exchange != NULL)
			tus_reply_db_error(append->exchange, error);
		end(append);
	}
	else
	{
		append->offset += (int64_t) append->sent;
		append->sent = 0;
		buf_clear(&append->state);
		buf_append(&append->state, row->second, row->second_len);
		advance(append);
	}
}

static void
send_chunk(Append *append, size_t len)
{
	char		offset[24];
	const char *const arguments[] = {append->id, offset};
	Buf			chunk = {0};
	const DbRequest request = {
		.role = append->role,.lane = PG_LANE_UPLOAD,.sql = "SELECT status, body FROM xlsx.tus_append($1, $2, $3)",
		.count = 2,.arguments = arguments,.bytes = &chunk
	};

	snprintf(offset, sizeof(offset), "%" PRId64, append->offset);
	buf_append(&chunk, len > 0 ? append->pending.data : "", len);
	buf_drop(&append->pending, len);
	append->sent = len;
	append->asking = true;
	db_run(&request, on_appended, append);
}

/* A chunk of the file ends where one of the database's does. */
static size_t
next_len(const Append *append)
{
	return (size_t) (UPLOAD_CHUNK - append->offset % UPLOAD_CHUNK);
}

static bool
checksum_is_right(Append *append)
{
	unsigned char value[EVP_MAX_MD_SIZE];
	unsigned	len = 0;

	return EVP_DigestFinal_ex(append->digest, value, &len) == 1 && len == append->expected.len &&
		memcmp(value, append->expected.data, len) == 0;
}

/* The next bytes of the temporary file; false when it has no more, or cannot be read. */
static bool
read_spool(Append *append)
{
	char		block[65536];
	size_t		len;

	if (append->spool == NULL)
		return false;
	while (append->pending.len < next_len(append) && (len = fread(block, 1, sizeof(block), append->spool)) > 0)
		buf_append(&append->pending, block, len);
	return append->pending.len > 0;
}

static void
ask_next(Append *append)
{
	bool		waits = append->spool != NULL && !append->complete;

	if (append->complete)
		(void) read_spool(append);
	if (!waits && append->pending.len >= next_len(append))
		send_chunk(append, next_len(append));
	else if (append->complete && (append->pending.len > 0 || append->state.len == 0))
		send_chunk(append, append->pending.len);
	else if (append->complete)
		succeed(append);
}

static void
advance(Append *append)
{
	if (append->failed)
		return;
	if (!append->asking)
		ask_next(append);
	if (append->exchange == NULL)
		return;
	if (append->asking && append->pending.len >= UPLOAD_CHUNK)
		http_pause(append->exchange);
	else
		http_resume(append->exchange);
}

/*
 * Request
 */

static void
on_body(HttpExchange *exchange, const char *data, size_t len)
{
	Append	   *append = http_owner(exchange);

	metrics_add(METRIC_UPLOAD_BYTES, len);
	if (append->spool == NULL)
		buf_append(&append->pending, data, len);
	else if (EVP_DigestUpdate(append->digest, data, len) != 1 || fwrite(data, 1, len, append->spool) != len)
	{
		log_error("upload=%s: could not write a temporary file: %s", append->id, strerror(errno));
		fail(append, 503, "There is no room for the bytes");
		return;
	}
	advance(append);
}

static void
on_body_end(HttpExchange *exchange)
{
	Append	   *append = http_owner(exchange);

	append->complete = true;
	if (append->spool != NULL && !checksum_is_right(append))
		fail(append, CHECKSUM_MISMATCH, "The checksum is another one");
	else if (append->spool != NULL && (fflush(append->spool) != 0 || fseek(append->spool, 0, SEEK_SET) != 0))
		fail(append, 503, "There is no room for the bytes");
	else
		advance(append);
}

/* What has come is kept, unless a checksum was to tell whether it is right. */
static void
on_gone(HttpExchange *exchange)
{
	Append	   *append = http_owner(exchange);

	append->exchange = NULL;
	log_info("upload interrupted, upload=%s offset=%" PRId64, append->id, append->offset + (int64_t) (append->sent + append->pending.len));
	if (append->spool != NULL && !append->complete)
		end(append);
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

	return http_header(exchange, "upload-offset:", value, sizeof(value)) && http_number(value, offset);
}

static void
start(HttpExchange *exchange, const char *id, int64_t offset)
{
	Append	   *append;

	if (!upload_slot_take())
	{
		tus_reply_error(exchange, 503, "Too many uploads at a time");
		return;
	}
	append = mem_alloc(sizeof(*append));
	append->id = mem_strdup(id);
	append->role = http_role(exchange) == NULL ? NULL : mem_strdup(http_role(exchange));
	append->offset = offset;
	if (!read_checksum(exchange, append))
	{
		release(append);
		tus_reply_error(exchange, 400, "Upload-Checksum must be sha1, sha256 or md5, and base64");
		return;
	}
	if (append->digest != NULL && (append->spool = tmpfile()) == NULL)
	{
		log_error("could not make a temporary file: %s", strerror(errno));
		release(append);
		tus_reply_error(exchange, 503, "There is no room for the bytes");
		return;
	}
	append->exchange = exchange;
	http_own(exchange, &hooks, append);
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
	else
		start(exchange, id, offset);
}
