/*
 * exception.h
 *	  What an exception says to a client, by Socket.IO and by an event stream alike.
 *
 * {"status":"error","message":…,"code":…,"retryable":…} and "taskId" where it
 * is about a task.  code is the database's SQLSTATE, or a word of ours.
 * retryable: the same request may succeed later.
 */
#ifndef NOTIFIER_EXCEPTION_H
#define NOTIFIER_EXCEPTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "db/db.h"

typedef struct Exception
{
	int64_t		task;			/* 0: it is about none */
	const char *message;
	const char *code;
	bool		retryable;
} Exception;

#define EXCEPTION_EXPIRED "token_expired"

extern void exception_put(Buf *json, const Exception *exception);

/* Texts live as long as the error's.  What only a programmer can mend is logged, and called an internal server error. */
extern Exception exception_of(const DbError *error, int64_t task);

#endif							/* NOTIFIER_EXCEPTION_H */
