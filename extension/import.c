/*
 * import.c
 *	  One task from its claim to its end.
 */
#include "import.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "check.h"
#include "core/book.h"
#include "core/sheet.h"
#include "error_rows.h"
#include "glue.h"
#include "miscadmin.h"
#include "owner.h"
#include "packet.h"
#include "profile.h"
#include "save.h"
#include "store.h"
#include "text.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

typedef struct Import
{
	Task	   *task;
	Progress   *progress;		/* of the task */
	MemoryContext context;		/* as long as the import */
	MemoryContext book_context; /* the workbook; deleted before SAVING */
	MemoryContext batch_context;	/* reset after each batch */
	Profile    *profile;
	XlsxBook   *book;
	XlsxSheet  *sheet;
	bool		date1904;
	uint32		header_row;
	uint32	   *source;			/* sheet column of each profile column, 0: none */
	uint32		last_source;	/* greatest of them */
	int		   *column_at;		/* profile column of each sheet column up to last_source, -1: none */
	const XlsxCell **cells;		/* of the row at hand, by profile column */
	CheckedValue *values;
	Violation  *violations;		/* of the row at hand, by profile column; code NULL: fine */
	const XlsxRow *ahead;		/* read already, for the next batch; NULL at the end */
	TimestampTz step_began;
	int			step_batches;	/* in the step at hand */
	PacketWriter packet;
	ErrorRows	errors;
	Saver	   *saver;
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
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	MemoryContextSwitchTo(import->batch_context);
	import->step_began = GetCurrentTimestamp();
	import->step_batches = 1;
}

/* Has the step enough batches?  Otherwise the next one begins, with a snapshot that sees those before. */
static bool
step_is_full(Import *import)
{
	TimestampTz now = GetCurrentTimestamp();

	if (import->step_batches >= STEP_BATCHES || progress_is_due(import->progress, now) ||
		TimestampDifferenceExceeds(import->step_began, now, STEP_MS))
		return true;
	import->step_batches++;
	PopActiveSnapshot();
	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	MemoryContextReset(import->batch_context);
	CHECK_FOR_INTERRUPTS();
	return false;
}

static void
step_end(Import *import)
{
	PopActiveSnapshot();
	CommitTransactionCommand();
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
load_workbook(Import *import)
{
	Task	   *task = import->task;
	XlsxSource	source;
	XlsxError	error;

	enter_phase(import, PHASE_LOADING_WORKBOOK, 0);
	step_begin(import);
	MemoryContextSwitchTo(import->context);
	if (task->file == 0)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("uploaded file is not there any more"),
				 errhint("Upload the file again.")));
	import->profile = profile_load(task->profile);
	store_source(&source, task->file, task->file_size, import->book_context);
	import->book = glue_book_open(&source, import->book_context);
	import->date1904 = xlsx_book_date1904(import->book);
	if (xlsx_sheet_open(import->book, glue_find_sheet(import->book, task->sheet), &import->sheet, &error) != XLSX_OK)
		glue_throw(&error);
	step_end(import);
}

/*
 * VALIDATING_HEADERS
 */

static bool
row_is_blank(const XlsxRow *row)
{
	for (uint32 i = 0; i < row->count; i++)
	{
		const char *text = row->cells[i].text;
		size_t		length = row->cells[i].length;

		if (row->cells[i].kind != XLSX_TEXT)
			return false;
		text_trim(&text, &length);
		if (length > 0)
			return false;
	}
	return true;
}

/* The next row that holds something, NULL at the end. */
static const XlsxRow *
next_row(Import *import)
{
	XlsxError	error;
	const XlsxRow *row;
	XlsxStatus	status;

	do
	{
		CHECK_FOR_INTERRUPTS();
		status = xlsx_sheet_next(import->sheet, &row, &error);
	} while (status == XLSX_OK && row_is_blank(row));
	if (status == XLSX_OK)
		return row;
	if (status != XLSX_DONE)
		glue_throw(&error);
	return NULL;
}

/* Makes the way back from sheet columns to profile columns. */
static void
index_sources(Import *import)
{
	int			count = import->profile->count;

	import->last_source = 0;
	for (int i = 0; i < count; i++)
		import->last_source = Max(import->last_source, import->source[i]);
	import->column_at = palloc(sizeof(int) * (import->last_source + 1));
	for (uint32 at = 0; at <= import->last_source; at++)
		import->column_at[at] = -1;
	for (int i = 0; i < count; i++)
		if (import->source[i] > 0)
			import->column_at[import->source[i]] = i;
	import->cells = palloc0(sizeof(XlsxCell *) * (size_t) count);
	import->values = palloc0(sizeof(CheckedValue) * (size_t) count);
	import->violations = palloc0(sizeof(Violation) * (size_t) count);
}

static void
validate_headers(Import *import)
{
	const XlsxRow *row;
	char	   *message;

	enter_phase(import, PHASE_VALIDATING_HEADERS, 0);
	step_begin(import);
	row = next_row(import);
	import->source = MemoryContextAllocZero(import->context, sizeof(uint32) * (size_t) import->profile->count);
	if (!profile_map_headers(import->profile, row, import->date1904, import->source, &message))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s", message)));
	import->header_row = row->number;
	queue_save_source(import->task, import->source, import->profile->count);
	MemoryContextSwitchTo(import->context);
	index_sources(import);
	step_end(import);
}

/*
 * VALIDATING
 */

static void
add_error_row(Import *import, const XlsxRow *row)
{
	error_row_begin(&import->errors);
	for (int i = 0; i < import->profile->count; i++)
	{
		char	   *original = check_original(import->cells[i], import->date1904);

		error_row_value(&import->errors, original);
		if (import->violations[i].code != NULL)
			error_row_violation(&import->errors, &import->profile->columns[i], row->number, import->source[i],
								original, &import->violations[i]);
	}
	error_row_end(&import->errors, row->number);
}

static void
validate_row(Import *import, const XlsxRow *row)
{
	Profile    *profile = import->profile;
	bool		good = true;

	memset(import->cells, 0, sizeof(XlsxCell *) * (size_t) profile->count);
	for (uint32 i = 0; i < row->count; i++)
	{
		uint32		at = row->cells[i].column;

		if (at <= import->last_source && import->column_at[at] >= 0)
			import->cells[import->column_at[at]] = &row->cells[i];
	}
	for (int i = 0; i < profile->count; i++)
	{
		import->violations[i].code = NULL;
		if (!check_cell(&profile->columns[i], import->cells[i], import->date1904, &import->values[i],
						&import->violations[i]))
			good = false;
	}
	if (good)
		packet_row(&import->packet, row->number, import->values);
	else
		add_error_row(import, row);
	import->progress->validated_rows++;
	import->progress->cursor_row = row->number;
}

static void
store_packet(Import *import)
{
	static OwnerStatement insert = {
		"INSERT INTO xlsx_private.packet (task_id, no, data) VALUES ($1, $2, $3)",
		3, {INT8OID, INT4OID, BYTEAOID}, NULL
	};
	Datum		values[3];

	if (import->packet.rows == 0)
		return;
	values[0] = Int64GetDatum(import->task->id);
	values[1] = Int32GetDatum(import->progress->packets);
	values[2] = PointerGetDatum(packet_end(&import->packet));
	owner_run(&insert, values, NULL, NULL);
	import->progress->packets++;
}

/* Rows that the sheet claims to have below its header, 0 when it says nothing. */
static int64
declared_rows(const Import *import)
{
	uint32		last = xlsx_sheet_declared_rows(import->sheet);

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
		xlsx_sheet_position(import->sheet, &done, &total);
	return total == 0 ? import->progress->percent :
		Max(import->progress->percent, Min((int) (done * 100 / total), 99));
}

/* One batch of rows, good or bad; one row is read ahead to know whether it is the last. */
static void
validate_batch(Import *import)
{
	packet_begin(&import->packet);
	error_rows_begin(&import->errors);
	for (int rows = 0; import->ahead != NULL && rows < PG_XLSX_BATCH_ROWS && !packet_full(&import->packet); rows++)
	{
		validate_row(import, import->ahead);
		import->ahead = next_row(import);
	}
	store_packet(import);
	error_rows_store(&import->errors);
	import->progress->error_rows += import->errors.count;
}

static void
validate_step(Import *import)
{
	Progress   *progress = import->progress;
	bool		last;

	step_begin(import);
	do
		validate_batch(import);
	while (import->ahead != NULL && !step_is_full(import));
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
	do
		import->ahead = next_row(import);
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
	packet_init(&import->packet, import->profile);
	skip_to_cursor(import);
	do
		validate_step(import);
	while (import->ahead != NULL);
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
save_packet(Import *import)
{
	Progress   *progress = import->progress;
	PacketRows	rows;

	packet_read(import->profile, fetch_packet(import), &rows);
	error_rows_begin(&import->errors);
	progress->saved_rows += saver_save(import->saver, &rows, import->source, &import->errors);
	error_rows_store(&import->errors);
	progress->error_rows += import->errors.count;
	progress->packets_saved++;
}

static void
save_step(Import *import)
{
	Progress   *progress = import->progress;

	step_begin(import);
	do
		save_packet(import);
	while (progress->packets_saved < progress->packets && import->errors.count == 0 && !step_is_full(import));
	progress->percent = progress->packets_saved == progress->packets ? 100 : Min(saving_percent(progress), 99);
	progress_save(progress);
	step_end(import);
}

static void
save_rows(Import *import)
{
	Progress   *progress = import->progress;
	int			percent = progress->packets_saved > 0 ? Min(saving_percent(progress), 99) : 0;

	enter_phase(import, PHASE_SAVING, percent);
	step_begin(import);
	MemoryContextSwitchTo(import->context);
	import->saver = saver_create(import->profile, import->task->id);
	if (progress->packets_saved == progress->packets)
	{
		progress->percent = 100;
		progress_save(progress);
	}
	step_end(import);
	while (progress->packets_saved < progress->packets)
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
	import->profile = profile_load(import->task->profile);
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
	/* As durable as the submitter's own commits, on standbys too, and never less than flushed here. */
	(void) set_config_option("synchronous_commit", GetConfigOptionResetString("synchronous_commit"), PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
	ForceSyncCommit();
	step_end(import);
}

void
import_run(Task *task)
{
	Import	   *import = palloc0(sizeof(Import));

	import->task = task;
	import->progress = &task->progress;
	import->context = CurrentMemoryContext;
	import->book_context = AllocSetContextCreate(import->context, "pg_xlsx book", ALLOCSET_DEFAULT_SIZES);
	import->batch_context = AllocSetContextCreate(import->context, "pg_xlsx batch", ALLOCSET_DEFAULT_SIZES);
	error_rows_init(&import->errors, task->id, import->context);
	if (task->progress.validated)
		resume_saving(import);
	else
	{
		load_workbook(import);
		validate_headers(import);
		validate_rows(import);
	}
	save_rows(import);
	finish(import);
}
