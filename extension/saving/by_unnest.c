/*
 * by_unnest.c
 *	  INSERT ... SELECT FROM unnest($1, $2, ...): right for any target.
 */
#include "saving/method.h"

#include "fmgr.h"
#include "kept/unnest.h"
#include "pg/query.h"
#include "saving/insert_sql.h"

PG_FUNCTION_INFO_V1(pg_xlsx_mark_row);

/*
 * The row that the statement has reached, counted from 1. Where the executor takes the rows one
 * by one all the way, it is the row at fault when the statement throws. Where rows are buffered
 * on the way, it is only a hint.
 */
static int64 marked_row;

typedef struct UnnestState
{
	const Profile *profile;
	int64		task;
	SPIPlanPtr	plan;
	int			arguments;
} UnnestState;

Datum
pg_xlsx_mark_row(PG_FUNCTION_ARGS)
{
	marked_row = PG_GETARG_INT64(0);
	PG_RETURN_BOOL(true);
}

static void *
unnest_create(const SaveTask *task)
{
	const Profile *profile = task->profile;
	MemoryContext life = CurrentMemoryContext;
	UnnestState *state = palloc0(sizeof(UnnestState));
	Oid		   *types = palloc(sizeof(Oid) * (size_t) (profile->count + 1));
	char	   *sql = insert_sql_statement(profile, types);

	state->profile = profile;
	state->task = task->task;
	state->arguments = profile->count + (profile->task_attnum != InvalidAttrNumber);
	SPI_connect();
	state->plan = query_prepare(sql, state->arguments, types, life);
	SPI_finish();
	return state;
}

static void
unnest_save(void *opaque, const PacketRows *rows, int first, int last, SaveOutcome *outcome)
{
	UnnestState *state = opaque;
	const Profile *profile = state->profile;
	Datum	   *arguments = palloc(sizeof(Datum) * (size_t) state->arguments);
	int64		inserted;
	int			result;

	for (int i = 0; i < profile->count; i++)
		arguments[i] = unnest_array(&profile->columns[i], rows, first, last, i);
	if (profile->task_attnum != InvalidAttrNumber)
		arguments[profile->count] = Int64GetDatum(state->task);
	marked_row = 0;
	SPI_connect();
	PG_TRY();
	{
		result = SPI_execute_plan(state->plan, arguments, NULL, false, 0);
	}
	PG_CATCH();
	{
		/* At the last row the end of the statement may have thrown, because of any row. */
		if (last - first == 1)
			outcome->failed = first;
		else if (marked_row > 0 && marked_row < last - first)
			outcome->failed = first + (int) marked_row - 1;
		PG_RE_THROW();
	}
	PG_END_TRY();
	if (result < 0)
		elog(ERROR, "could not insert: %s", SPI_result_code_string(result));
	/* A rule may have made several rows of one. */
	inserted = Min((int64) SPI_processed, last - first);
	SPI_finish();
	outcome->counts.inserted += inserted;
	outcome->counts.skipped += last - first - inserted;
}

const SaveMethod save_unnest = {
	.name = "unnest", .whole_rows = true, .create = unnest_create, .save = unnest_save
};
