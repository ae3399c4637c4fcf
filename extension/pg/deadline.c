/*
 * deadline.c
 *	  A time limit for the work of this process.
 */
#include "pg/deadline.h"

#include "miscadmin.h"
#include "storage/latch.h"
#include "utils/guc.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

/* How often the query is cancelled, and at which interval, before the process ends itself. */
#define MOST_CANCELS	10
#define CANCEL_AGAIN_MS	1000

static TimeoutId timer;
static bool registered = false;
static volatile sig_atomic_t cancels = 0;

static void
on_time_over(void)
{
	if (cancels < MOST_CANCELS)
		QueryCancelPending = true;
	else
		ProcDiePending = true;
	cancels = cancels + 1;
	InterruptPending = true;
	SetLatch(MyLatch);
}

void
deadline_start(int milliseconds)
{
	cancels = 0;
	if (milliseconds == 0)
		return;
	if (!registered)
		timer = RegisterTimeout(USER_TIMEOUT, on_time_over);
	registered = true;
	enable_timeout_every(timer, TimestampTzPlusMilliseconds(GetCurrentTimestamp(), milliseconds), CANCEL_AGAIN_MS);
}

void
deadline_stop(void)
{
	if (registered)
		disable_timeout(timer, false);
}

bool
deadline_passed(void)
{
	return cancels > 0;
}

static char *
message(void)
{
	return psprintf("attempt took longer than pg_xlsx.task_timeout (%s)",
					GetConfigOptionByName("pg_xlsx.task_timeout", NULL, false));
}

static const char *const hint = "xlsx.retry makes another attempt, which goes on where this one stopped.";

void
deadline_explain(void)
{
	if (!deadline_passed() || geterrcode() != ERRCODE_QUERY_CANCELED)
		return;
	errmsg_internal("%s", message());
	errhint("%s", hint);
}

ErrorData *
deadline_error(void)
{
	ErrorData  *error = palloc0(sizeof(ErrorData));

	error->sqlerrcode = ERRCODE_QUERY_CANCELED;
	error->message = message();
	error->hint = pstrdup(hint);
	return error;
}
