/*
 * exception.c
 *	  The event exception, which reports an error to a client.
 */
#include "http/exception.h"

#include <inttypes.h>
#include <string.h>

#include "process/log.h"

void
exception_put(Buf *json, const Exception *exception)
{
	buf_puts(json, "{\"status\":\"error\",\"message\":");
	buf_json(json, exception->message, strlen(exception->message));
	buf_puts(json, ",\"code\":");
	buf_json(json, exception->code, strlen(exception->code));
	buf_printf(json, ",\"retryable\":%s", exception->retryable ? "true" : "false");
	if (exception->task != 0)
		buf_printf(json, ",\"taskId\":%" PRId64, exception->task);
	buf_putc(json, '}');
}

Exception
exception_of(const DbError *error, int64_t task)
{
	int			status = db_error_status(error);

	if (status == 500)
		log_error("database: %s, code=%s", error->message, error->code);
	return (Exception) {
		.task = task,
		.message = status == 500 ? "Internal server error" : error->message,
		.code = error->code,
		.retryable = status >= 500
	};
}
