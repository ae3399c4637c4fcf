/*
 * validate_phase.c
 *	  VALIDATING: rows of the sheet become packets and error rows, or are saved at once.
 */
#include "import/state.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "pg/place.h"
#include "tables/private_sql.h"
#include "utils/memutils.h"

bool
import_is_over_limit(const Import *import)
{
	return import->task->max_errors >= 0 && import->progress->error_rows > import->task->max_errors;
}

static void
store_packet(Import *import, bytea *packet)
{
	static PrivateStatement insert = {
		"INSERT INTO xlsx_private.packet (task_id, no, data) VALUES ($1, $2, $3)",
		3, {INT8OID, INT4OID, BYTEAOID}, NULL
	};
	Datum		values[3];

	values[0] = Int64GetDatum(import->task->id);
	values[1] = Int32GetDatum(import->progress->packets);
	values[2] = PointerGetDatum(packet);
	private_sql_run(&insert, values, NULL, NULL);
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

/* What the reader has left to this process, of the batch at hand. */
typedef struct OwnRows
{
	int			rows;
	int			open_rows;		/* of them: the reader has looked at them */
	int			judged_bad;		/* of the others: bad rows */
} OwnRows;

/* The row that was read ahead goes into the batch. */
static void
validate_row(Import *import, OwnRows *own)
{
	const CheckedRow *checked = rows_checked(import->rows);
	bool		looked = rows_looked(import->rows);

	import->progress->among_looked |= looked;
	if (checked != NULL)
	{
		own->judged_bad += checked->verdict == ROW_BAD ? 1 : 0;
		validator_checked_row(import->validator, import->ahead->number, checked);
	}
	else
	{
		own->rows++;
		own->open_rows += looked ? 1 : 0;
		place_set_rows(import->ahead->number, import->ahead->number);
		validator_row(import->validator, import->ahead);
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
batch_is_full(const Import *import, int rows)
{
	return validator_full(import->validator) || rows >= import->judged_rows || (import->early && rows >= import->batch_rows);
}

/* One batch of rows, good or bad; one row is read ahead to know whether it is the last. */
static void
validate_batch(Import *import)
{
	TimestampTz began = GetCurrentTimestamp();
	ValidatedBatch batch;
	OwnRows		own = {0};
	uint32		first = import->ahead != NULL ? import->ahead->number : 0;
	uint32		last = 0;

	validator_begin(import->validator);
	for (int i = 0; import->ahead != NULL && !batch_is_full(import, i); i++)
	{
		last = import->ahead->number;
		validate_row(import, &own);
		import->ahead = rows_next(import->rows);
	}
	place_set_rows(first, last);
	validator_end(import->validator, &batch);
	import_adapt_batch(&import->judged_rows, began);
	place_set_rows(0, 0);
	error_rows_begin(&import->errors);
	if (batch.packet != NULL && import->early)
		import_save_packet(import, batch.packet);
	else if (batch.packet != NULL)
		store_packet(import, batch.packet);
	count_batch(import->progress, &batch, &own);
}

/*
 * Rows go on being saved as they come while nothing hinders VALIDATING from
 * its end.  It is hindered where the reader has left rows to this process, or
 * waits because its spool is full: from there on rows are judged first, and
 * wait in packets.
 */
static void
choose_way(Import *import, ReaderOutlook outlook)
{
	if (import->early && (outlook == READER_WAITS || (outlook == READER_IS_WHOLE && live_waits_for_import(import->progress->live))))
		import->early = false;
}

/* The rows before the fault are not wanted any more. */
static void
raise_fault(Import *import)
{
	while (import->ahead != NULL)
		import->ahead = rows_next(import->rows);
}

/*
 * A file that turns out to be damaged must leave no row, so where rows are
 * saved as they come the first step lasts until the sheet is known to be
 * whole: until the reader has read it.
 */
static bool
validate_step_ends(Import *import)
{
	ReaderOutlook outlook = rows_outlook(import->rows);

	if (import->progress->ahead)
		progress_publish_own(import->progress);
	if (import->kept_whole && outlook == READER_IS_BROKEN)
		raise_fault(import);
	if (import->ahead == NULL || import_is_over_limit(import))
		return true;
	choose_way(import, outlook);
	if (import->kept_whole && outlook != READER_IS_WHOLE)
		return false;
	import->kept_whole = false;
	return import->errors.count > 0 || import_step_is_full(import);
}

/* VALIDATING has come to its end, and so has SAVING where all has been saved on the way. */
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

static void
validate_step(Import *import)
{
	Progress   *progress = import->progress;

	import_step_begin(import);
	if (import->early)
		import_hurry_constraints(import);
	validate_batch(import);
	while (!validate_step_ends(import))
	{
		import_step_next_batch(import);
		validate_batch(import);
	}
	progress->total_rows = Max(declared_rows(import), progress->validated_rows);
	if (import->ahead == NULL)
		note_end(progress);
	else if (!progress->ahead)
		progress->percent = validating_percent(import);
	progress_save(progress);
	import_step_end(import);
}

/* The first row that no earlier attempt has dealt with. */
static void
skip_to_cursor(Import *import)
{
	import_step_begin(import);
	if (import->early)
		import_create_saver(import);
	do
		import->ahead = rows_next(import->rows);
	while (import->ahead != NULL && import->ahead->number <= import->progress->cursor_row);
	import_step_end(import);
}

void
import_validate_rows(Import *import)
{
	import->progress->total_rows = Max(declared_rows(import), import->progress->validated_rows);
	if (import->progress->cursor_row == 0)
		import->progress->cursor_row = import->header_row;
	import_enter_phase(import, PHASE_VALIDATING, import->progress->validated_rows > 0 ? validating_percent(import) : 0);
	skip_to_cursor(import);
	do
		validate_step(import);
	while (import->ahead != NULL && !import_is_over_limit(import));
	/* The workbook has served; its shared strings may be large. */
	MemoryContextDelete(import->book_context);
	import->book_context = NULL;
}
