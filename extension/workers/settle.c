/*
 * settle.c
 *	  What becomes of a task whose attempt has failed.
 */
#include "workers/settle.h"

#include "pg/deadline.h"
#include "tasks/passing.h"
#include "tasks/setting_fault.h"
#include "utils/guc.h"

/* How long to wait for a session that holds the task's row, when the end of an attempt is written. */
#define SETTLE_WAIT "5s"

/* A deadlock or serialization failure does not count as a failed attempt until a task has had this many. */
#define MAX_CONFLICTS 10

/*
 * Did another transaction cause the error, so that an immediate attempt may succeed? After
 * MAX_CONFLICTS of a task, the attempt has to wait like others.
 */
static bool
is_mere_conflict(const Task *task, int sqlstate)
{
	static int64 last_task = 0;
	static int	conflicts;

	if (ERRCODE_TO_CATEGORY(sqlstate) != ERRCODE_TRANSACTION_ROLLBACK)
		return false;
	if (task->id != last_task)
		conflicts = 0;
	last_task = task->id;
	return conflicts++ < MAX_CONFLICTS;
}

/* For errors that the next attempt does not remove at once. */
static void
settle_error(const Task *task, ErrorData *error)
{
	setting_fault_explain(task->id, error);
	if (passing_trouble(error->sqlerrcode))
		queue_wait_on(task->id, error);
	else if (!passing_error(error->sqlerrcode) || !queue_postpone(task, error))
		queue_end(task->id, TASK_FAILED, error);
}

void
settle_attempt(const Task *task, ErrorData *error)
{
	(void) set_config_option("lock_timeout", SETTLE_WAIT, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
	if (queue_has_ended(task->id))
		ereport(LOG,
				(errmsg("task " INT64_FORMAT " had ended before its worker was interrupted", task->id)));
	else if (deadline_passed())
		queue_end(task->id, TASK_FAILED, deadline_error());
	else if (error->sqlerrcode == ERRCODE_QUERY_CANCELED)
	{
		error->message = "Task was cancelled";
		queue_end(task->id, TASK_CANCELLED, error);
	}
	else if (is_mere_conflict(task, error->sqlerrcode))
		queue_again(task->id);
	else
		settle_error(task, error);
}
