/*
 * save_phase.c
 *	  SAVING: packets become rows of the target, batch by batch or in one go.
 */
#include "import/save_phase.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "import/absent_phase.h"
#include "import/end.h"
#include "import/read_phase.h"
#include "kept/error_rows.h"
#include "kept/packet.h"
#include "kept/row_pages.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "pg/guc.h"
#include "pg/subtransaction.h"
#include "reading/originals.h"
#include "saving/duplicate_keys.h"
#include "saving/late_index.h"
#include "saving/save_mode.h"
#include "saving/own_sequences.h"
#include "saving/saver.h"
#include "tables/private_sql.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

/* A smaller file has been saved before a user could see how long its batches take. */
#define SMALL_ROWS 10000

struct ImportSaving
{
	Import	   *import;
	SaveTask	task;
	Saver	   *saver;			/* NULL: not opened yet */
	OwnSequences *sequences;	/* NULL: the import fills no column that draws from one */
	DuplicateKeys *duplicates;	/* NULL: rows with the same key need no attention */
	ErrorRows	errors;			/* of the batch at hand, or of a part of it */
	ErrorRows	warnings;		/* of the batch at hand */
	int			refused_rows;	/* of the batch at hand */
	RowFates	fates;			/* of it, if the task keeps rows */
	RowPages	pages;
	int			batch_rows;		/* most rows that are saved at once */
	Reader	   *sender;			/* a process that sends events while a transaction stays open; NULL: none so far */
	bool		sender_tried;	/* to start a process that only sends events */
	Absent	   *absent;			/* NULL: rows that the file lacks are left alone */
};

ImportSaving *
import_saving_create(Import *import, Reader *sender)
{
	ImportSaving *saving = palloc0(sizeof(ImportSaving));

	saving->import = import;
	saving->sender = sender;
	saving->batch_rows = PG_XLSX_BATCH_ROWS;
	error_rows_init(&saving->errors, import->task->id, false, ERROR_ROWS_ANYWHERE, import->context);
	error_rows_init(&saving->warnings, import->task->id, true, ERROR_ROWS_ANYWHERE, import->context);
	row_fates_init(&saving->fates, import->context);
	row_pages_init(&saving->pages, import->task->id, import->context);
	return saving;
}

bool
import_is_in_one_go(const Task *task)
{
	return task->dry_run || import_wants_all(task) || save_mode(task->mode)->absents;
}

/* May the indexes be built after the rows are in? Only for imports that save all rows in one go. */
static bool
may_index_late(const Import *import)
{
	const SaveModeFacts *mode = save_mode(import->task->mode);
	const Profile *profile = import->profile;

	if (mode->empties)
		return profile->late_index != LATE_INDEX_NEVER;
	return !mode->by_key && profile->late_index == LATE_INDEX_EMPTY && late_index_is_empty(profile->target);
}

/*
 * May rows be saved before all are checked? Only in modes that save each row independently, and
 * with a reader that can report, before the first commit, that the sheet is complete.
 */
bool
import_may_save_early(const ImportSaving *saving)
{
	const Import *import = saving->import;

	return saving->sender != NULL && live_number(import->progress->live) >= 0 && pg_xlsx_max_spool_bytes > 0 &&
		!import_is_in_one_go(import->task) && import->task->max_errors < 0 && !may_index_late(import) &&
		import->profile->header_check == HEADER_CHECK_ANY;
}

void
import_make_constraints_immediate(const Import *import)
{
	if (!import->inside || import->task->dry_run)
		AfterTriggerSetState(makeNode(ConstraintsSetStmt));
}

/*
 * Where rows can reach another server, what that server has committed must not be lost here in a
 * crash. The setting holds while the rows are saved, because triggers and foreign data wrappers
 * may read it, and it is never off.
 */
static void
make_remote_rows_durable(ImportSaving *saving)
{
	Import	   *import = saving->import;
	const char *usual = GetConfigOptionResetString("synchronous_commit");

	if (import->inside || saver_is_local(saving->saver))
		return;
	import_step_make_durable(import);
	(void) set_config_option("synchronous_commit", strcmp(usual, "off") == 0 ? "on" : usual, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_LOCAL, true, 0, false);
}

static void
open_source(void *argument, XlsxSource *source)
{
	import_open_source(argument, source, CurrentMemoryContext);
}

static char *
original_text(void *originals, uint32 row, uint32 column, bool shows, bool *number)
{
	return originals_text(originals, row, column, shows, number);
}

void
import_saving_open(ImportSaving *saving, int first_rows)
{
	Import	   *import = saving->import;
	Task	   *task = import->task;
	RowsOptions options;
	const SaveModeFacts *mode = save_mode(task->mode);

	if (saving->saver != NULL)
		return;
	saving->batch_rows = first_rows;
	saving->task = (SaveTask) {
		.profile = import->profile, .task = task->id, .locale = task->locale, .mode = task->mode, .source = task->source,
		.undo = !task->dry_run && !mode->empties &&
		(mode->updates ? import->profile->keep_old : import->profile->task_attnum != InvalidAttrNumber),
		.keep_rows = import->profile->keep_rows,
		.keep_changes = import->profile->keep_rows && (task->dry_run || import->profile->keep_changes)
	};
	MemoryContextSwitchTo(import->context);
	import_rows_options(import, &options);
	saving->task.originals = originals_create(&options, open_source, task);
	saving->task.original = original_text;
	saving->saver = saver_create(&saving->task);
	saving->sequences = own_sequences_create(&saving->task);
	saving->duplicates = duplicate_keys_create(&saving->task);
	MemoryContextSwitchTo(import->batch_context);
}

int
import_saving_batch_rows(const ImportSaving *saving)
{
	return saving->batch_rows;
}

static void
save_part(ImportSaving *saving, const PacketRows *rows)
{
	Progress   *progress = saving->import->progress;
	SaveCounts	counts = {0};
	RowFates   *fates = saving->task.keep_rows ? &saving->fates : NULL;

	error_rows_begin(&saving->errors);
	if (fates != NULL)
		row_fates_begin(fates, rows->count);
	make_remote_rows_durable(saving);
	if (!saving->import->task->dry_run)
		own_sequences_prepare(saving->sequences, rows);
	progress->saved_rows += saver_save(saving->saver, rows, &counts, &saving->errors, fates);
	make_remote_rows_durable(saving);		/* saver_save may have found the target changed */
	own_sequences_note(saving->sequences, rows, &saving->errors);
	error_rows_store(&saving->errors);
	if (fates != NULL)
		row_pages_add(&saving->pages, fates, rows);
	progress->inserted_rows += counts.inserted;
	progress->updated_rows += counts.updated;
	progress->unchanged_rows += counts.unchanged;
	progress->deleted_rows += counts.deleted;
	progress->skipped_rows += counts.skipped;
	progress->error_rows += saving->errors.count;
	progress->refused_rows += saving->errors.count;
	saving->refused_rows += saving->errors.count;
}

/* Tells which keys came again, and counts the rows that were left out for that. */
static void
end_parts(ImportSaving *saving)
{
	Progress   *progress = saving->import->progress;
	const PacketRows *left;

	error_rows_begin(&saving->errors);
	error_rows_begin(&saving->warnings);
	left = duplicate_keys_end(saving->duplicates, &saving->errors, &saving->warnings);
	error_rows_store(&saving->errors);
	error_rows_store(&saving->warnings);
	progress->error_rows += saving->errors.count;
	progress->refused_rows += saving->errors.count;
	saving->refused_rows += saving->errors.count;
	progress->warning_rows += saving->warnings.count;
	if (left == NULL)
		return;
	progress->skipped_rows += left->count;
	if (!saving->task.keep_rows)
		return;
	row_fates_begin(&saving->fates, left->count);
	row_fates_set(&saving->fates, 0, left->count, ROW_SKIPPED);
	row_pages_add(&saving->pages, &saving->fates, left);
}

static void
save_rows(ImportSaving *saving, const PacketRows *rows)
{
	TimestampTz began = GetCurrentTimestamp();
	const PacketRows *part;

	saving->refused_rows = 0;
	if (saving->duplicates == NULL)
		save_part(saving, rows);
	else
	{
		duplicate_keys_begin(saving->duplicates, rows);
		while ((part = duplicate_keys_next(saving->duplicates)) != NULL)
		{
			save_part(saving, part);
			duplicate_keys_saved(saving->duplicates, &saving->errors);
		}
		end_parts(saving);
	}
	/* In one go it is not known yet whether the rows stay. */
	if (!saving->import->progress->promised)
		own_sequences_pass(saving->sequences);
	import_adapt_batch(&saving->batch_rows, began);
}

int
import_save_packet(ImportSaving *saving, bytea *packet)
{
	PacketRows	rows;

	packet_read(saving->import->profile, packet, &rows);
	save_rows(saving, &rows);
	return saving->refused_rows;
}

/*
 * By packets
 */

static bytea *
fetch_packet(const Import *import)
{
	static PrivateStatement select = {
		"SELECT data FROM xlsx_private.packet WHERE task_id = $1 AND no = $2", 2, {INT8OID, INT4OID}, NULL
	};
	Datum		values[] = {Int64GetDatum(import->task->id), Int32GetDatum(import->progress->packets_saved)};
	PrivateRow	row;

	if (private_sql_run(&select, values, NULL, &row) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("packet %d of task " INT64_FORMAT " is missing", import->progress->packets_saved,
						import->task->id)));
	return DatumGetByteaP(row.values[0]);
}

/* Saves the rest of the packet at hand, or as many of its rows as one batch may have. */
static void
save_next_rows(ImportSaving *saving)
{
	Import	   *import = saving->import;
	Progress   *progress = import->progress;
	int			first = progress->packet_rows_saved;
	PacketRows	all;
	PacketRows	some;

	packet_read(import->profile, fetch_packet(import), &all);
	some = (PacketRows) {
		Min(all.count - first, saving->batch_rows), all.columns, all.sheet_rows + first,
		all.values + (size_t) first * (size_t) all.columns, all.nulls + (size_t) first * (size_t) all.columns,
		all.blanks + (size_t) first * (size_t) all.columns, all.deletes + first
	};
	progress->packet_rows_saved += some.count;
	if (progress->packet_rows_saved == all.count)
	{
		progress->packets_saved++;
		progress->packet_rows_saved = 0;
	}
	save_rows(saving, &some);
	import_absent_note(saving->absent, &some);
}

static void
save_step(ImportSaving *saving)
{
	Import	   *import = saving->import;
	Progress   *progress = import->progress;

	import_step_begin(import);
	import_make_constraints_immediate(import);
	save_next_rows(saving);
	while (progress->packets_saved < progress->packets && saving->refused_rows == 0 && !import_step_is_full(import))
	{
		import_step_next_batch(import);
		save_next_rows(saving);
	}
	if (progress->packets_saved == progress->packets)
		progress->percent = 100;
	progress_save(progress);
	import_step_end(import);
}

/*
 * In one go: all packets in one subtransaction. This is for modes that keep all rows or none; for
 * dry runs, which save and then roll back; and for inserts whose indexes are built afterwards.
 * Error rows are collected outside of the subtransaction, so that they survive a rollback.
 */

typedef struct OneGo
{
	ImportSaving *saving;
	bool		index_late;
	bool		keep;
} OneGo;

/* Returns how many rows are gone. A sheet without a good row leaves them all, unless the task allows that. */
static int64
empty_target(ImportSaving *saving)
{
	Import	   *import = saving->import;

	if (import->progress->validated_rows > import->progress->error_rows || import->profile->allow_empty)
		return saver_empty(saving->saver);
	import->absent = (AbsentResult) {.verdict = ABSENT_KEPT_EMPTY,.rows = saver_count_rows(saving->saver)};
	return 0;
}

/* Empties the target and suspends its indexes, where the task asks for it. */
static void
prepare_target(OneGo *go)
{
	ImportSaving *saving = go->saving;
	const Import *import = saving->import;
	const Progress *progress = import->progress;
	int64		removed;

	make_remote_rows_durable(saving);
	removed = save_mode(import->task->mode)->empties ? empty_target(saving) : 0;
	saving->absent = import_absent_begin(saving->import, &saving->task);
	go->index_late = go->index_late &&
		saver_index_later(saving->saver, removed, progress->validated_rows - progress->error_rows);
}

/*
 * Publishes the counters. The reading process sends events from them. A small file had no such
 * process: when its transaction takes long, one is started for that.
 */
static void
promise(ImportSaving *saving)
{
	Import	   *import = saving->import;
	MemoryContext caller;
	EventsTo		to;

	progress_publish(import->progress);
	if (import->inside || saving->sender_tried || !progress_is_due(import->progress, GetCurrentTimestamp()) ||
		(saving->sender != NULL && reader_is_there(saving->sender)))
		return;
	caller = MemoryContextSwitchTo(import->context);
	to = import_events_to(import);
	saving->sender_tried = true;
	saving->sender = reader_start_sender(&to);
	MemoryContextSwitchTo(caller);
}

static void
save_all(void *argument)
{
	OneGo	   *go = argument;
	ImportSaving *saving = go->saving;
	Import	   *import = saving->import;
	const Task *task = import->task;
	Progress   *progress = import->progress;

	import_make_constraints_immediate(import);
	prepare_target(go);
	go->keep = true;
	if (!go->index_late && !import_is_in_one_go(task))
		return;
	progress->promised = true;
	while (progress->packets_saved < progress->packets && !import_is_over_limit(import))
	{
		promise(saving);
		PushActiveSnapshot(GetTransactionSnapshot());
		save_next_rows(saving);
		PopActiveSnapshot();
		CommandCounterIncrement();
		MemoryContextReset(import->batch_context);
		CHECK_FOR_INTERRUPTS();
	}
	if (go->index_late)
		saver_index(saving->saver);
	if (!import_is_over_limit(import))
		import_absent_end(import, saving->absent);
	saving->absent = NULL;
	if (import_is_in_one_go(task))
		go->keep = !task->dry_run && import->refusal == NULL && !(import_wants_all(task) && progress->error_rows > 0) && !import_is_over_limit(import);
}

static ErrorData *
try_all(OneGo *go)
{
	error_rows_hold(&go->saving->errors);
	error_rows_hold(&go->saving->warnings);
	row_pages_hold(&go->saving->pages);
	return subtransaction_try_keep(save_all, go, &go->keep);
}

/* In the caller's transaction this comes before the saver is made, which locks the target for its probe. */
static void
hold_target(const Import *import)
{
	if (save_mode(import->task->mode)->empties)
		saver_hold_target(import->profile->target);
}

/* True when it has ended the task. */
static bool
save_in_one_go(ImportSaving *saving)
{
	Import	   *import = saving->import;
	bool		ends = import_is_in_one_go(import->task);
	Progress   *progress = import->progress;
	Progress	before = *progress;
	OneGo		go;
	ErrorData  *error;

	import_step_begin(import);
	hold_target(import);
	go = (OneGo) {saving, may_index_late(import), false};
	error = try_all(&go);
	if (error != NULL && go.index_late && error->sqlerrcode != ERRCODE_QUERY_CANCELED)
	{
		/*
		 * For example a key that comes twice. An index built afterwards cannot name the rows, so
		 * the rows are inserted one by one, into the indexes as they are.
		 */
		*progress = before;
		go.index_late = false;
		error = try_all(&go);
	}
	if (error != NULL)
		ReThrowError(error);
	error_rows_release(&saving->errors);
	error_rows_release(&saving->warnings);
	/* What a dry run would do is kept; what an import has not done is not. */
	row_pages_release(&saving->pages, go.keep || import->task->dry_run);
	import_absent_report(import);
	progress->promised = false;
	if (go.keep)
		own_sequences_pass(saving->sequences);
	if (!go.keep && !import->task->dry_run)
		progress->saved_rows = progress->inserted_rows = progress->updated_rows = progress->unchanged_rows =
			progress->deleted_rows = progress->absent_rows = progress->skipped_rows = 0;
	if (progress->packets_saved == progress->packets || ends)
		progress->percent = 100;
	progress_save(progress);
	if (ends)
		import_conclude(import);
	import_step_end(import);
	return ends;
}

/*
 * Opens the saver. Completes the phase when VALIDATING has saved all rows. Returns true when all
 * rows are to be saved in one go.
 */
static bool
begin(ImportSaving *saving)
{
	Import	   *import = saving->import;
	Progress   *progress = import->progress;
	bool		one_go;

	import_step_begin(import);
	if (import->inside)
		hold_target(import);
	import_saving_open(saving, progress->total_rows > SMALL_ROWS ? IMPORT_FIRST_BATCH_ROWS : PG_XLSX_BATCH_ROWS);
	one_go = import_is_in_one_go(import->task) ||
		(progress->packets_saved == 0 && progress->packets > 0 && may_index_late(import));
	if (progress->packets_saved == progress->packets && !one_go)
	{
		progress->percent = 100;
		progress_save(progress);
	}
	import_step_end(import);
	return one_go;
}

bool
import_save_rows(ImportSaving *saving)
{
	Import	   *import = saving->import;
	Progress   *progress = import->progress;
	bool		ended;

	if (progress->phase != PHASE_SAVING || !progress->entered)
		import_enter_phase(import, PHASE_SAVING, 0);
	ended = begin(saving) && save_in_one_go(saving);
	while (!ended && progress->packets_saved < progress->packets && !import_is_over_limit(import))
		save_step(saving);
	return ended;
}
