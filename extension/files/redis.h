/*
 * redis.h
 *	  The connection of this process to the Redis of pg_xlsx.redis_url.
 *
 * It is made at the first call, and again after it is lost or the setting has changed. Every call
 * ends within pg_xlsx.redis_timeout, including the connection. Only the resolution of a host name
 * takes as long as the system lets it.
 *
 * No message contains the URL, because it may contain a password.
 */
#ifndef PG_XLSX_REDIS_H
#define PG_XLSX_REDIS_H

#include "pg/pg_xlsx.h"

#define REDIS_MAX_WORDS 24

typedef struct RedisCommand
{
	int			count;			/* number of words; a command without words ends a list */
	const char *words[REDIS_MAX_WORDS];
	size_t		lengths[REDIS_MAX_WORDS];	/* 0: the word is a string */
} RedisCommand;

/* Of the last command of a list. */
typedef struct RedisAnswer
{
	bool		nil;
	int64		integer;
	const char *data;			/* bytes of a string, valid until the next call */
	size_t		length;
} RedisAnswer;

/* Is pg_xlsx.redis_url set? */
extern bool redis_configured(void);

/*
 * A key of this database alone: "pg_xlsx:<system>:<database>:<kind>:<id>". A dump that is
 * restored elsewhere finds no keys of the original.
 */
extern char *redis_key(const char *kind, int64 id);

/* Sends the commands together and reads all answers. Raises an error of class 08 when that fails. */
extern void redis_run(const RedisCommand *commands, int count, RedisAnswer *last);

/*
 * The same for optional commands. It never throws, so it can be called at the end of a
 * transaction. Returns false when it failed. After a failure nothing is tried for some seconds,
 * since each try may take as long as the time-out.
 */
extern bool redis_try(const RedisCommand *commands, int count, RedisAnswer *last);

/*
 * Removes passwords of Redis URLs from everything that is logged. Called by _PG_init while
 * libraries are preloaded.
 */
extern void redis_guard_log(void);

#endif							/* PG_XLSX_REDIS_H */
