/*
 * faults.c
 *	  A batch into the target, and the rows at fault found.
 */
#include "saving/saver.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/heap.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_index.h"
#include "pg/place.h"
#include "pg/subtransaction.h"
#include "saving/checks.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/* Rows that are tried together after a bad one, at the least. */
#define LEAST_STRIDE 8

/* One batch on its way. */
typedef struct Attempt
{
	Saver	   *saver;
	const PacketRows *rows;
	ErrorRows  *errors;
	SaveCounts *counts;
	bool	   *bad;			/* by row */
	List	   *faults;			/* of Fault */
	bool		careful;		/* it was tried as a whole, in vain */
	List	   *orphans;		/* rows that may find their parent among the rows after them */
	bool		final;			/* no row waits any more */
	TransactionId *xids;		/* of the subtransactions that wrote */
	int			xid_count;
	int			saved;			/* rows that the target has now */
	int			settled;		/* and those that are left out */
} Attempt;

static const char *
code_of_sqlstate(int sqlstate)
{
	switch (sqlstate)
	{
		case ERRCODE_UNIQUE_VIOLATION:
			return "unique";
		case ERRCODE_FOREIGN_KEY_VIOLATION:
			return "foreign_key";
		case ERRCODE_CHECK_VIOLATION:
			return "check";
		case ERRCODE_NOT_NULL_VIOLATION:
			return "not_null";
		case ERRCODE_EXCLUSION_VIOLATION:
			return "exclusion";
		default:
			return "rejected";
	}
}

/* First column of a unique index that is no constraint; InvalidAttrNumber when it is none. */
static AttrNumber
first_of_index(Oid index)
{
	HeapTuple	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index));
	AttrNumber	attnum = InvalidAttrNumber;

	if (!HeapTupleIsValid(tuple))
		return InvalidAttrNumber;
	attnum = ((Form_pg_index) GETSTRUCT(tuple))->indkey.values[0];
	ReleaseSysCache(tuple);
	return attnum;
}

/* The profile column that an error names, by itself or as the first of its constraint's; NULL when it names none. */
static const ProfileColumn *
column_of_error(const Profile *profile, const ErrorData *error)
{
	AttrNumber	attnum = InvalidAttrNumber;

	if (error->column_name != NULL)
		attnum = get_attnum(profile->target, error->column_name);
	else if (error->constraint_name != NULL)
	{
		Oid			constraint = get_relation_constraint_oid(profile->target, error->constraint_name, true);
		Bitmapset  *columns = NULL;

		if (OidIsValid(constraint))
			columns = get_relation_constraint_attnos(profile->target, error->constraint_name, true, &constraint);
		if (columns != NULL)
			attnum = (AttrNumber) (bms_next_member(columns, -1) + FirstLowInvalidHeapAttributeNumber);
		else
			attnum = first_of_index(get_relname_relid(error->constraint_name, get_rel_namespace(profile->target)));
	}
	for (int i = 0; i < profile->count; i++)
		if (profile->columns[i].attnum == attnum)
			return &profile->columns[i];
	return NULL;
}

/* What is wrong with a row; column: whom to blame, or NULL. */
typedef struct Blame
{
	const ProfileColumn *column;
	Violation	violation;
} Blame;

/* A row that becomes an error row when the batch is done. */
typedef struct Fault
{
	int			row;
	uint32		sheet_row;
	List	   *blames;			/* of Blame */
} Fault;

static void
add_blame(Fault *fault, const ProfileColumn *column, const Violation *violation)
{
	Blame	   *blame = palloc(sizeof(Blame));

	*blame = (Blame) {column, *violation};
	fault->blames = lappend(fault->blames, blame);
}

static void
note_bad_row(Attempt *attempt, int row, const ProfileColumn *column, const Violation *violation)
{
	Fault	   *fault = palloc(sizeof(Fault));

	*fault = (Fault) {row, attempt->rows->sheet_rows[row], NIL};
	add_blame(fault, column, violation);
	attempt->faults = lappend(attempt->faults, fault);
}

static int
compare_faults(const ListCell *a, const ListCell *b)
{
	uint32		left = ((const Fault *) lfirst(a))->sheet_row;
	uint32		right = ((const Fault *) lfirst(b))->sheet_row;

	return left < right ? -1 : left > right;
}

/* With what stands in its cells. */
static void
report_fault(Attempt *attempt, const Fault *fault)
{
	const SaveTask *task = &attempt->saver->task;
	const Profile *profile = attempt->saver->profile;
	ErrorForm  *form = error_row_begin(attempt->errors);
	char	  **texts = palloc(sizeof(char *) * (size_t) profile->count);
	ListCell   *cell;

	for (int i = 0; i < profile->count; i++)
	{
		texts[i] = task->original(task->originals, fault->sheet_row, task->source[i]);
		error_form_value(form, texts[i], texts[i] != NULL ? strlen(texts[i]) : 0);
	}
	foreach(cell, fault->blames)
	{
		const Blame *blame = lfirst(cell);
		ptrdiff_t	at = blame->column != NULL ? blame->column - profile->columns : -1;

		error_form_violation(form, blame->column, fault->sheet_row, at >= 0 ? task->source[at] : 0,
							 at >= 0 ? texts[at] : NULL, &blame->violation);
	}
	error_row_end(attempt->errors, fault->sheet_row);
}

/*
 * The server stops at the first constraint that a row breaks: NOT NULL comes
 * first, then checks by their names, then indexes, which only rows see that pass all before.
 */
static bool
may_break_more(const Saver *saver, const Fault *fault)
{
	const char *code = ((const Blame *) linitial(fault->blames))->violation.code;

	return !save_is_keyed(saver->task.mode) && (strcmp(code, "check") == 0 || strcmp(code, "not_null") == 0);
}

typedef struct Finding
{
	const char *target;
	Fault	  **faults;			/* by place in the batch */
} Finding;

static void
blame_check(void *argument, int place, const char *constraint, const ProfileColumn *column)
{
	const Finding *finding = argument;
	Fault	   *fault = finding->faults[place];
	const Violation *first = &((const Blame *) linitial(fault->blames))->violation;
	Violation	violation;

	if (first->constraint != NULL && strcmp(first->constraint, constraint) == 0)
		return;
	violation = (Violation) {
		.code = "check",
		.message = psprintf("new row for relation \"%s\" violates check constraint \"%s\"", finding->target, constraint),
		.constraint = pstrdup(constraint), .sqlstate = "23514"
	};
	add_blame(fault, column, &violation);
}

/* What else is wrong with rows that break a constraint. */
static void
find_more(Attempt *attempt)
{
	Saver	   *saver = attempt->saver;
	Finding		finding = {
		get_rel_name(saver->profile->target), palloc0(sizeof(Fault *) * (size_t) (attempt->rows->count + 1))
	};
	int		   *places = palloc(sizeof(int) * (size_t) (attempt->rows->count + 1));
	int			count = 0;
	ListCell   *cell;

	foreach(cell, attempt->faults)
	{
		Fault	   *fault = lfirst(cell);

		if (!may_break_more(saver, fault))
			continue;
		finding.faults[fault->row] = fault;
		places[count++] = fault->row;
	}
	if (count == 0)
		return;
	if (saver->checks == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(saver->context);

		saver->checks = save_checks_create(saver->profile);
		MemoryContextSwitchTo(caller);
	}
	save_checks_ask(saver->checks, attempt->rows, places, count, blame_check, &finding);
}

static void
report_faults(Attempt *attempt)
{
	ListCell   *cell;

	find_more(attempt);
	list_sort(attempt->faults, compare_faults);
	foreach(cell, attempt->faults)
		report_fault(attempt, lfirst(cell));
}

static void
note_error_row(Attempt *attempt, int row, const ErrorData *error)
{
	Violation	violation = {
		.code = code_of_sqlstate(error->sqlerrcode), .message = error->message,
		.detail = error->detail, .hint = error->hint, .constraint = error->constraint_name,
		.sqlstate = unpack_sql_state(error->sqlerrcode)
	};

	if (error->sqlerrcode == ERRCODE_FOREIGN_KEY_VIOLATION && attempt->saver->refers_to_itself && !attempt->final)
	{
		attempt->orphans = lcons_int(row, attempt->orphans);	/* the last ones first */
		return;
	}
	violation.sqlstate = pstrdup(violation.sqlstate);
	note_bad_row(attempt, row, column_of_error(attempt->saver->profile, error), &violation);
}

/* Of MODE_UPDATE: there is no row to update. */
static void
note_missing_row(Attempt *attempt, int row, int key_column)
{
	Violation	violation = {.code = "not_found", .message = "No row has this key"};

	note_bad_row(attempt, row, &attempt->saver->profile->columns[key_column], &violation);
}

/* Rows first to last - 1 of an attempt, on their way through the method. */
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
 * Saves rows in a subtransaction.  NULL, and they are counted; or the error and
 * in *failed the row at fault (-1: unknown).
 */
static ErrorData *
try_rows(Attempt *attempt, int first, int last, bool fitting, int *failed)
{
	SaveCall	call = {attempt, first, last, fitting, {.failed = -1, .bad = attempt->bad, .careful = attempt->careful}, InvalidTransactionId};
	SaveCounts *counts = &call.outcome.counts;
	ErrorData  *error;

	place_set_rows(attempt->rows->sheet_rows[first], attempt->rows->sheet_rows[Max(last, first + 1) - 1]);
	error = subtransaction_try(call_method, &call);
	place_set_rows(0, 0);
	*failed = call.outcome.failed;
	if (error != NULL && !subtransaction_row_fault(error))
		ReThrowError(error);
	if (error != NULL)
		return error;
	add_counts(attempt->counts, counts);
	attempt->saved += (int) (counts->inserted + counts->updated + counts->unchanged);
	attempt->settled += (int) (counts->inserted + counts->updated + counts->unchanged + counts->skipped);
	keep_xid(attempt, call.xid);
	for (int row = first; row < last && !fitting; row++)
		if (attempt->bad[row])
			note_missing_row(attempt, row, call.outcome.key_column);
	return NULL;
}

/* One row by itself: it is saved, or its own error is noted. */
static void
save_row(Attempt *attempt, int row)
{
	int			failed;
	ErrorData  *error;

	attempt->bad[row] = false;
	error = try_rows(attempt, row, row + 1, false, &failed);
	/* Somebody may have inserted the key since it was looked for, or deleted the row. */
	if (error != NULL && attempt->saver->method == &save_keyed &&
		(error->sqlerrcode == ERRCODE_UNIQUE_VIOLATION || error->sqlerrcode == ERRCODE_CARDINALITY_VIOLATION))
		error = try_rows(attempt, row, row + 1, false, &failed);
	if (error != NULL)
		note_error_row(attempt, row, error);
}

/*
 * Saves what can be saved of rows first to last - 1, by halving and by stepping
 * over rows that are known to be bad.  A failure loses the work of all rows that
 * were tried together, so no more are than went well the last time, or twice as many after no failure.
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
			/* The row is not known: one half has it. */
			saver->stride = (end - first) / 2;
			continue;
		}
		/* The rows before it may still hold one that only the end of the statement would show. */
		save_by_halves(attempt, first, failed);
		if (saver->method == &save_unnest && !saver->probe.row_by_row)
			save_row(attempt, failed);
		else
			note_error_row(attempt, failed, error);
		saver->stride = Max(failed - first, LEAST_STRIDE);
		first = failed + 1;
	}
}

/* Rows that are not marked bad, between those that are. */
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

/* Saves what fits, then asks the others one by one what is wrong with them. False when that did not work. */
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

/* Rows whose parent came after them, as long as one of them finds it; then the rest is bad. */
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
saver_save(Saver *saver, const PacketRows *rows, SaveCounts *counts, ErrorRows *errors)
{
	Attempt		attempt = {
		.saver = saver, .rows = rows, .errors = errors, .counts = counts, .bad = palloc0((size_t) rows->count + 1)
	};
	int			failed;

	saver_follow_target(saver);
	/* Where the batch before had bad rows, this one is likely to. */
	if (saver->wary || try_rows(&attempt, 0, rows->count, false, &failed) != NULL)
	{
		memset(attempt.bad, 0, (size_t) rows->count);
		save_mark_orphans(saver->profile, rows, attempt.bad);
		if (!save_fitting_rows(&attempt))
		{
			attempt.careful = true;
			save_between(&attempt);
		}
		save_orphans(&attempt);
		saver->wary = attempt.settled < rows->count;
		saver->unfit = saver->unfit && saver->wary;
	}
	report_faults(&attempt);
	if (attempt.xid_count > 0)
		save_note_xids(saver->task.task, attempt.xids, attempt.xid_count);
	return attempt.saved;
}
