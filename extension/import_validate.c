/*
 * import_validate.c
 *	  VALIDATING: rows of the sheet become packets and error rows, or are saved at once.
 */
#include "import_state.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "owner.h"
#include "utils/memutils.h"

bool
import_is_over_limit(const Import *import)
{
	return import->task->max_errors >= 0 && import->progress->error_rows > import->task->max_errors;
}

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

/* The row that was read ahead goes into the batch. */
static void
validate_row(Import *import)
{
	const CheckedRow *checked = rows_checked(import->rows);

	if (checked != NULL)
		validator_checked_row(import->validator, import->ahead->number, checked);
	else
		validator_row(import->validator, import->ahead);
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
		validate_row(import);
		import->ahead = rows_next(import->rows);
	}
	validator_end(import->validator, &batch);
	error_rows_begin(&import->errors);
	if (batch.packet != NULL && import->early)
		import_save_packet(import, batch.packet);
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
	if (import->ahead == NULL || import_is_over_limit(import))
		return true;
	if (import->early && !rows_are_whole(import->rows))
		return false;
	return import->errors.count > 0 || import_step_is_full(import);
}

static void
validate_step(Import *import)
{
	Progress   *progress = import->progress;
	bool		last;

	import_step_begin(import);
	if (import->early)
		import_hurry_constraints(import);
	validate_batch(import);
	while (!validate_step_ends(import))
	{
		import_step_next_batch(import);
		validate_batch(import);
	}
	last = import->ahead == NULL;
	progress->validated = last;
	progress->total_rows = last ? progress->validated_rows : Max(declared_rows(import), progress->validated_rows);
	progress->percent = last ? 100 : validating_percent(import);
	progress_save(progress);
	import_step_end(import);
}

/* The first row that no earlier attempt has dealt with. */
static void
skip_to_cursor(Import *import)
{
	import_step_begin(import);
	import->early = import_may_save_early(import);
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
	import->progress->percent = 0;
	import_enter_phase(import, PHASE_VALIDATING, import->progress->validated_rows > 0 ? validating_percent(import) : 0);
	skip_to_cursor(import);
	do
		validate_step(import);
	while (import->ahead != NULL && !import_is_over_limit(import));
	/* The workbook has served; its shared strings may be large. */
	MemoryContextDelete(import->book_context);
	import->book_context = NULL;
}
