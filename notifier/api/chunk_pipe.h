/*
 * chunk_pipe.h
 *	  Moves the bytes of a workbook from a body into the database, for an upload of any protocol.
 *
 * The owner embeds a ChunkPipe, opens it, and makes itself the owner of the
 * exchange.  It puts bytes in as they come, says when the last one was put
 * in, and calls chunk_pipe_advance() each time.  The pipe asks the owner for
 * one statement at a time:
 *
 *	  chunk ...			each time a chunk is full, and for the rest once the body is complete
 *	  last ...			when all bytes were sent, until the owner ends the pipe
 *	  clean				once, when the pipe has ended and no statement is open
 *	  release			at last, from the top of the loop
 *
 * Each statement is a transaction of its own, on a connection that is borrowed
 * for it: no connection is held while a client sends.  The client is read only
 * as fast as the database takes the chunks, so at most two chunks are in
 * memory.
 *
 * A pipe ends by chunk_pipe_end() or chunk_pipe_fail(), when a statement fails,
 * or when its client disconnects and the owner ends it. After that exchange is
 * NULL and no bytes are accepted. An open statement still runs to its end, and
 * the owner still gets its answer, which shows what must be cleaned up.
 */
#ifndef NOTIFIER_CHUNK_PIPE_H
#define NOTIFIER_CHUNK_PIPE_H

#include "base/buf.h"
#include "base/timer.h"
#include "db/db.h"
#include "http/http.h"

/* Bytes of a chunk; the extension uses the same size. */
#define UPLOAD_CHUNK 262144

typedef struct ChunkPipe ChunkPipe;

typedef struct ChunkPipeHooks
{
	/* Calls chunk_pipe_ask() with these bytes, which begin at that offset of the file. The owner owns the bytes. */
	void		(*chunk) (ChunkPipe *pipe, int64_t offset, Buf *bytes);

	/* Calls chunk_pipe_ask() with the statement that follows the bytes, or ends the pipe with success. */
	void		(*last) (ChunkPipe *pipe);

	/*
	 * Called when the body is complete: puts up to that many bytes into the
	 * pipe that were kept elsewhere. NULL: there are none.
	 */
	void		(*fill) (ChunkPipe *pipe, size_t want);

	/* Called when the pipe ends without success; the answer was given. NULL: nothing to do. */
	void		(*failed) (ChunkPipe *pipe);

	/* May call chunk_pipe_ask() once more, to remove a failed upload. NULL: nothing is removed. */
	void		(*clean) (ChunkPipe *pipe);

	/* Frees the owner. */
	void		(*release) (ChunkPipe *pipe);

	/* Adds the headers that each error of this protocol has. NULL: there are none. */
	void		(*error_head) (HttpExchange *exchange);
} ChunkPipeHooks;

/* The answer of the database. It is an error only for the statement of clean(). */
typedef void (*ChunkPipeAnswer) (ChunkPipe *pipe, const DbError *error, const DbRow *row);

struct ChunkPipe
{
	HttpExchange *exchange;		/* NULL after the answer, or if the client has disconnected */
	bool		ended;

	/* private to chunk_pipe.c */
	const ChunkPipeHooks *hooks;
	Identity   *who;			/* NULL: the sidecar's own */
	int64_t		offset;			/* in the file, of the first byte in pending */
	Buf			pending;		/* bytes that are not sent yet */
	bool		complete;		/* no more bytes will come */
	bool		asking;			/* the database */
	bool		cleaning;
	ChunkPipeAnswer answer;
	Timer		end;
};

/* Opens the pipe, which then counts as an upload. offset: the place of the first byte in the file. */
extern void chunk_pipe_open(ChunkPipe *pipe, const ChunkPipeHooks *hooks, HttpExchange *exchange, int64_t offset);

extern void chunk_pipe_put(ChunkPipe *pipe, const char *data, size_t len);

/* Offset in the file behind the last byte that was put in. */
extern int64_t chunk_pipe_size(const ChunkPipe *pipe);

/* Says that no more bytes will come. */
extern void chunk_pipe_complete(ChunkPipe *pipe);

/* Sends what can be sent now. */
extern void chunk_pipe_advance(ChunkPipe *pipe);

/* Call it from chunk(), last() or clean() only. The pipe sets who and lane of the request. */
extern void chunk_pipe_ask(ChunkPipe *pipe, const DbRequest *request, ChunkPipeAnswer answer);

/* Ends the pipe with success; the owner has answered the exchange. */
extern void chunk_pipe_end(ChunkPipe *pipe);

/* Ends the pipe without success; the owner has answered the exchange, or the client has disconnected. */
extern void chunk_pipe_give_up(ChunkPipe *pipe);

/* The same with this answer, if the client is still connected. */
extern void chunk_pipe_fail(ChunkPipe *pipe, int status, const char *message);

/*
 * How many uploads there may be. max-uploads is the number of statements that
 * are open at a time, each on a connection of the pool's lane for uploads, so
 * it limits the bytes in flight. An upload between two chunks has no
 * connection, only the bytes of its next chunk in memory. So there may be
 * UPLOADS_OPEN times as many of those, and slow clients do not block others.
 */
#define UPLOADS_OPEN 32

extern bool chunk_pipe_is_free(void);	/* may another upload be opened? */
extern int	chunk_pipes_open(void);

#endif							/* NOTIFIER_CHUNK_PIPE_H */
