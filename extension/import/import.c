/*
 * import.c
 *	  One task from its claim to its end.
 */
#include "import/import.h"

#include "files/store.h"
#include "files/workbook.h"
#include "import/state.h"
#include "miscadmin.h"
#include "pg/guc.h"
#include "profile/headers.h"
#include "saving/rights.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* Smaller files are read before another process has started. */
#define READER_LEAST_BYTES (1024 * 1024)

/*
 * LOADING_WORKBOOK
 */

void
import_open_source(const Import *import, XlsxSource *source, MemoryContext context)
{
	const Task *task = import->task;

	if (task->content != NULL)
		*source = *task->content;
	else if (task->file != 0)
		store_source(source, task->file, task->file_size, context);
	else
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("uploaded file is not there any more"),
				 errhint("Upload the file again.")));
}

static void
open_book(Import *import)
{
	XlsxSource	source;

	import_open_source(import, &source, import->book_context);
	import->book = workbook_open(&source, import->book_context);
}

/* A process of its own for reading, where that is wanted and the file is worth it; else NULL. */
static Reader *
start_reader(const Import *import)
{
	const Task *task = import->task;
	ReaderFile	file = {task->file, task->file_size, task->sheet};
	EventsTo		to;

	if (!pg_xlsx_read_ahead || task->content != NULL || task->file == 0 || task->file_size < READER_LEAST_BYTES ||
		header_row_said(task->header_row).kind == HEADER_ROW_AUTO)
		return NULL;
	to = import_events_to(import);
	return reader_start(&file, &to);
}

/* What the task does not say is the profile's. */
static void
load_profile(Import *import)
{
	Task	   *task = import->task;
	Profile    *profile = profile_load_frozen(task->frozen);

	import->profile = profile;
	/* A worker has confined all that it does, or its session is nobody but the role. */
	profile->confined = import->inside && (profile->owner != GetUserId() || role_sql_must_confine(GetUserId()));
	if (task->sheet == NULL)
		task->sheet = profile->sheet;
	if (task->header_row == NULL)
		task->header_row = profile->header_row;
	if (task->locale == NULL)
		task->locale = profile->locale;
	if (task->max_errors < 0)
		task->max_errors = profile->max_errors;
}

EventsTo
import_events_to(const Import *import)
{
	return (EventsTo) {import->task->id, import->progress->live, events_channel(), false};
}

static void
load_workbook(Import *import)
{
	RowsOptions options;

	import_enter_phase(import, PHASE_LOADING_WORKBOOK, 0);
	import_step_begin(import);
	MemoryContextSwitchTo(import->context);
	load_profile(import);
	options = (RowsOptions) {import->task->sheet, import->profile->range, import->profile->skip_end};
	import->reader = start_reader(import);
	if (import->reader == NULL)
	{
		MemoryContextSwitchTo(import->book_context);
		open_book(import);
		import->rows = rows_open(import->book, &options);
	}
	import_step_end(import);
	/* Waiting for another process is nothing to be in a transaction for. */
	if (import->reader != NULL)
		import->rows = rows_open_reader(import->reader, &options);
}

/*
 * VALIDATING_HEADERS
 */

/*
 * Rows are saved as they come where the reader judges them: then what it says
 * of them is the truth of VALIDATING.  Rows that this process has to judge all
 * wait in packets: judging them is an end of its own, and is told.
 */
static void
look_ahead(Import *import)
{
	const JudgePlan *plan = validator_plan(import->validator);
	bool		early = plan != NULL && import_may_save_early(import);

	if (plan != NULL && rows_check_ahead(import->rows, plan, import->header_row,
										 (uint32) import->progress->cursor_row, early))
		import->early = early;
	if (import->early)
		import->batch_rows = IMPORT_FIRST_BATCH_ROWS;
	if (plan == NULL)
		import->judged_rows = IMPORT_FIRST_BATCH_ROWS;
	import->progress->ahead = import->kept_whole = import->early;
	if (import->reader != NULL && import_is_in_one_go(import->task))
		reader_stay(import->reader);
	if (import->reader != NULL)
		reader_go(import->reader);
}

static void
validate_headers(Import *import)
{
	Task	   *task = import->task;
	Profile    *profile = import->profile;
	bool		date1904 = rows_date1904(import->rows);
	const XlsxRow *row;
	HeaderMatch match;

	import_enter_phase(import, PHASE_VALIDATING_HEADERS, 0);
	import_step_begin(import);
	MemoryContextSwitchTo(import->context);
	row = rows_find_header(import->rows, profile, header_row_said(task->header_row), task->mapping, &match);
	if (match.message != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s", match.message)));
	/* Before a row is looked at, not when the first one is to be saved. */
	save_require_all_rights(&(SaveTask) {.profile = profile, .mode = task->mode});
	import->header_row = row->number;
	import->source = match.source;
	queue_save_source(task, rows_sheet_name(import->rows), row->number, match.source, match.found, profile->count);
	import->judging = (JudgeTask) {
		.profile = profile, .id = task->id, .file_name = task->file_name, .locale = task->locale, .date1904 = date1904,
		.source = match.source, .extras = headers_of_extras(row, date1904, &match, profile->count)
	};
	import->validator = validator_create(&import->judging, import->progress->cursor_row);
	look_ahead(import);
	import_step_end(import);
}

/*
 * The whole
 */

/* What an attempt needs that begins at SAVING. */
static void
resume_saving(Import *import)
{
	import_step_begin(import);
	MemoryContextSwitchTo(import->context);
	load_profile(import);
	if (import->task->source_count != import->profile->count)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("the profile was changed between checking and saving"),
				 errhint("Upload the file again.")));
	import->source = import->task->source;
	import_step_end(import);
}

/* Why the rows so far forbid to go on; NULL when they do not. */
static char *
objection(const Import *import)
{
	const Progress *progress = import->progress;

	if (import_is_over_limit(import))
		return psprintf("more than " INT64_FORMAT " rows have errors", import->task->max_errors);
	if (import_wants_all(import->task) && !import->task->dry_run && progress->error_rows > 0)
		return psprintf(INT64_FORMAT " of " INT64_FORMAT " rows have errors, so none was saved",
						progress->error_rows, progress->total_rows);
	return NULL;
}

/* Ends a task whose rows will not do; what was found wrong with them stays with it. */
static void
give_up(Import *import, char *message)
{
	ErrorData	error = {
		.sqlerrcode = ERRCODE_DATA_EXCEPTION, .message = message,
		.hint = "The errors of the task tell which rows; correct them and upload the file again."
	};

	queue_end(import->task->id, TASK_FAILED, &error);
	if (import->inside)
		queue_remove_working_rows(import->task->id);	/* without a file there is no second attempt */
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
		import->durable = true;
	}
	import->concluded = true;
}

/* In a step of its own, unless the step that saved the rows has done so. */
static void
conclude(Import *import)
{
	if (import->concluded)
		return;
	import_step_begin(import);
	import_conclude(import);
	import_step_end(import);
}

static void
run_phases(Import *import)
{
	Task	   *task = import->task;

	import->context = CurrentMemoryContext;
	import->book_context = AllocSetContextCreate(import->context, "pg_xlsx book", ALLOCSET_DEFAULT_SIZES);
	import->batch_context = AllocSetContextCreate(import->context, "pg_xlsx batch", ALLOCSET_DEFAULT_SIZES);
	import->batch_rows = import->judged_rows = PG_XLSX_BATCH_ROWS;
	error_rows_init(&import->errors, task->id, false, ERROR_ROWS_ANYWHERE, import->context);
	if (task->progress.validated)
		resume_saving(import);
	else
	{
		load_workbook(import);
		validate_headers(import);
		import_validate_rows(import);
	}
	if (objection(import) == NULL)
		import_save_rows(import);
	conclude(import);
}

/* Others see the import from here to its end, whichever way it ends. */
static void
run(Import *import, Task *task, bool inside)
{
	LiveTask	live = {
		.task = task->id, .owner = task->owner, .attempt = task->attempt, .inside = inside, .profile = task->profile_name,
		.file_name = task->file_name, .seq = task->seq
	};

	import->task = task;
	import->progress = &task->progress;
	import->inside = inside;
	progress_begin(import->progress, &live);
	PG_TRY();
	{
		run_phases(import);
	}
	PG_FINALLY();
	{
		progress_end(import->progress);
	}
	PG_END_TRY();
}

void
import_run(Task *task)
{
	run(palloc0(sizeof(Import)), task, false);
}

void
import_run_inside(Task *task)
{
	run(palloc0(sizeof(Import)), task, true);
}
