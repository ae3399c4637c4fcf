/*
 * import_inside.c
 *	  Imports in the transaction of the caller.
 */
#include "functions/import_inside.h"

#include "catalog/pg_type.h"
#include "functions/incoming_file.h"
#include "import/import.h"
#include "pg/subtransaction.h"
#include "tables/private_sql.h"
#include "tasks/queue.h"
#include "tasks/task_file.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

typedef struct Copy
{
	int64		task;
	const char *name;
	const XlsxSource *source;
} Copy;

static void
give_file(int64 task, int64 file)
{
	static PrivateStatement update = {
		"UPDATE xlsx_private.task SET file_id = $2 WHERE id = $1", 2, {INT8OID, INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task), Int64GetDatum(file)};

	private_sql_run(&update, values, NULL, NULL);
}

static void
copy_file(void *argument)
{
	Copy	   *copy = argument;
	int64		file = incoming_file_create(NULL, copy->name, NULL);

	incoming_file_put_all(file, copy->source);
	incoming_file_set_size(file, (int64) copy->source->size, true);
	give_file(copy->task, file);
}

static void
note_limit(int64 task)
{
	static PrivateStatement update = {
		"UPDATE xlsx_private.task SET file_gone = $2, file_gone_at = clock_timestamp() WHERE id = $1", 2, {INT8OID, TEXTOID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task), CStringGetTextDatum(file_gone_names.texts[FILE_GONE_LIMIT])};

	private_sql_run(&update, values, NULL, NULL);
}

static void
keep_file(const Task *task, const XlsxSource *source, int64 stored)
{
	static PrivateStatement select = {
		"SELECT FROM xlsx_private.task t WHERE t.id = $1 AND xlsx_private.wants_file(t)", 1, {INT8OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task->id)};
	Copy		copy = {task->id, task->file_name, source};
	ErrorData  *error;

	if (private_sql_run(&select, values, NULL, NULL) == 0)
		return;
	if (stored != 0)
	{
		give_file(task->id, stored);
		return;
	}
	error = subtransaction_try(copy_file, &copy);
	if (error == NULL)
		return;
	if (task->dry_run || error->sqlerrcode != ERRCODE_CONFIGURATION_LIMIT_EXCEEDED)
		ReThrowError(error);
	note_limit(task->id);
}

void
import_inside(int64 id, const XlsxSource *source, int64 stored)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx import", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	Task	   *task = queue_load(id);

	task->content = source;
	import_run_inside(task);
	keep_file(task, source, stored);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}
