/*
 * chunk_pipe.c
 *	  Moves the bytes of a workbook from a body into the database, for an upload of any protocol.
 */
#include "api/chunk_pipe.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "http/reply.h"
#include "process/config.h"
#include "process/loop.h"
#include "process/metrics.h"

static int	pipes_open;

/*
 * End
 */

static void
end_due(Timer *timer)
{
	ChunkPipe  *pipe = container_of(timer, ChunkPipe, end);

	buf_free(&pipe->pending);
	identity_free(pipe->who);
	pipes_open--;
	pipe->hooks->release(pipe);
}

/* Callers may still use the pipe, so it is freed from the top of the loop. */
static void
clean(ChunkPipe *pipe)
{
	if (pipe->asking)
		return;					/* and is called again with the answer */
	pipe->cleaning = true;
	if (pipe->hooks->clean != NULL)
		pipe->hooks->clean(pipe);
	if (!pipe->asking)
		loop_timer_start(&pipe->end, 0, end_due);
}

void
chunk_pipe_end(ChunkPipe *pipe)
{
	pipe->exchange = NULL;
	if (pipe->ended)
		return;
	pipe->ended = true;
	buf_free(&pipe->pending);
	clean(pipe);
}

void
chunk_pipe_give_up(ChunkPipe *pipe)
{
	if (!pipe->ended && pipe->hooks->failed != NULL)
		pipe->hooks->failed(pipe);
	chunk_pipe_end(pipe);
}

void
chunk_pipe_fail(ChunkPipe *pipe, int status, const char *message)
{
	if (pipe->exchange != NULL)
	{
		if (pipe->hooks->error_head != NULL)
			pipe->hooks->error_head(pipe->exchange);
		reply_error(pipe->exchange, status, message);
	}
	chunk_pipe_give_up(pipe);
}

/*
 * Database
 */

static void
fail_in_database(ChunkPipe *pipe, const DbError *error)
{
	if (pipe->exchange != NULL)
	{
		if (pipe->hooks->error_head != NULL)
			pipe->hooks->error_head(pipe->exchange);
		reply_db_error(pipe->exchange, error);
	}
	chunk_pipe_give_up(pipe);
}

static void
on_answer(void *arg, const DbError *error, const DbRow *row)
{
	ChunkPipe  *pipe = arg;
	bool		had_ended = pipe->ended;
	bool		was_cleaning = pipe->cleaning;

	pipe->asking = false;
	if (error == NULL || was_cleaning)
		pipe->answer(pipe, error, row);
	if (was_cleaning)
		loop_timer_start(&pipe->end, 0, end_due);
	else if (had_ended)
		clean(pipe);
	else if (error != NULL)
		fail_in_database(pipe, error);
	else
		chunk_pipe_advance(pipe);
}

void
chunk_pipe_ask(ChunkPipe *pipe, const DbRequest *request, ChunkPipeAnswer answer)
{
	DbRequest	asked = *request;

	asked.who = pipe->who;
	asked.lane = PG_LANE_UPLOAD;
	asked.writes = true;
	pipe->asking = true;
	pipe->answer = answer;
	db_run(&asked, on_answer, pipe);
}

/*
 * Chunks
 */

void
chunk_pipe_put(ChunkPipe *pipe, const char *data, size_t len)
{
	buf_append(&pipe->pending, data, len);
}

int64_t
chunk_pipe_size(const ChunkPipe *pipe)
{
	return pipe->offset + (int64_t) pipe->pending.len;
}

void
chunk_pipe_complete(ChunkPipe *pipe)
{
	pipe->complete = true;
}

static void
send_chunk(ChunkPipe *pipe, size_t len)
{
	Buf			chunk = pipe->pending;
	int64_t		offset = pipe->offset;

	pipe->pending = (Buf) {0};
	buf_append(&pipe->pending, len < chunk.len ? chunk.data + len : "", chunk.len - len);
	pipe->offset += (int64_t) len;
	chunk.len = len;
	pipe->hooks->chunk(pipe, offset, &chunk);
}

/* A chunk of the file ends where a chunk of the database ends. */
static void
ask_next(ChunkPipe *pipe)
{
	size_t		room = (size_t) (UPLOAD_CHUNK - pipe->offset % UPLOAD_CHUNK);

	if (pipe->complete && pipe->hooks->fill != NULL && pipe->pending.len < room)
		pipe->hooks->fill(pipe, room - pipe->pending.len);
	if (pipe->pending.len >= room)
		send_chunk(pipe, room);
	else if (pipe->complete && pipe->pending.len > 0)
		send_chunk(pipe, pipe->pending.len);
	else if (pipe->complete)
		pipe->hooks->last(pipe);
}

void
chunk_pipe_advance(ChunkPipe *pipe)
{
	if (!pipe->ended && !pipe->asking)
		ask_next(pipe);
	if (pipe->exchange == NULL)
		return;
	if (pipe->asking && pipe->pending.len >= UPLOAD_CHUNK)
		http_pause(pipe->exchange);
	else
		http_resume(pipe->exchange);
}

/*
 * Begin
 */

void
chunk_pipe_open(ChunkPipe *pipe, const ChunkPipeHooks *hooks, HttpExchange *exchange, int64_t offset)
{
	pipe->hooks = hooks;
	pipe->exchange = exchange;
	pipe->offset = offset;
	pipe->who = identity_dup(http_who(exchange));
	pipes_open++;
}

bool
chunk_pipe_is_free(void)
{
	return pipes_open < config.max_uploads * UPLOADS_OPEN;
}

int
chunk_pipes_open(void)
{
	return pipes_open;
}
