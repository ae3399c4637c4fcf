/*
 * end.c
 *	  What a task ends as.
 */
#include "import/end.h"

#include "import/on_end.h"
#include "saving/save_mode.h"

bool
import_wants_all(const Task *task)
{
	return save_mode(task->mode)->whole;
}

bool
import_is_over_limit(const Import *import)
{
	return import->task->max_errors >= 0 && import->progress->error_rows > import->task->max_errors;
}

/* Why the task cannot be completed with the rows so far; NULL when it can. */
static char *
objection(const Import *import)
{
	const Progress *progress = import->progress;

	if (import->refusal != NULL)
		return import->refusal;
	if (import_is_over_limit(import))
		return psprintf("more than " INT64_FORMAT " rows have errors", import->task->max_errors);
	if (import_wants_all(import->task) && !import->task->dry_run && progress->error_rows > 0)
		return psprintf(INT64_FORMAT " of " INT64_FORMAT " rows have errors, so none was saved",
						progress->error_rows, progress->total_rows);
	return NULL;
}

bool
import_has_failed(const Import *import)
{
	return objection(import) != NULL;
}

/* Ends the task as FAILED. Its error rows stay. */
static void
give_up(Import *import, char *message)
{
	ErrorData	error = {
		.sqlerrcode = QUEUE_BAD_ROWS, .message = message,
		.hint = import->refusal != NULL ? (char *) import->refusal_hint :
			"The errors of the task tell which rows; correct them and upload the file again."
	};

	queue_end(import->task->id, TASK_FAILED, &error);
	if (!import->inside)
		ereport(LOG,
				(errmsg("task " INT64_FORMAT " has failed: %s", import->task->id, message)));
	if (import->inside)
		queue_remove_working_rows(import->task->id);	/* there is no file for a second attempt */
}

void
import_conclude(Import *import)
{
	char	   *message = objection(import);

	if (message != NULL)
		give_up(import, message);
	else
	{
		queue_complete(import->task);
		import_call_on_end(import);
		import_step_make_durable(import);
	}
}
