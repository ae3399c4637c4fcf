/*
 * import.c
 *	  One task from its claim to its end.
 */
#include "import.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "error_rows.h"
#include "glue.h"
#include "guc.h"
#include "late_index.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "owner.h"
#include "packet.h"
#include "profile.h"
#include "rows.h"
#include "save.h"
#include "store.h"
#include "subtransaction.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "validate.h"

/* Smaller files are read before another process has started. */
#define READER_LEAST_BYTES (1024 * 1024)

typedef struct Import
{
	Task	   *task;
	Progress   *progress;		/* of the task */
	bool		inside;			/* in the caller's transaction */
	MemoryContext context;		/* as long as the import */
	MemoryContext book_context; /* the workbook; deleted before SAVING */
	MemoryContext batch_context;	/* reset after each batch */
	Profile    *profile;
	XlsxBook   *book;
	SheetRows  *rows;
	uint32		header_row;
	StageTask	stage;			/* what the validator works on */
	const uint32 *source;		/* sheet column of each profile column, 0: none */
	Validator  *validator;
	const XlsxRow *ahead;		/* read already, for the next batch; NULL at the end */
	TimestampTz step_began;
	int			step_batches;	/* in the step at hand */
	ErrorRows	errors;			/* of SAVING */
	SaveTask	save;
	Saver	   *saver;
	bool		reading_ahead;	/* in a second process */
	bool		early;			/* rows are saved as soon as they are checked */
} Import;

/*
 * Transactions: one a step.  All but the last commit asynchronously: rows and
 * progress are in one commit, so a crash loses both or none.
 *
 * A commit costs about as much as checking 200 rows, so a step takes batches
 * until an event is due or one of these is reached: what a crash repeats, how
 * long others may wait for a row, and subtransactions, which slow every
 * session once a transaction has more than 64.  Bad rows take one each, so
 * they end a step of SAVING.
 */
#define STEP_MS			100
#define STEP_BATCHES	32

static void
step_begin(Import *import)
{
	if (!import->inside)
	{
		StartTransactionCommand();
		PushActiveSnapshot(GetTransactionSnapshot());
		(void) owner_hold();
	}
	MemoryContextSwitchTo(import->batch_context);
	import->step_began = GetCurrentTimestamp();
	import->step_batches = 1;
}

static bool
step_is_full(const Import *import)
{
	TimestampTz now = GetCurrentTimestamp();

	return import->step_batches >= STEP_BATCHES || progress_is_due(import->progress, now) ||
		TimestampDifferenceExceeds(import->step_began, now, STEP_MS);
}

/* The next batch of the step, with a snapshot that sees those before. */
static void
step_next_batch(Import *import)
{
	import->step_batches++;
	if (!import->inside)
		PopActiveSnapshot();
	CommandCounterIncrement();
	if (!import->inside)
		PushActiveSnapshot(GetTransactionSnapshot());
	MemoryContextReset(import->batch_context);
	CHECK_FOR_INTERRUPTS();
}

static void
step_end(Import *import)
{
	if (import->inside)
		CommandCounterIncrement();
	else
	{
		PopActiveSnapshot();
		CommitTransactionCommand();
	}
	MemoryContextSwitchTo(import->context);
	MemoryContextReset(import->batch_context);
	CHECK_FOR_INTERRUPTS();
}

static void
enter_phase(Import *import, Phase phase, int percent)
{
	import->progress->percent = percent;
	step_begin(import);
	progress_enter(import->progress, phase);
	step_end(import);
}

/*
 * LOADING_WORKBOOK
 */

static void
open_book(Import *import)
{
	Task	   *task = import->task;
	XlsxSource	source;

	if (task->content != NULL)
		source = *task->content;
	else if (task->file != 0)
		store_source(&source, task->file, task->file_size, import->book_context);
	else
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("uploaded file is not there any more"),
				 errhint("Upload the file again.")));
	import->book = glue_book_open(&source, import->book_context);
}

/* A process of its own for reading, where that is wanted and the file is worth it; else NULL. */
static Reader *
start_reader(const Import *import)
{
	const Task *task = import->task;

	if (!pg_xlsx_read_ahead || task->content != NULL || task->file == 0 || task->file_size < READER_LEAST_BYTES ||
		strcmp(task->header_row, "auto") == 0)
		return NULL;
	return reader_start(task->file, task->file_size, task->sheet);
}

/* What the task does not say is the profile's. */
static void
load_profile(Import *import)
{
	Task	   *task = import->task;
	Profile    *profile = profile_load(task->profile);

	import->profile = profile;
	if (task->sheet == NULL)
		task->sheet = profile->sheet;
	if (task->header_row == NULL)
		task->header_row = profile->header_row;
	if (task->locale == NULL)
		task->locale = profile->locale;
	if (task->max_errors < 0)
		task->max_errors = profile->max_errors;
}

/* Waiting for another process is nothing to be in a transaction for. */
static void
open_reader(Import *import, Reader *reader, const RowsOptions *options)
{
	MemoryContextSwitchTo(import->book_context);
	import->rows = rows_open_reader(reader, options);
	import->reading_ahead = true;
	MemoryContextSwitchTo(import->context);
}

static void
load_workbook(Import *import)
{
	RowsOptions options;
	Reader	   *reader;

	enter_phase(import, PHASE_LOADING_WORKBOOK, 0);
	step_begin(import);
	MemoryContextSwitchTo(import->context);
	load_profile(import);
	MemoryContextSwitchTo(import->book_context);
	options = (RowsOptions) {import->task->sheet, import->profile->range, import->profile->skip_end};
	reader = start_reader(import);
	if (reader == NULL)
	{
		open_book(import);
		import->rows = rows_open(import->book, &options);
	}
	step_end(import);
	if (reader != NULL)
		open_reader(import, reader, &options);
}

/*
 * VALIDATING_HEADERS
 */

static void
validate_headers(Import *import)
{
	Task	   *task = import->task;
	Profile    *profile = import->profile;
	bool		date1904 = rows_date1904(import->rows);
	const XlsxRow *row;
	HeaderMatch match;

	enter_phase(import, PHASE_VALIDATING_HEADERS, 0);
	step_begin(import);
	MemoryContextSwitchTo(import->context);
	row = rows_find_header(import->rows, profile, task->header_row, task->mapping, &match);
	if (match.message != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s", match.message)));
	import->header_row = row->number;
	import->source = match.source;
	queue_save_source(task, rows_sheet_name(import->rows), row->number, match.source, match.found, profile->count);
	import->stage = (StageTask) {
		.profile = profile, .id = task->id, .file_name = task->file_name, .locale = task->locale, .date1904 = date1904,
		.source = match.source, .extras = headers_of_extras(row, date1904, &match, profile->count)
	};
	import->validator = validator_create(&import->stage);
	step_end(import);
}

/*
 * VALIDATING
 */

static void
store_packet(Import *import, bytea *packet)
{
	static OwnerStatement insert = {
		"INSERT INTO xlsx_private.packet (task_id, no, data) VALUES ($1, $2, $3)",
		3, {INT8OID, INT4OID, BYTEAOID}, NULL
	};
	Datum		values[3];

	values[0] = Int64GetDatum(import->task->id);
	values[1] = Int32GetDatum(import->progress->packets);
	values[2] = PointerGetDatum(packet);
	owner_run(&insert, values, NULL, NULL);
	import->progress->packets++;
}

/* Rows that the sheet claims to have below its header, 0 when it says nothing. */
static int64
declared_rows(const Import *import)
{
	uint32		last = rows_declared(import->rows);

	return last > import->header_row ? last - import->header_row : 0;
}

/* Percent of VALIDATING while rows are still to come: never falls, never says 100. */
static int
validating_percent(const Import *import)
{
	int64		declared = declared_rows(import);
	uint64		done = (uint64) (import->progress->cursor_row - import->header_row);
	uint64		total = (uint64) declared;

	if (declared == 0)
		rows_position(import->rows, &done, &total);
	return total == 0 ? import->progress->percent :
		Max(import->progress->percent, Min((int) (done * 100 / total), 99));
}

static bool
is_over_limit(const Import *import)
{
	return import->task->max_errors >= 0 && import->progress->error_rows > import->task->max_errors;
}

/*
 * Saving, in VALIDATING or in SAVING
 */

static bool
is_in_one_go(const Task *task)
{
	return task->dry_run || task->mode == MODE_ALL_OR_NOTHING || task->mode == MODE_REPLACE;
}

static bool
wants_all(const Task *task)
{
	return task->mode == MODE_ALL_OR_NOTHING || task->mode == MODE_REPLACE;
}

/* May the indexes be made when the rows are in?  Only where they go in at one go. */
static bool
may_index_late(const Import *import)
{
	switch (import->task->mode)
	{
		case MODE_REPLACE:
			return import->profile->late_index != LATE_INDEX_NEVER;
		case MODE_INSERT:
		case MODE_ALL_OR_NOTHING:
			return import->profile->late_index == LATE_INDEX_EMPTY && late_index_is_empty(import->profile->target);
		default:
			return false;
	}
}

/*
 * May rows be saved before all are checked?  Only where each stands for itself,
 * and a reader tells, before the first is committed, that the sheet is whole.
 */
static bool
may_save_early(const Import *import)
{
	return import->reading_ahead && !is_in_one_go(import->task) && import->task->max_errors < 0 && !may_index_late(import);
}

/*
 * Constraints that wait for the end of the transaction would name no row; but
 * the transaction of a caller is his own.
 */
static void
hurry_constraints(const Import *import)
{
	if (!import->inside || import->task->dry_run)
		AfterTriggerSetState(makeNode(ConstraintsSetStmt));
}

static void
create_saver(Import *import)
{
	Task	   *task = import->task;
	bool		keyed = task->mode == MODE_UPSERT || task->mode == MODE_UPDATE;

	import->save = (SaveTask) {
		.profile = import->profile, .task = task->id, .mode = task->mode, .source = import->source,
		.undo = !task->dry_run && task->mode != MODE_REPLACE &&
		(keyed ? import->profile->keep_old : import->profile->task_attnum != InvalidAttrNumber)
	};
	MemoryContextSwitchTo(import->context);
	import->saver = saver_create(&import->save);
	MemoryContextSwitchTo(import->batch_context);
}

static void
save_packet(Import *import, bytea *packet)
{
	Progress   *progress = import->progress;
	PacketRows	rows;
	SaveCounts	counts = {0};

	packet_read(import->profile, packet, &rows);
	error_rows_begin(&import->errors);
	progress->saved_rows += saver_save(import->saver, &rows, &counts, &import->errors);
	error_rows_store(&import->errors);
	progress->inserted_rows += counts.inserted;
	progress->updated_rows += counts.updated;
	progress->unchanged_rows += counts.unchanged;
	progress->skipped_rows += counts.skipped;
	progress->error_rows += import->errors.count;
}

/* One batch of rows, good or bad; one row is read ahead to know whether it is the last. */
static void
validate_batch(Import *import)
{
	Progress   *progress = import->progress;
	ValidatedBatch batch;

	validator_begin(import->validator);
	while (import->ahead != NULL && !validator_full(import->validator))
	{
		validator_row(import->validator, import->ahead);
		import->ahead = rows_next(import->rows);
	}
	validator_end(import->validator, &batch);
	error_rows_begin(&import->errors);
	if (batch.packet != NULL && import->early)
		save_packet(import, batch.packet);
	else if (batch.packet != NULL)
		store_packet(import, batch.packet);
	progress->validated_rows += batch.rows;
	progress->error_rows += batch.bad;
	progress->warning_rows += batch.warned;
	if (batch.rows > 0)
		progress->cursor_row = batch.last_row;
}

/*
 * A file that turns out to be damaged must leave no row, so the first step
 * that saves early lasts until the sheet is known to be whole.  That is about
 * the time that reading it twice takes, since the reader looks ahead whenever
 * this process is the slower one.
 */
static bool
validate_step_ends(const Import *import)
{
	if (import->ahead == NULL || is_over_limit(import))
		return true;
	if (import->early && !rows_are_whole(import->rows))
		return false;
	return import->errors.count > 0 || step_is_full(import);
}

static void
validate_step(Import *import)
{
	Progress   *progress = import->progress;
	bool		last;

	step_begin(import);
	if (import->early)
		hurry_constraints(import);
	validate_batch(import);
	while (!validate_step_ends(import))
	{
		step_next_batch(import);
		validate_batch(import);
	}
	last = import->ahead == NULL;
	progress->validated = last;
	progress->total_rows = last ? progress->validated_rows : Max(declared_rows(import), progress->validated_rows);
	progress->percent = last ? 100 : validating_percent(import);
	progress_save(progress);
	step_end(import);
}

/* The first row that no earlier attempt has dealt with. */
static void
skip_to_cursor(Import *import)
{
	step_begin(import);
	import->early = may_save_early(import);
	if (import->early)
		create_saver(import);
	do
		import->ahead = rows_next(import->rows);
	while (import->ahead != NULL && import->ahead->number <= import->progress->cursor_row);
	step_end(import);
}

static void
validate_rows(Import *import)
{
	import->progress->total_rows = Max(declared_rows(import), import->progress->validated_rows);
	if (import->progress->cursor_row == 0)
		import->progress->cursor_row = import->header_row;
	import->progress->percent = 0;
	enter_phase(import, PHASE_VALIDATING, import->progress->validated_rows > 0 ? validating_percent(import) : 0);
	skip_to_cursor(import);
	do
		validate_step(import);
	while (import->ahead != NULL && !is_over_limit(import));
	/* The workbook has served; its shared strings may be large. */
	MemoryContextDelete(import->book_context);
	import->book_context = NULL;
}

/*
 * SAVING
 */

/* Rows found bad while saving leave the whole, so this never falls. */
static int
saving_percent(const Progress *progress)
{
	int64		valid = progress->total_rows - progress->error_rows;

	return valid == 0 ? 100 : (int) (progress->saved_rows * 100 / valid);
}

static bytea *
fetch_packet(Import *import)
{
	static OwnerStatement select = {
		"SELECT data FROM xlsx_private.packet WHERE task_id = $1 AND no = $2", 2, {INT8OID, INT4OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(import->task->id), Int32GetDatum(import->progress->packets_saved)};
	OwnerRow	row;

	if (owner_run(&select, values, NULL, &row) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("packet %d of task " INT64_FORMAT " is missing", import->progress->packets_saved,
						import->task->id)));
	return DatumGetByteaP(row.values[0]);
}

static void
save_next_packet(Import *import)
{
	save_packet(import, fetch_packet(import));
	import->progress->packets_saved++;
}

static void
save_step(Import *import)
{
	Progress   *progress = import->progress;

	step_begin(import);
	hurry_constraints(import);
	save_next_packet(import);
	while (progress->packets_saved < progress->packets && import->errors.count == 0 && !step_is_full(import))
	{
		step_next_batch(import);
		save_next_packet(import);
	}
	progress->percent = progress->packets_saved == progress->packets ? 100 : Min(saving_percent(progress), 99);
	progress_save(progress);
	step_end(import);
}

/*
 * All packets in one subtransaction: for the modes that keep all or nothing,
 * for dry runs, which do the real work and take it back, and for inserts whose
 * indexes are made afterwards.  Error rows are held aside, so that they survive.
 */

typedef struct OneGo
{
	Import	   *import;
	bool		index_late;
	bool		keep;
} OneGo;

/* Empties the target and suspends its indexes, as the task wants it. */
static void
prepare_target(OneGo *go)
{
	Import	   *import = go->import;
	const Progress *progress = import->progress;
	int64		removed = -1;

	if (import->task->mode == MODE_REPLACE)
		removed = saver_empty(import->saver);
	go->index_late = go->index_late &&
		saver_index_later(import->saver, removed, progress->validated_rows - progress->error_rows);
}

static void
save_all(void *argument)
{
	OneGo	   *go = argument;
	Import	   *import = go->import;
	const Task *task = import->task;
	Progress   *progress = import->progress;

	hurry_constraints(import);
	prepare_target(go);
	go->keep = true;
	if (!go->index_late && !is_in_one_go(task))
		return;
	while (progress->packets_saved < progress->packets && !is_over_limit(import))
	{
		PushActiveSnapshot(GetTransactionSnapshot());
		save_next_packet(import);
		PopActiveSnapshot();
		CommandCounterIncrement();
		MemoryContextReset(import->batch_context);
		CHECK_FOR_INTERRUPTS();
	}
	if (go->index_late)
		saver_index(import->saver);
	if (is_in_one_go(task))
		go->keep = !task->dry_run && !(wants_all(task) && progress->error_rows > 0) && !is_over_limit(import);
}

static ErrorData *
try_all(OneGo *go)
{
	error_rows_hold(&go->import->errors);
	return subtransaction_try_keep(save_all, go, &go->keep);
}

static void
save_in_one_go(Import *import)
{
	Progress   *progress = import->progress;
	Progress	before = *progress;
	OneGo		go;
	ErrorData  *error;

	step_begin(import);
	go = (OneGo) {import, may_index_late(import), false};
	error = try_all(&go);
	if (error != NULL && go.index_late && error->sqlerrcode != ERRCODE_QUERY_CANCELED)
	{
		/* Such as a key that is there twice: which rows have it is found only where they go in one by one. */
		*progress = before;
		go.index_late = false;
		error = try_all(&go);
	}
	if (error != NULL)
		ReThrowError(error);
	error_rows_release(&import->errors);
	if (!go.keep && !import->task->dry_run)
		progress->saved_rows = progress->inserted_rows = progress->updated_rows = 0;
	progress->percent = progress->packets_saved == progress->packets || is_in_one_go(import->task) ? 100 : 0;
	progress_save(progress);
	step_end(import);
}

static void
save_rows(Import *import)
{
	Progress   *progress = import->progress;
	int			percent = progress->packets_saved > 0 ? Min(saving_percent(progress), 99) : 0;
	bool		one_go;

	enter_phase(import, PHASE_SAVING, percent);
	step_begin(import);
	if (import->saver == NULL)
		create_saver(import);
	one_go = is_in_one_go(import->task) || (progress->packets_saved == 0 && progress->packets > 0 && may_index_late(import));
	if (progress->packets_saved == progress->packets && !one_go)
	{
		progress->percent = 100;
		progress_save(progress);
	}
	step_end(import);
	if (one_go)
		save_in_one_go(import);
	while (progress->packets_saved < progress->packets && !is_over_limit(import))
		save_step(import);
}

/*
 * The whole
 */

/* What an attempt needs that begins at SAVING. */
static void
resume_saving(Import *import)
{
	step_begin(import);
	MemoryContextSwitchTo(import->context);
	load_profile(import);
	if (import->task->source_count != import->profile->count)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("the profile was changed between checking and saving"),
				 errhint("Upload the file again.")));
	import->source = import->task->source;
	step_end(import);
}

static void
finish(Import *import)
{
	step_begin(import);
	queue_complete(import->task);
	if (!import->inside)
	{
		/* As durable as the submitter's own commits, on standbys too, and never less than flushed here. */
		(void) set_config_option("synchronous_commit", GetConfigOptionResetString("synchronous_commit"), PGC_USERSET,
								 PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
		ForceSyncCommit();
	}
	step_end(import);
}

/* Ends a task whose rows will not do; what was found wrong with them stays with it. */
static void
give_up(Import *import, char *message)
{
	ErrorData	error = {
		.sqlerrcode = ERRCODE_DATA_EXCEPTION, .message = message,
		.hint = "The errors of the task tell which rows; correct them and upload the file again."
	};

	step_begin(import);
	queue_end(import->task->id, "FAILED", &error);
	if (import->inside)
		queue_remove_packets(import->task->id);	/* without a file there is no second attempt */
	step_end(import);
}

/* True when the rows so far forbid to go on; the task has ended then. */
static bool
has_given_up(Import *import)
{
	const Progress *progress = import->progress;

	if (is_over_limit(import))
		give_up(import, psprintf("more than " INT64_FORMAT " rows have errors", import->task->max_errors));
	else if (wants_all(import->task) && !import->task->dry_run && progress->error_rows > 0)
		give_up(import, psprintf(INT64_FORMAT " of " INT64_FORMAT " rows have errors, so none was saved",
								 progress->error_rows, progress->total_rows));
	else
		return false;
	return true;
}

static void
run(Import *import, Task *task, bool inside)
{
	import->task = task;
	import->progress = &task->progress;
	import->inside = inside;
	import->context = CurrentMemoryContext;
	import->book_context = AllocSetContextCreate(import->context, "pg_xlsx book", ALLOCSET_DEFAULT_SIZES);
	import->batch_context = AllocSetContextCreate(import->context, "pg_xlsx batch", ALLOCSET_DEFAULT_SIZES);
	error_rows_init(&import->errors, task->id, false, import->context);
	if (task->progress.validated)
		resume_saving(import);
	else
	{
		load_workbook(import);
		validate_headers(import);
		validate_rows(import);
	}
	if (has_given_up(import))
		return;
	save_rows(import);
	if (!has_given_up(import))
		finish(import);
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
