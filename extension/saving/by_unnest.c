/*
 * by_unnest.c
 *	  INSERT ... SELECT FROM unnest($1, $2, ...): right for any target.
 *
 * A task that keeps rows has to know which of them were inserted: a trigger, a rule or a policy
 * may leave some out. So the statement returns the row that it has reached (mark.h). Where that
 * is not sure, or the target refuses a RETURNING, rows are inserted one by one.
 */
#include "saving/method.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "kept/unnest.h"
#include "miscadmin.h"
#include "pg/query.h"
#include "pg/subtransaction.h"
#include "saving/insert_sql.h"
#include "saving/mark.h"
#include "saving/tell.h"
#include "utils/builtins.h"

typedef struct UnnestState
{
	const Profile *profile;
	int64		task;
	Tell	   *tell;			/* NULL: the task keeps no rows */
	bool		returns;		/* the statement has a RETURNING */
	bool		one_by_one;		/* a statement has one row */
	SPIPlanPtr	plan;
	int			arguments;
} UnnestState;

/* What prepare() needs. */
typedef struct Preparation
{
	UnnestState *state;
	char	   *sql;
	Oid		   *types;
	MemoryContext life;
} Preparation;

static void
prepare(void *argument)
{
	Preparation *preparation = argument;
	UnnestState *state = preparation->state;

	SPI_connect();
	state->plan = query_prepare(preparation->sql, state->arguments, preparation->types, preparation->life);
	SPI_finish();
}

/* A rule without a RETURNING of its own refuses that of the statement. Without columns to return, the statement can do without. */
static void
prepare_returning(const Preparation *plain)
{
	UnnestState *state = plain->state;
	Preparation returning = *plain;
	ErrorData  *error;

	returning.sql = psprintf("%s RETURNING xlsx_private.marked_row(), %s", plain->sql, tell_returned_sql(state->tell, "t"));
	error = subtransaction_try(prepare, &returning);
	state->returns = error == NULL;
	state->one_by_one = state->one_by_one || error != NULL;
	if (error == NULL)
		return;
	if (error->sqlerrcode != ERRCODE_FEATURE_NOT_SUPPORTED || tell_returns(state->tell))
		ReThrowError(error);
	prepare((void *) plain);
}

static void *
unnest_create(const SaveTask *task, const SaveProbe *probe)
{
	const Profile *profile = task->profile;
	int			parameters = unnest_parameters(profile);
	Preparation preparation = {palloc0(sizeof(UnnestState)), NULL, palloc(sizeof(Oid) * (size_t) (parameters + 1)), CurrentMemoryContext};
	UnnestState *state = preparation.state;

	preparation.sql = insert_sql_statement(profile, preparation.types);
	state->profile = profile;
	state->task = task->task;
	state->arguments = parameters + (profile->task_attnum != InvalidAttrNumber);
	state->tell = tell_create(task);
	state->one_by_one = state->tell != NULL && !probe->returns_in_order;
	if (state->tell != NULL)
		prepare_returning(&preparation);
	else
		prepare(&preparation);
	return state;
}

/* The rows that the statement has returned were inserted, the others were left out. Returns how many were inserted. */
static int
take_returned(int first, int last, RowFates *fates)
{
	row_fates_set(fates, first, last, ROW_SKIPPED);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool		null;
		Datum		place = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &null);
		int			row = first + (int) query_index(place, null, last - first);
		Datum		returned = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 2, &null);

		fates->rows[row].action = ROW_INSERTED;
		if (!null)
			fates->rows[row].returned = row_fates_text(fates, returned);
	}
	return row_fates_count(fates, first, last, ROW_INSERTED);
}

/* Runs the statement. Its row at fault, when it throws, is in outcome->failed. */
static void
run(UnnestState *state, Datum *arguments, int first, int last, SaveOutcome *outcome)
{
	int64		outer = mark_begin();
	int64		reached;
	int			result;

	PG_TRY();
	{
		result = SPI_execute_plan(state->plan, arguments, NULL, false, 0);
	}
	PG_CATCH();
	{
		/* At the last row the end of the statement may have thrown, because of any row. */
		reached = mark_end(outer);
		if (last - first == 1)
			outcome->failed = first;
		else if (reached > 0 && reached < last - first)
			outcome->failed = first + (int) reached - 1;
		PG_RE_THROW();
	}
	PG_END_TRY();
	(void) mark_end(outer);
	if (result < 0)
		elog(ERROR, "could not insert: %s", SPI_result_code_string(result));
}

static void
insert_rows(UnnestState *state, const PacketRows *rows, int first, int last, SaveOutcome *outcome)
{
	const Profile *profile = state->profile;
	Datum	   *arguments = palloc(sizeof(Datum) * (size_t) state->arguments);
	int64		inserted;

	unnest_arguments(profile, rows, first, last, arguments);
	if (profile->task_attnum != InvalidAttrNumber)
		arguments[state->arguments - 1] = Int64GetDatum(state->task);
	SPI_connect();
	run(state, arguments, first, last, outcome);
	/* A rule may have made several rows of one. */
	inserted = Min((int64) SPI_processed, last - first);
	if (outcome->fates != NULL && state->returns)
		inserted = take_returned(first, last, outcome->fates);
	else
		row_fates_set(outcome->fates, first, last, inserted > 0 ? ROW_INSERTED : ROW_SKIPPED);
	SPI_finish();
	outcome->counts.inserted += inserted;
	outcome->counts.skipped += last - first - inserted;
}

static void
unnest_save(void *opaque, const PacketRows *rows, int first, int last, SaveOutcome *outcome)
{
	UnnestState *state = opaque;
	int			step = state->one_by_one ? 1 : last - first;

	for (int row = first; row < last; row += step)
	{
		CHECK_FOR_INTERRUPTS();
		insert_rows(state, rows, row, row + step, outcome);
	}
}

const SaveMethod save_unnest = {
	.name = "unnest", .whole_rows = true, .create = unnest_create, .save = unnest_save
};
