/*
 * import.c
 *	  One task from its claim to its end.
 */
#include "import/import.h"

#include "import/end.h"
#include "import/save_phase.h"
#include "import/read_phase.h"
#include "import/validate_phase.h"
#include "miscadmin.h"
#include "profile/options.h"
#include "pgstat.h"
#include "saving/demand.h"
#include "saving/rights.h"
#include "saving/save_mode.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/*
 * What the phases share
 */

/*
 * How long a batch should take. Between the two limits the number of rows stays: such a
 * difference is chance.
 */
#define BATCH_LONG_MS	250
#define BATCH_SHORT_MS	80
#define LEAST_BATCH_ROWS 20

void
import_adapt_batch(int *rows, TimestampTz began)
{
	int64		elapsed = TimestampDifferenceMilliseconds(began, GetCurrentTimestamp());

	if (elapsed > BATCH_LONG_MS)
		*rows = Max(*rows / 2, LEAST_BATCH_ROWS);
	else if (elapsed < BATCH_SHORT_MS)
		*rows = Min(*rows * 2, PG_XLSX_BATCH_ROWS);
}

void
import_enter_phase(Import *import, Phase phase, int percent)
{
	import->progress->percent = percent;
	if (!import->inside)
		pgstat_report_activity(STATE_RUNNING, psprintf("task " INT64_FORMAT ": %s", import->task->id, phase_names.texts[phase]));
	import_step_begin(import);
	progress_enter(import->progress, phase);
	import_step_end(import);
}

EventsTo
import_events_to(const Import *import)
{
	return (EventsTo) {import->task->id, import->progress->live, events_channel(), false};
}

void
import_load_profile(Import *import)
{
	Task	   *task = import->task;
	Profile    *profile = profile_load_frozen(task->frozen, task->options);

	import->profile = profile;
	profile->params = task->params;
	save_demand(&(SaveTask) {.profile = profile, .mode = task->mode});
	task->date_order = options_text(task->options, "date_order");
	task->decimal = options_text(task->options, "decimal");
	task->text_zone = options_text(task->options, "time_zone");
	if (profile->target_word != NULL && !import->inside)
		ereport(WARNING,
				(errmsg("%s", profile->target_word)));
	queue_save_target(task->id, profile->target, profile->target_word);
	/*
	 * A worker has confined its whole session already. A session that can become no other role
	 * needs no confinement.
	 */
	profile->confined = import->inside && (profile->owner != GetUserId() || role_sql_must_confine(GetUserId()));
	if (task->sheet == NULL)
		task->sheet = profile->sheet;
	if (task->header_row == NULL)
		task->header_row = profile->header_row;
	if (task->range == NULL)
		task->range = profile->range;
	if (task->locale == NULL)
		task->locale = profile->locale;
	if (task->max_errors < 0)
		task->max_errors = profile->max_errors;
}

/*
 * The phases, one after the other
 */

/* The phase VALIDATING_HEADERS. Creates what the two phases after it need. */
static ImportValidation *
validate_headers(Import *import, ImportSheet *sheet, ImportSaving **saving)
{
	ImportValidation *validation;

	import_enter_phase(import, PHASE_VALIDATING_HEADERS, 0);
	import_step_begin(import);
	MemoryContextSwitchTo(import->context);
	import_sheet_find_header(import, sheet);
	/* A missing right is reported before a row is read, not when the first row is saved. */
	save_mode_require_deletes(import->task->mode, import->profile->delete_when);
	save_require_all_rights(&(SaveTask) {.profile = import->profile, .mode = import->task->mode});
	*saving = import_saving_create(import, sheet->reader);
	validation = import_validation_create(import, sheet, *saving);
	import_step_end(import);
	return validation;
}

/* All phases up to SAVING. */
static ImportSaving *
validate(Import *import)
{
	ImportSheet sheet;
	ImportValidation *validation;
	ImportSaving *saving;

	import_sheet_open(import, &sheet);
	validation = validate_headers(import, &sheet, &saving);
	import_validate_rows(validation);
	import_sheet_close(&sheet);
	return saving;
}

/* For an attempt that begins at SAVING, since an earlier one has completed VALIDATING. */
static ImportSaving *
resume_saving(Import *import)
{
	ImportSaving *saving;

	import_step_begin(import);
	MemoryContextSwitchTo(import->context);
	import_load_profile(import);
	if (import->task->source_count != import->profile->count)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("the profile was changed between checking and saving"),
				 errhint("Upload the file again.")));
	saving = import_saving_create(import, NULL);
	import_step_end(import);
	return saving;
}

static void
run_phases(Import *import)
{
	ImportSaving *saving;

	import->context = CurrentMemoryContext;
	import->batch_context = AllocSetContextCreate(import->context, "pg_xlsx batch", ALLOCSET_DEFAULT_SIZES);
	saving = import->task->progress.validated ? resume_saving(import) : validate(import);
	if (!import_has_failed(import) && import_save_rows(saving))
		return;
	import_step_begin(import);
	import_conclude(import);
	import_step_end(import);
}

/*
 * Other sessions see the import in shared memory while this runs. It is removed from there when
 * this throws, too.
 */
static void
run(Import *import, Task *task, bool inside)
{
	LiveTask	live = {
		.task = task->id, .owner = task->owner, .tenant = task->tenant, .attempt = task->attempt, .inside = inside, .profile = task->profile_name,
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
