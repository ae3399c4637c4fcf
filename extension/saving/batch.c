/*
 * batch.c
 *	  Saves a batch: as a whole first, then row by row where that fails.
 */
#include "saving/saver.h"

#include "access/xact.h"
#include "pg/place.h"
#include "pg/subtransaction.h"
#include "saving/faults.h"
#include "saving/foreign_keys.h"
#include "saving/save_mode.h"
#include "saving/saver_state.h"
#include "saving/undo_xids.h"

/* The least number of rows to try together after a bad one. */
#define LEAST_STRIDE 8

/* One batch while it is saved. */
typedef struct Attempt
{
	Saver	   *saver;
	const PacketRows *rows;
	SaveCounts *counts;
	RowFates   *fates;			/* NULL: the task keeps no rows */
	bool	   *bad;			/* by row */
	Faults		faults;			/* found so far */
	bool		careful;		/* the batch was tried as a whole, and failed */
	List	   *orphans;		/* rows whose parent may be among the rows after them */
	bool		final;			/* no orphan waits any more: report them */
	TransactionId *xids;		/* of the subtransactions that wrote */
	int			xid_count;
	int			saved;			/* rows that the target has now */
	int			settled;		/* those, and the rows that were left out without an error */
} Attempt;

static void
note_error_row(Attempt *attempt, int row, const ErrorData *error)
{
	if (error->sqlerrcode == ERRCODE_FOREIGN_KEY_VIOLATION && attempt->saver->refers_to_itself && !attempt->final)
		attempt->orphans = lcons_int(row, attempt->orphans);	/* in descending order */
	else
		faults_note_error(&attempt->faults, row, error);
}

/* Arguments and result of one call of the method, for rows first to last - 1. */
typedef struct SaveCall
{
	Attempt    *attempt;
	int			first;
	int			last;
	bool		fitting;
	SaveOutcome outcome;
	TransactionId xid;
} SaveCall;

static void
call_method(void *argument)
{
	SaveCall   *call = argument;
	Saver	   *saver = call->attempt->saver;
	void		(*save) (void *, const PacketRows *, int, int, SaveOutcome *) =
		call->fitting ? saver->method->save_fitting : saver->method->save;

	save(saver->state, call->attempt->rows, call->first, call->last, &call->outcome);
	call->xid = GetCurrentTransactionIdIfAny();
}

static void
add_counts(SaveCounts *sum, const SaveCounts *counts)
{
	sum->inserted += counts->inserted;
	sum->updated += counts->updated;
	sum->unchanged += counts->unchanged;
	sum->deleted += counts->deleted;
	sum->skipped += counts->skipped;
}

static void
keep_xid(Attempt *attempt, TransactionId xid)
{
	if (!attempt->saver->task.undo || !TransactionIdIsValid(xid))
		return;
	if (attempt->xids == NULL)
		attempt->xids = palloc(sizeof(TransactionId) * 64);
	else if (attempt->xid_count >= 64 && (attempt->xid_count & (attempt->xid_count - 1)) == 0)
		attempt->xids = repalloc(attempt->xids, sizeof(TransactionId) * 2 * (size_t) attempt->xid_count);
	attempt->xids[attempt->xid_count++] = xid;
}

/*
 * Saves rows in a subtransaction. Returns NULL, and the rows are counted; or returns the error,
 * with the row at fault in *failed (-1: not known).
 */
static ErrorData *
try_rows(Attempt *attempt, int first, int last, bool fitting, int *failed)
{
	SaveCall	call = {attempt, first, last, fitting,
		{.failed = -1, .bad = attempt->bad, .careful = attempt->careful, .fates = attempt->fates}, InvalidTransactionId};
	SaveCounts *counts = &call.outcome.counts;
	ErrorData  *error;

	place_set_rows(attempt->rows->sheet_rows[first], attempt->rows->sheet_rows[Max(last, first + 1) - 1]);
	error = subtransaction_try(call_method, &call);
	place_set_rows(0, 0);
	*failed = call.outcome.failed;
	if (error != NULL && !subtransaction_row_fault(error))
		ReThrowError(error);
	if (error != NULL)
	{
		row_fates_clear(attempt->fates, first, last);
		return error;
	}
	add_counts(attempt->counts, counts);
	attempt->saved += (int) (counts->inserted + counts->updated + counts->unchanged + counts->deleted);
	attempt->settled += (int) (counts->inserted + counts->updated + counts->unchanged + counts->deleted + counts->skipped);
	keep_xid(attempt, call.xid);
	for (int row = first; row < last && !fitting; row++)
		if (attempt->bad[row])
		{
			if (save_mode(attempt->saver->task.mode)->inserts)
				faults_note_lacking(&attempt->faults, row);
			else
				faults_note_missing(&attempt->faults, row, call.outcome.key_column);
		}
	return NULL;
}

/* Tries one row. It is saved, or its error is noted. */
static void
save_row(Attempt *attempt, int row)
{
	int			failed;
	ErrorData  *error;

	attempt->bad[row] = false;
	error = try_rows(attempt, row, row + 1, false, &failed);
	for (int tries = 0; error != NULL && attempt->saver->method->races != NULL &&
		 tries < attempt->saver->method->races(attempt->saver->state, error); tries++)
		error = try_rows(attempt, row, row + 1, false, &failed);
	if (error != NULL)
		note_error_row(attempt, row, error);
}

/*
 * Saves what can be saved of rows first to last - 1, by halving and by stepping over bad rows. A
 * failure loses the work of all rows that were tried together. So after a failure only as many
 * are tried as succeeded before it; after a success, twice as many.
 */
static void
save_by_halves(Attempt *attempt, int first, int last)
{
	Saver	   *saver = attempt->saver;

	while (first < last)
	{
		int			failed;
		int			end = first + Min(last - first, saver->stride);
		ErrorData  *error = NULL;

		if (end - first == 1)
			save_row(attempt, first);
		else
			error = try_rows(attempt, first, end, false, &failed);
		if (error == NULL)
		{
			first = end;
			saver->stride = Min(2 * saver->stride, PG_XLSX_BATCH_ROWS);
			continue;
		}
		if (failed < 0)
		{
			/* The row at fault is not known: try one half. */
			saver->stride = (end - first) / 2;
			continue;
		}
		/* Among the rows before it may still be one that fails only at the end of the statement. */
		save_by_halves(attempt, first, failed);
		if (saver->method->knows_row || saver->probe.row_by_row)
			note_error_row(attempt, failed, error);
		else
			save_row(attempt, failed);
		saver->stride = Max(failed - first, LEAST_STRIDE);
		first = failed + 1;
	}
}

/* Saves the rows between those that are marked as bad, then each marked row by itself. */
static void
save_between(Attempt *attempt)
{
	int			count = attempt->rows->count;
	bool	   *orphan = memcpy(palloc((size_t) count), attempt->bad, (size_t) count);
	int			first = 0;

	memset(attempt->bad, 0, (size_t) count);
	for (int row = 0; row <= count; row++)
	{
		if (row < count && !orphan[row])
			continue;
		save_by_halves(attempt, first, row);
		if (row < count)
			save_row(attempt, row);
		first = row + 1;
	}
}

/*
 * Saves the rows that pass every constraint, then tries the others one by one to get their
 * errors. Returns false when that did not work.
 */
static bool
save_fitting_rows(Attempt *attempt)
{
	Saver	   *saver = attempt->saver;
	int			count = attempt->rows->count;
	int			failed;

	if (saver->method->save_fitting == NULL || saver->unfit)
		return false;
	saver->unfit = try_rows(attempt, 0, count, true, &failed) != NULL;
	if (saver->unfit)
		return false;
	for (int row = 0; row < count; row++)
		if (attempt->bad[row])
			save_row(attempt, row);
	return true;
}

/* Tries the orphans again while at least one of them finds its parent. The rest is then reported. */
static void
save_orphans(Attempt *attempt)
{
	while (attempt->orphans != NIL)
	{
		List	   *rows = attempt->orphans;
		int			before = attempt->settled;
		ListCell   *cell;

		attempt->orphans = NIL;
		foreach(cell, rows)
			save_row(attempt, lfirst_int(cell));
		attempt->final = attempt->settled == before;
	}
}

int
saver_save(Saver *saver, const PacketRows *rows, SaveCounts *counts, ErrorRows *errors, RowFates *fates)
{
	Attempt		attempt = {
		.saver = saver, .rows = rows, .counts = counts, .fates = fates, .bad = palloc0((size_t) rows->count + 1), .faults = {saver, rows, NIL}
	};
	int			failed;

	saver_follow_target(saver);
	/* After a batch with bad rows, the next one is likely to have some. */
	if (saver->wary || try_rows(&attempt, 0, rows->count, false, &failed) != NULL)
	{
		memset(attempt.bad, 0, (size_t) rows->count);
		foreign_keys_mark_orphans(saver->profile, rows, attempt.bad);
		if (!save_fitting_rows(&attempt))
		{
			attempt.careful = true;
			save_between(&attempt);
		}
		save_orphans(&attempt);
		saver->wary = attempt.settled < rows->count;
		saver->unfit = saver->unfit && saver->wary;
	}
	faults_report(&attempt.faults, errors);
	if (fates != NULL)
		tell_keys(saver->tell, rows, fates);
	if (attempt.xid_count > 0)
		undo_xids_store(saver->task.task, attempt.xids, attempt.xid_count);
	return attempt.saved;
}
