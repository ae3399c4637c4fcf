/*
 * chunk_pipe.h
 *	  The bytes of a workbook on their way from a body into the database, for an upload of any protocol.
 *
 * The owner embeds a ChunkPipe, opens it, and makes itself the owner of the
 * exchange.  It puts bytes in as they come and says when the last one has
 * come; each time it calls chunk_pipe_advance().  The pipe asks the owner for
 * one statement at a time:
 *
 *	  chunk ...			each time a chunk is full, and for the rest once the body is complete
 *	  last ...			when all bytes were sent, until the owner ends the pipe
 *	  clean				once, when the pipe has ended and no statement is open
 *	  release			at last, from the top of the loop
 *
 * Each statement is a transaction of its own, on a connection that is borrowed
 * for it: no connection is held while a client sends.  The client is read only
 * as fast as the database takes the chunks, so that two of them are in memory
 * at most.
 *
 * A pipe ends by chunk_pipe_end() or chunk_pipe_fail(), when a statement fails,
 * or when its client goes and the owner gives up.  After that exchange is NULL
 * and no bytes are taken.  A statement that is open then still ends, and its
 * answer is still given to the owner, who learns from it what there is to
 * clean up.
 */
#ifndef NOTIFIER_CHUNK_PIPE_H
#define NOTIFIER_CHUNK_PIPE_H

#include "base/buf.h"
#include "base/timer.h"
#include "db/db.h"
#include "http/http.h"

/* Bytes of a file that are put into the database at a time, as the extension has it. */
#define UPLOAD_CHUNK 262144

typedef struct ChunkPipe ChunkPipe;

typedef struct ChunkPipeHooks
{
	/* Calls chunk_pipe_ask() with these bytes, which stand at that offset of the file and are the owner's from now on. */
	void		(*chunk) (ChunkPipe *pipe, int64_t offset, Buf *bytes);

	/* The same for what follows the bytes; or ends the pipe, which then has succeeded. */
	void		(*last) (ChunkPipe *pipe);

	/* The body is complete: puts up to so many bytes into the pipe that were kept elsewhere.  NULL: none are. */
	void		(*fill) (ChunkPipe *pipe, size_t want);

	/* The pipe ends without success, now; its answer was given.  NULL: nothing is to be done. */
	void		(*failed) (ChunkPipe *pipe);

	/* May call chunk_pipe_ask() once more, to remove what came to nothing.  NULL: nothing is ever removed. */
	void		(*clean) (ChunkPipe *pipe);

	/* Frees the owner. */
	void		(*release) (ChunkPipe *pipe);

	/* Adds the headers that each error of this protocol has.  NULL: it has none. */
	void		(*error_head) (HttpExchange *exchange);
} ChunkPipeHooks;

/* What the database answered; an error is given only by the statement of clean(). */
typedef void (*ChunkPipeAnswer) (ChunkPipe *pipe, const DbError *error, const DbRow *row);

struct ChunkPipe
{
	HttpExchange *exchange;		/* NULL once it was answered, or the client is gone */
	bool		ended;

	/* chunk_pipe.c's own */
	const ChunkPipeHooks *hooks;
	char	   *role;			/* NULL: the sidecar's own */
	int64_t		offset;			/* in the file, of the first byte in pending */
	Buf			pending;		/* bytes that are not sent yet */
	bool		complete;		/* no more bytes will come */
	bool		asking;			/* the database */
	bool		cleaning;
	ChunkPipeAnswer answer;
	Timer		end;
};

/* From now on it counts as an upload.  offset: where in the file the first byte stands. */
extern void chunk_pipe_open(ChunkPipe *pipe, const ChunkPipeHooks *hooks, HttpExchange *exchange, int64_t offset);

extern void chunk_pipe_put(ChunkPipe *pipe, const char *data, size_t len);

/* Bytes of the file up to the last one that was put in. */
extern int64_t chunk_pipe_size(const ChunkPipe *pipe);

/* No more bytes will come. */
extern void chunk_pipe_complete(ChunkPipe *pipe);

/* Does what can be done now. */
extern void chunk_pipe_advance(ChunkPipe *pipe);

/* From chunk(), last() or clean() only; role and lane of the request are the pipe's. */
extern void chunk_pipe_ask(ChunkPipe *pipe, const DbRequest *request, ChunkPipeAnswer answer);

/* Success; the owner has answered the exchange. */
extern void chunk_pipe_end(ChunkPipe *pipe);

/* Failure; the owner has answered the exchange, or the client is gone. */
extern void chunk_pipe_give_up(ChunkPipe *pipe);

/* The same with this answer, where the client is still there. */
extern void chunk_pipe_fail(ChunkPipe *pipe, int status, const char *message);

/*
 * How many there may be.  max-uploads is the number of statements that are open
 * at a time, each on a connection of the pool's lane for uploads; so it limits
 * the bytes in flight.  An upload between two chunks has no connection, only
 * the bytes of its next chunk in memory, so there may be UPLOADS_OPEN times as
 * many of those: clients that send slowly keep nobody out.
 */
#define UPLOADS_OPEN 32

extern bool chunk_pipe_is_free(void);	/* may one more be opened? */
extern int	chunk_pipes_open(void);

#endif							/* NOTIFIER_CHUNK_PIPE_H */
