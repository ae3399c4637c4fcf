/*
 * exception.h
 *	  The event exception, which reports an error to a client, by Socket.IO and by
 *	  an event stream.
 *
 * {"status":"error","message":…,"code":…,"retryable":…} and "taskId" if it is
 * about a task. code is the database's SQLSTATE, or a word of the sidecar.
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
	int64_t		task;			/* 0: it is not about a task */
	const char *message;
	const char *code;
	bool		retryable;
} Exception;

#define EXCEPTION_EXPIRED "token_expired"
#define EXCEPTION_TOKEN "token_refused"

extern void exception_put(Buf *json, const Exception *exception);

/*
 * Its texts live as long as the error's. An error that only a programmer can
 * correct is logged, and sent as an internal server error.
 */
extern Exception exception_of(const DbError *error, int64_t task);

#endif							/* NOTIFIER_EXCEPTION_H */
