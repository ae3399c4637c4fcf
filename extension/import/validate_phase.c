/*
 * validate_phase.c
 *	  VALIDATING: rows of the sheet become packets and error rows, or are saved at once.
 */
#include "import/validate_phase.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "import/absent_phase.h"
#include "import/end.h"
#include "import/read_phase.h"
#include "pg/place.h"
#include "files/workbook.h"
#include "reading/findings.h"
#include "saving/key.h"
#include "saving/save_mode.h"
#include "tables/private_sql.h"
#include "tasks/role_limits.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "validate/stop_rule.h"
#include "validate/validator.h"

struct ImportValidation
{
	Import	   *import;
	ImportSheet *sheet;
	ImportSaving *saving;
	JudgeTask	judging;		/* what the validator works on */
	Validator  *validator;
	StopRule   *stop;			/* NULL: the data end where rows end */
	const XlsxRow *ahead;		/* the next row, already read; NULL at the end of the sheet */
	bool		early;			/* rows are saved as soon as they are checked */
	bool		kept_whole;		/* nothing may be committed before the sheet is known to be complete */
	int			judged_rows;	/* most rows to judge at once; fewer where that takes long */
	int			refused_rows;	/* of the batch at hand, by the target */
};

/*
 * Texts with two readings
 */

static void
store_findings(const Task *task)
{
	static PrivateStatement update = {
		"UPDATE xlsx_private.task SET findings = $2::jsonb WHERE id = $1", 2, {INT8OID, TEXTOID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task->id), CStringGetTextDatum(task->findings)};

	private_sql_run(&update, values, NULL, NULL);
}

/* Reads the sheet once more, to look at whole columns. The result is committed with the rows that need it. */
static void
decide(void *argument)
{
	ImportValidation *validation = argument;
	Task	   *task = validation->import->task;
	const JudgePlan *plan = validator_whole_plan(validation->validator);
	RowsOptions options;
	HeaderMatch match;
	SheetRows  *rows;
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx findings", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	XlsxSource	source;
	Findings   *findings;

	import_open_source(task, &source, context);
	import_rows_options(validation->import, &options);
	rows = rows_open(workbook_open(&source, context), &options);
	rows_find_header(rows, validation->import->profile, header_row_said(task->header_row), task->mapping, &match);
	findings = findings_look(plan, rows, validation->sheet->header_row);
	findings_apply(findings, plan);
	rows_found(validation->sheet->rows, plan);
	task->findings = MemoryContextStrdup(validation->import->context, findings_json(findings, validation->import->profile, plan, false));
	MemoryContextSwitchTo(caller);
	store_findings(task);
	MemoryContextDelete(context);
}

/*
 * To begin with
 */

/*
 * Rows are saved as soon as they are read when the reader judges them: then the reader's counts
 * are those of VALIDATING. Rows that this process has to judge wait in packets until all are
 * judged, because VALIDATING then has a progress bar of its own.
 */
static void
look_ahead(ImportValidation *validation)
{
	Import	   *import = validation->import;
	ImportSheet *sheet = validation->sheet;
	const JudgePlan *plan = validator_plan(validation->validator);
	bool		early = plan != NULL && import_may_save_early(validation->saving);

	if (plan != NULL && rows_check_ahead(sheet->rows, plan, sheet->header_row, (uint32) import->progress->cursor_row, early))
		validation->early = early;
	if (plan == NULL)
		validation->judged_rows = IMPORT_FIRST_BATCH_ROWS;
	import->progress->ahead = validation->kept_whole = validation->early;
	if (sheet->reader != NULL && import_is_in_one_go(import->task))
		reader_stay(sheet->reader);
	if (sheet->reader != NULL)
		reader_go(sheet->reader);
}

/* Of the columns that the key reads, more is to be known where rows may delete others, by what they say or by what the file lacks. */
static const bool *
key_columns(const Import *import)
{
	const Profile *profile = import->profile;
	SaveKey		key;

	if (!save_mode(import->task->mode)->absents && profile->delete_when == NULL)
		return NULL;
	save_key_find(&(SaveTask) {.profile = import->profile, .mode = import->task->mode}, &key);
	return key.reads;
}

ImportValidation *
import_validation_create(Import *import, ImportSheet *sheet, ImportSaving *saving)
{
	ImportValidation *validation = palloc0(sizeof(ImportValidation));
	Task	   *task = import->task;

	validation->import = import;
	validation->sheet = sheet;
	validation->saving = saving;
	validation->judged_rows = PG_XLSX_BATCH_ROWS;
	validation->judging = (JudgeTask) {
		.profile = import->profile, .id = task->id, .file_name = task->file_name,
		.sheet_names = rows_sheet_names(sheet->rows), .locale = task->locale,
		.date_order = task->date_order, .decimal = task->decimal, .time_zone = task->text_zone,
		.book = rows_book(sheet->rows), .source = task->source, .extras = sheet->extras,
		.key = key_columns(import), .keeps_bad = save_mode(task->mode)->absents
	};
	validation->stop = stop_rule_create(&validation->judging);
	validation->validator = validator_create(&validation->judging, import->progress->cursor_row);
	validator_ask(validation->validator, decide, validation);
	if (task->findings != NULL)
		findings_apply_stored(task->findings, import->profile, validator_whole_plan(validation->validator));
	look_ahead(validation);
	return validation;
}

/*
 * Batches
 */

/* The next row of the data; NULL at their end. */
static const XlsxRow *
read_row(ImportValidation *validation)
{
	const XlsxRow *row;

	while ((row = rows_next(validation->sheet->rows)) != NULL && validation->stop != NULL && stop_rule_says(validation->stop, row))
		rows_end_sheet(validation->sheet->rows, row->number);
	return row;
}

static void
insert_packet(const Import *import, int32 number, bytea *packet)
{
	static PrivateStatement insert = {
		"INSERT INTO xlsx_private.packet (task_id, no, data) VALUES ($1, $2, $3)",
		3, {INT8OID, INT4OID, BYTEAOID}, NULL
	};
	Datum		values[] = {Int64GetDatum(import->task->id), Int32GetDatum(number), PointerGetDatum(packet)};

	private_sql_run(&insert, values, NULL, NULL);
}

static void
store_packet(Import *import, bytea *packet)
{
	insert_packet(import, import->progress->packets, packet);
	import->progress->packets++;
}

/* Percent of VALIDATING while rows are still to come. It never falls and is at most 99. */
static int
validating_percent(const ImportValidation *validation)
{
	const Progress *progress = validation->import->progress;
	const ImportSheet *sheet = validation->sheet;
	int64		declared = import_sheet_declared_rows(sheet);
	uint64		done = (uint64) (progress->cursor_row - sheet->header_row);
	uint64		total = (uint64) declared;

	if (declared == 0)
		rows_position(sheet->rows, &done, &total);
	return total == 0 ? progress->percent : Max(progress->percent, Min((int) (done * 100 / total), 99));
}

/* Rows of the batch at hand that the reader has not judged. */
typedef struct OwnRows
{
	int			rows;
	int			open_rows;		/* of them: the reader has looked at them, and left them to this process */
	int			judged_bad;		/* bad rows among those that the reader has judged */
} OwnRows;

/* Adds the row that was read ahead to the batch. */
static void
validate_row(ImportValidation *validation, OwnRows *own)
{
	const CheckedRow *checked = rows_checked(validation->sheet->rows);
	bool		looked = rows_looked(validation->sheet->rows);

	validation->import->progress->among_looked |= looked;
	if (checked != NULL)
	{
		own->judged_bad += checked->verdict == ROW_BAD ? 1 : 0;
		validator_checked_row(validation->validator, validation->ahead->number, checked);
	}
	else
	{
		own->rows++;
		own->open_rows += looked ? 1 : 0;
		place_set_rows(validation->ahead->number, validation->ahead->number);
		validator_row(validation->validator, validation->ahead);
		place_set_rows(0, 0);
	}
}

static void
count_batch(Progress *progress, const ValidatedBatch *batch, const OwnRows *own)
{
	progress->validated_rows += batch->rows;
	progress->error_rows += batch->bad;
	progress->warning_rows += batch->warned;
	progress->own_rows += own->rows;
	progress->own_open_rows += own->open_rows;
	progress->own_errors += batch->bad - own->judged_bad;
	if (batch->rows > 0)
		progress->cursor_row = batch->last_row;
}

static bool
batch_is_full(const ImportValidation *validation, int rows)
{
	return validator_full(validation->validator) || rows >= validation->judged_rows ||
		(validation->early && rows >= import_saving_batch_rows(validation->saving));
}

/* rows: of the batch at hand, before the row that comes next. */
static void
refuse_beyond_limit(const ImportValidation *validation, int rows)
{
	const Task *task = validation->import->task;

	if (task->rows_per_task < 0 || validation->import->progress->validated_rows + rows < task->rows_per_task)
		return;
	place_set_rows(validation->ahead->number, validation->ahead->number);
	role_limits_refuse_row(task->owner_name, task->rows_per_task);
}

/*
 * Judges one batch, and saves or stores its good rows. Reads one row further, to know whether the
 * batch is the last.
 */
static void
validate_batch(ImportValidation *validation)
{
	TimestampTz began = GetCurrentTimestamp();
	ValidatedBatch batch;
	OwnRows		own = {0};
	uint32		first = validation->ahead != NULL ? validation->ahead->number : 0;
	uint32		last = 0;

	validator_begin(validation->validator);
	for (int i = 0; validation->ahead != NULL && !batch_is_full(validation, i); i++)
	{
		last = validation->ahead->number;
		refuse_beyond_limit(validation, i);
		validate_row(validation, &own);
		validation->ahead = read_row(validation);
	}
	place_set_rows(first, last);
	validator_end(validation->validator, &batch);
	import_adapt_batch(&validation->judged_rows, began);
	place_set_rows(0, 0);
	validation->refused_rows = 0;
	if (batch.packet != NULL && validation->early)
		validation->refused_rows = import_save_packet(validation->saving, batch.packet);
	else if (batch.packet != NULL)
		store_packet(validation->import, batch.packet);
	if (batch.bad_packet != NULL)
		insert_packet(validation->import, ABSENT_BAD_PACKET(batch.last_row), batch.bad_packet);
	count_batch(validation->import->progress, &batch, &own);
}

/*
 * Rows are saved as soon as they are read, while that does not delay the end of VALIDATING. It
 * would be delayed when the reader has left rows to this process, or waits because its spool is
 * full. From then on, rows are judged first and wait in packets.
 */
static void
choose_way(ImportValidation *validation, ReaderOutlook outlook)
{
	if (outlook == READER_WAITS ||
		(outlook == READER_IS_WHOLE && live_waits_for_import(validation->import->progress->live)))
		validation->early = false;
}

/* Reads on until the reader's error is raised. The rows before it are not needed any more. */
static void
raise_fault(ImportValidation *validation)
{
	while (validation->ahead != NULL)
		validation->ahead = rows_next(validation->sheet->rows);
}

/*
 * A damaged file must leave no row. So where rows are saved as soon as they are read, the first
 * step lasts until the reader has read the whole sheet.
 */
static bool
validate_step_ends(ImportValidation *validation)
{
	ReaderOutlook outlook = rows_outlook(validation->sheet->rows);

	if (validation->import->progress->ahead)
		progress_publish_own(validation->import->progress);
	if (validation->kept_whole && outlook == READER_IS_BROKEN)
		raise_fault(validation);
	if (validation->ahead == NULL || import_is_over_limit(validation->import))
		return true;
	if (validation->early)
		choose_way(validation, outlook);
	if (validation->kept_whole && outlook != READER_IS_WHOLE)
		return false;
	validation->kept_whole = false;
	return validation->refused_rows > 0 || import_step_is_full(validation->import);
}

/* Completes VALIDATING, and SAVING too when all rows have been saved already. */
static void
note_end(Progress *progress)
{
	if (progress->ahead)
		progress_follow(progress);
	progress->validated = true;
	progress->total_rows = progress->validated_rows;
	if (progress->phase == PHASE_VALIDATING || progress->packets_saved == progress->packets)
		progress->percent = 100;
}

/* The reader and this process have each seen the rows that they judged. */
static void
note_sightings(ImportValidation *validation)
{
	Sightings  *seen = validator_sightings(validation->validator);
	const Sightings *ahead = rows_sightings(validation->sheet->rows);

	if (ahead != NULL)
		sightings_add(seen, ahead);
	import_sheet_note(validation->import, validation->sheet, seen);
}

static void
validate_step(ImportValidation *validation)
{
	Import	   *import = validation->import;
	Progress   *progress = import->progress;

	import_step_begin(import);
	if (validation->early)
		import_make_constraints_immediate(import);
	validate_batch(validation);
	while (!validate_step_ends(validation))
	{
		import_step_next_batch(import);
		validate_batch(validation);
	}
	progress->total_rows = Max(import_sheet_declared_rows(validation->sheet), progress->validated_rows);
	if (validation->ahead == NULL)
	{
		note_end(progress);
		note_sightings(validation);
	}
	else if (!progress->ahead)
		progress->percent = validating_percent(validation);
	progress_save(progress);
	import_step_end(import);
}

/* Reads up to the first row that no earlier attempt has dealt with. */
static void
skip_to_cursor(ImportValidation *validation)
{
	Import	   *import = validation->import;

	import_step_begin(import);
	if (validation->early)
		import_saving_open(validation->saving, IMPORT_FIRST_BATCH_ROWS);
	for (;;)
	{
		validation->ahead = read_row(validation);
		if (validation->ahead == NULL || validation->ahead->number > validation->import->progress->cursor_row)
			break;
		validator_skip(validation->validator, validation->ahead);
	}
	import_step_end(import);
}

void
import_validate_rows(ImportValidation *validation)
{
	Import	   *import = validation->import;
	ImportSheet *sheet = validation->sheet;
	Progress   *progress = import->progress;

	progress->total_rows = Max(import_sheet_declared_rows(sheet), progress->validated_rows);
	if (progress->cursor_row == 0)
		progress->cursor_row = sheet->header_row;
	import_enter_phase(import, PHASE_VALIDATING, progress->validated_rows > 0 ? validating_percent(validation) : 0);
	skip_to_cursor(validation);
	do
		validate_step(validation);
	while (validation->ahead != NULL && !import_is_over_limit(import));
}
