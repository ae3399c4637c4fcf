/*
 * redis.h
 *	  The process's one connection to the Redis of pg_xlsx.redis_url.
 *
 * It is made at the first call, and again after a loss or a change of the
 * setting.  Every call ends within pg_xlsx.redis_timeout, connecting included
 * (resolving a host's name takes as long as the system lets it).
 *
 * No message holds the URL: it may have a password in it.
 */
#ifndef PG_XLSX_REDIS_H
#define PG_XLSX_REDIS_H

#include "pg/pg_xlsx.h"

#define REDIS_MAX_WORDS 24

typedef struct RedisCommand
{
	int			count;			/* of words; commands of none end a list */
	const char *words[REDIS_MAX_WORDS];
	size_t		lengths[REDIS_MAX_WORDS];	/* 0: the word is a string */
} RedisCommand;

/* Of the last command of a list. */
typedef struct RedisAnswer
{
	bool		nil;
	int64		integer;
	const char *data;			/* a string's bytes, until the next call */
	size_t		length;
} RedisAnswer;

/* Is there a Redis to use? */
extern bool redis_configured(void);

/* Keys are ours alone: "pg_xlsx:<system>:<database>:<kind>:<id>", where a dump that is restored elsewhere finds nothing. */
extern char *redis_key(const char *kind, int64 id);

/* Sends the commands in one go and reads all answers. An error of class 08 when that fails. */
extern void redis_run(const RedisCommand *commands, int count, RedisAnswer *last);

/*
 * The same for what may be left undone: never throws, so it can be called at
 * the end of a transaction.  False when it failed; after that nothing is
 * tried for some seconds, since each try may take as long as the time-out.
 */
extern bool redis_try(const RedisCommand *commands, int count, RedisAnswer *last);

/* Takes passwords of Redis URLs out of whatever goes to the log; called by _PG_init while libraries are preloaded. */
extern void redis_guard_log(void);

#endif							/* PG_XLSX_REDIS_H */
