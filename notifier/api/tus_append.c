/*
 * tus_append.c
 *	  PATCH of tus: appends bytes to an upload that can be resumed.
 *
 *	  tus_append					for each chunk, in a transaction of its own (chunk_pipe.h), so that what has come stays
 *
 * With a checksum the bytes wait in a temporary file until the checksum was
 * compared; only then do they go the same way.
 */
#include "api/tus.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/chunk_pipe.h"
#include "api/tus_reply.h"
#include "base/base64.h"
#include "base/buf.h"
#include "base/mem.h"
#include "http/reply.h"
#include "process/config.h"
#include "process/log.h"
#include "process/metrics.h"

/* tus 1.0, checksum extension */
#define CHECKSUM_MISMATCH 460

typedef struct Append
{
	ChunkPipe	pipe;
	char	   *id;
	Buf			state;			/* of the upload, after the last chunk */
	FILE	   *spool;			/* bytes whose checksum has not been compared; NULL: none */
	EVP_MD_CTX *digest;			/* NULL: no checksum */
	Buf			expected;
	bool		verified;		/* the checksum was right */
} Append;

static Append *
append_of(ChunkPipe *pipe)
{
	return container_of(pipe, Append, pipe);
}

static void
release(Append *append)
{
	if (append->spool != NULL)
		fclose(append->spool);
	EVP_MD_CTX_free(append->digest);
	buf_free(&append->state);
	buf_free(&append->expected);
	free(append->id);
	free(append);
}

static void
release_pipe(ChunkPipe *pipe)
{
	release(append_of(pipe));
}

/*
 * Chunks
 */

static void
on_appended(ChunkPipe *pipe, const DbError *error, const DbRow *row)
{
	Append	   *append = append_of(pipe);

	(void) error;
	buf_clear(&append->state);
	buf_append(&append->state, row->second, row->second_len);
}

static void
send_chunk(ChunkPipe *pipe, int64_t offset, Buf *chunk)
{
	char		text[24];
	const char *const arguments[] = {append_of(pipe)->id, text};
	const DbRequest request = {
		.sql = "SELECT status, body FROM xlsx_rest.tus_append($1, $2, $3)",.count = 2,.arguments = arguments,.bytes = chunk
	};

	snprintf(text, sizeof(text), "%" PRId64, offset);
	chunk_pipe_ask(pipe, &request, on_appended);
}

/* An empty body also asks for the state. */
static void
send_last(ChunkPipe *pipe)
{
	Append	   *append = append_of(pipe);
	Buf			nothing = {0};

	if (append->state.len == 0)
	{
		send_chunk(pipe, chunk_pipe_size(pipe), &nothing);
		return;
	}
	if (pipe->exchange != NULL)
		tus_reply(pipe->exchange, 204, append->state.data, append->state.len);
	chunk_pipe_end(pipe);
}

/* A temporary file that cannot be read ends the request; the client continues at the upload's offset. */
static void
read_spool(ChunkPipe *pipe, size_t want)
{
	Append	   *append = append_of(pipe);
	char		block[65536];
	size_t		len;

	while (append->spool != NULL && want > 0 && (len = fread(block, 1, want < sizeof(block) ? want : sizeof(block), append->spool)) > 0)
	{
		chunk_pipe_put(pipe, block, len);
		want -= len;
	}
}

static const ChunkPipeHooks pipe_hooks = {
	.chunk = send_chunk,.last = send_last,.fill = read_spool,.release = release_pipe,.error_head = tus_error_head
};

/*
 * Request
 */

static bool
checksum_is_right(Append *append)
{
	unsigned char value[EVP_MAX_MD_SIZE];
	unsigned	len = 0;

	return EVP_DigestFinal_ex(append->digest, value, &len) == 1 && len == append->expected.len &&
		memcmp(value, append->expected.data, len) == 0;
}

static void
on_body(HttpExchange *exchange, const char *data, size_t len)
{
	Append	   *append = http_owner(exchange);

	metrics_add(METRIC_UPLOAD_BYTES, len);
	if (append->spool == NULL)
		chunk_pipe_put(&append->pipe, data, len);
	else if (EVP_DigestUpdate(append->digest, data, len) != 1 || fwrite(data, 1, len, append->spool) != len)
	{
		log_error("upload=%s: could not write a temporary file: %s", append->id, strerror(errno));
		chunk_pipe_fail(&append->pipe, 503, "There is no room for the bytes");
		return;
	}
	chunk_pipe_advance(&append->pipe);
}

static void
on_body_end(HttpExchange *exchange)
{
	Append	   *append = http_owner(exchange);

	append->verified = append->spool != NULL && checksum_is_right(append);
	if (append->spool != NULL && !append->verified)
		chunk_pipe_fail(&append->pipe, CHECKSUM_MISMATCH, "The checksum does not match");
	else if (append->spool != NULL && (fflush(append->spool) != 0 || fseek(append->spool, 0, SEEK_SET) != 0))
		chunk_pipe_fail(&append->pipe, 503, "There is no room for the bytes");
	else
	{
		chunk_pipe_complete(&append->pipe);
		chunk_pipe_advance(&append->pipe);
	}
}

/* Received bytes are kept, unless a checksum would have had to confirm them. */
static void
on_gone(HttpExchange *exchange)
{
	Append	   *append = http_owner(exchange);

	append->pipe.exchange = NULL;
	log_info("upload interrupted, upload=%s offset=%" PRId64, append->id, chunk_pipe_size(&append->pipe));
	if (append->spool != NULL && !append->verified)
		chunk_pipe_give_up(&append->pipe);
	else
	{
		chunk_pipe_complete(&append->pipe);
		chunk_pipe_advance(&append->pipe);
	}
}

static const HttpHooks hooks = {.body = on_body,.body_end = on_body_end,.gone = on_gone};

/* "sha1 base64"; false if it is malformed or its algorithm is unknown. */
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

	if (!chunk_pipe_is_free())
	{
		tus_reply_error(exchange, 503, "Too many uploads at a time");
		return;
	}
	append = mem_alloc(sizeof(*append));
	append->id = mem_strdup(id);
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
	chunk_pipe_open(&append->pipe, &pipe_hooks, exchange, offset);
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
