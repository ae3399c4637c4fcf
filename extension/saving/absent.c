/*
 * absent.c
 *	  Rows of the target that the file lacks.
 *
 * They are found by a query, whose result is the list of their keys. The rows are then locked by
 * these keys, and found once more, because a session may have changed some of them before they
 * were locked. A statement of its own deletes or marks them. It has no SQL of the profile in it,
 * so that triggers see the search_path that they expect.
 */
#include "saving/absent.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "pg/named_rows.h"
#include "pg/query.h"
#include "pg/subtransaction.h"
#include "profile/absent_options.h"
#include "profile/params.h"
#include "profile/sql.h"
#include "saving/absent_sql.h"
#include "saving/column_default.h"
#include "saving/save_mode.h"
#include "saving/undo_rows.h"
#include "tables/role_sql.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

struct Absent
{
	const SaveTask *task;
	AbsentSql	sql;
	TupleDesc	key_descriptor;
	NamedRows  *keys;			/* of the file */
	int64		in_scope;
	uint32		unreadable_row;
	bool	   *draws;			/* has each new row without a value of this column another one? */
	uint32		drawn_row;		/* the first row of the sheet with such a key */
	MemoryContext context;
};

/*
 * SQL of the profile
 */

typedef struct Asking
{
	Absent	   *absent;
	int64		count;			/* result of a count */
	NamedRows  *found;			/* result of a search: the rows */
} Asking;

/* Its one argument is the jsonb that SQL of the profile sees as params. */
static SPIPlanPtr
prepare(const char *sql)
{
	Oid			types[] = {JSONBOID};
	int			level = NewGUCNestLevel();
	SPIPlanPtr	plan;

	/* The planner may have seen an empty target; a hash join costs little more where a loop would do. */
	query_set_option("enable_nestloop", "off");
	query_set_option("jit", "off");
	plan = SPI_prepare_cursor(sql, lengthof(types), types, 0);
	if (plan == NULL)
		elog(ERROR, "could not prepare \"%s\": %s", sql, SPI_result_code_string(SPI_result));
	AtEOXact_GUC(true, level);
	return plan;
}

static Portal
open_cursor(const Asking *asking, const char *sql)
{
	Datum		values[] = {params_datum(asking->absent->task->profile)};

	return SPI_cursor_open(NULL, prepare(sql), values, " ", true);
}

static void
take_count(void *argument, HeapTuple tuple, TupleDesc descriptor)
{
	Asking	   *asking = argument;
	bool		null;

	asking->count = DatumGetInt64(SPI_getbinval(tuple, descriptor, 1, &null));
}

static void
take_row(void *argument, HeapTuple tuple, TupleDesc descriptor)
{
	Asking	   *asking = argument;
	Datum	   *values = palloc(sizeof(Datum) * (size_t) descriptor->natts);
	bool	   *nulls = palloc(sizeof(bool) * (size_t) descriptor->natts);

	heap_deform_tuple(tuple, descriptor, values, nulls);
	named_rows_add(asking->found, values, nulls);
}

static void
ask_count(void *argument)
{
	Asking	   *asking = argument;
	RoleSql		sql;

	role_sql_enter_query(&sql, asking->absent->task->profile->confined);
	SPI_connect();
	query_each(open_cursor(asking, absent_sql_count(&asking->absent->sql)), take_count, asking);
	SPI_finish();
	role_sql_leave(&sql);
}

static void
ask_rows(void *argument)
{
	Asking	   *asking = argument;
	RoleSql		sql;

	role_sql_enter_query(&sql, asking->absent->task->profile->confined);
	SPI_connect();
	named_rows_register(asking->absent->keys);
	query_each(open_cursor(asking, absent_sql_find(&asking->absent->sql)), take_row, asking);
	SPI_finish();
	role_sql_leave(&sql);
}

/* Runs one of the two as the profile's SQL: read-only, and what else it does is taken back. */
static void
ask(Asking *asking, void (*work) (void *argument))
{
	ErrorData  *error;

	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	error = profile_sql_try(asking->absent->task->profile, work, asking);
	PopActiveSnapshot();
	if (error != NULL)
		ReThrowError(error);
}

/*
 * To begin with, and the rows of the file
 */

static int64
count_scope(Absent *absent)
{
	Asking		asking = {.absent = absent};

	ask(&asking, ask_count);
	return asking.count;
}

Absent *
absent_create(const SaveTask *task)
{
	const Profile *profile = task->profile;
	Absent	   *absent = palloc0(sizeof(Absent));

	absent_require_limit(profile->scope, profile->max_absent);
	absent->context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx absent rows", ALLOCSET_DEFAULT_SIZES);
	absent->task = task;
	absent_sql_create(&absent->sql, task);
	absent->draws = palloc0(sizeof(bool) * (size_t) profile->count);
	for (int i = 0; i < profile->count; i++)
		absent->draws[i] = absent->sql.needs[i] && column_default_exists(profile, &profile->columns[i]) &&
			!column_default_repeats(profile, &profile->columns[i]);
	absent->keys = named_rows_create(ABSENT_KEYS, absent_sql_keys(&absent->sql));
	absent->in_scope = profile->max_absent != NULL && max_absent_parse(profile->max_absent).percent ? count_scope(absent) : -1;
	return absent;
}

/* Returns false, and adds nothing, when the row is bad and a value of the key is missing. */
static bool
note_row(Absent *absent, const PacketRows *rows, int row, bool bad)
{
	const AbsentSql *sql = &absent->sql;
	Datum		values[MaxTupleAttributeNumber];
	bool		nulls[MaxTupleAttributeNumber];
	int			count = 0;

	for (int i = 0; i < rows->columns; i++)
	{
		if (!sql->reads[i])
			continue;
		values[count] = rows->values[(size_t) row * (size_t) rows->columns + (size_t) i];
		nulls[count] = rows->nulls[(size_t) row * (size_t) rows->columns + (size_t) i];
		if (nulls[count] && bad && sql->needs[i])
			return false;
		if (nulls[count] && absent->draws[i] && (absent->drawn_row == 0 || rows->sheet_rows[row] < absent->drawn_row))
			absent->drawn_row = rows->sheet_rows[row];
		count++;
	}
	values[count] = BoolGetDatum(bad);
	nulls[count] = false;
	named_rows_add(absent->keys, values, nulls);
	return true;
}

void
absent_note_rows(Absent *absent, const PacketRows *rows)
{
	for (int row = 0; row < rows->count; row++)
		(void) note_row(absent, rows, row, false);
}

void
absent_note_bad_rows(Absent *absent, const PacketRows *rows)
{
	for (int row = 0; row < rows->count; row++)
		if (!note_row(absent, rows, row, true) &&
			(absent->unreadable_row == 0 || rows->sheet_rows[row] < absent->unreadable_row))
			absent->unreadable_row = rows->sheet_rows[row];
}

/*
 * Finding them
 */

static NamedRows *
find_rows(Absent *absent)
{
	Asking		asking = {.absent = absent};
	MemoryContext caller = MemoryContextSwitchTo(absent->context);

	asking.found = named_rows_create(ABSENT_FOUND, absent_sql_found(&absent->sql));
	MemoryContextSwitchTo(caller);
	ask(&asking, ask_rows);
	return asking.found;
}

/* Runs a statement on the target, whose triggers see the search_path of the session. each: for each row of its result. */
static void
run(NamedRows *found, const char *sql, QueryEach each, void *argument)
{
	Datum		values[] = {(Datum) 0};
	SPIPlanPtr	plan;

	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
	named_rows_register(found);
	plan = prepare(sql);
	query_each(SPI_cursor_open(NULL, plan, values, "n", false), each, argument);
	SPI_finish();
	PopActiveSnapshot();
}

static void
ignore(void *argument, HeapTuple tuple, TupleDesc descriptor)
{
}

/* No session can change the rows that are found now: those that were found before are locked. */
static NamedRows *
find_and_hold(Absent *absent)
{
	NamedRows  *found = find_rows(absent);

	if (named_rows_count(found) == 0 || !absent->sql.keyed.may_hold)
		return found;
	run(found, absent_sql_lock(&absent->sql), ignore, NULL);
	named_rows_free(found);
	return find_rows(absent);
}

static bool
are_too_many(const Absent *absent, int64 count)
{
	const char *max_absent = absent->task->profile->max_absent;
	MaxAbsent	limit;

	if (max_absent == NULL)
		return false;
	limit = max_absent_parse(max_absent);
	return limit.percent ? (double) count * 100 > limit.most * (double) absent->in_scope : (double) count > limit.most;
}

/*
 * Removing or marking them
 */

#define UNDO_BATCH 500

typedef struct Removal
{
	Absent	   *absent;
	int64		rows;
	int			count;			/* of the rows below */
	UndoRow		undo[UNDO_BATCH];
	MemoryContext context;		/* of them */
} Removal;

static void
keep_undo(Removal *removal)
{
	undo_rows_keep(removal->absent->task->task, removal->undo, removal->count);
	removal->count = 0;
	MemoryContextReset(removal->context);
}

static Datum
copy_jsonb(HeapTuple tuple, TupleDesc descriptor, int column, bool *null)
{
	Datum		value = SPI_getbinval(tuple, descriptor, column, null);

	return *null ? (Datum) 0 : PointerGetDatum(PG_DETOAST_DATUM_COPY(value));
}

/* A row of the result: 1, or what it was and what it is now. */
static void
take_removed(void *argument, HeapTuple tuple, TupleDesc descriptor)
{
	Removal    *removal = argument;
	MemoryContext caller;
	UndoRow    *undo = &removal->undo[removal->count];

	removal->rows++;
	if (!removal->absent->task->undo)
		return;
	caller = MemoryContextSwitchTo(removal->context);
	undo->row = 0;
	undo->old = copy_jsonb(tuple, descriptor, 1, &undo->old_null);
	undo->new = copy_jsonb(tuple, descriptor, 2, &undo->new_null);
	MemoryContextSwitchTo(caller);
	if (++removal->count == UNDO_BATCH)
		keep_undo(removal);
}

static int64
remove_rows(Absent *absent, NamedRows *found)
{
	Removal    *removal = MemoryContextAllocZero(absent->context, sizeof(Removal));

	if (named_rows_count(found) == 0)
		return 0;
	removal->absent = absent;
	removal->context = AllocSetContextCreate(absent->context, "pg_xlsx removed rows", ALLOCSET_DEFAULT_SIZES);
	run(found, absent_sql_remove(&absent->sql), take_removed, removal);
	if (removal->count > 0)
		keep_undo(removal);
	return removal->rows;
}

AbsentResult
absent_apply(Absent *absent, int64 good_rows, bool tries)
{
	AbsentResult result = {.verdict = ABSENT_DONE,.in_scope = absent->in_scope,.unreadable_row = absent->unreadable_row,.drawn_row = absent->drawn_row};
	bool		reports = absent->sql.action == ABSENT_REPORT;
	bool		empty = good_rows == 0 && !absent->task->profile->allow_empty;
	NamedRows  *found = reports || empty || absent->unreadable_row > 0 || absent->drawn_row > 0 ? find_rows(absent) : find_and_hold(absent);

	result.rows = named_rows_count(found);
	if (absent->drawn_row > 0)
		result.verdict = ABSENT_KEPT_DRAWN;
	else if (reports)
		result.verdict = ABSENT_REPORTED;
	else if (absent->unreadable_row > 0)
		result.verdict = ABSENT_KEPT_UNREADABLE;
	else if (empty)
		result.verdict = ABSENT_KEPT_EMPTY;
	else if (are_too_many(absent, result.rows))
		result.verdict = ABSENT_TOO_MANY;
	if (result.verdict == ABSENT_DONE || (result.verdict == ABSENT_TOO_MANY && tries))
	{
		result.rows = remove_rows(absent, found);
		result.stayed = named_rows_count(found) - result.rows;
	}
	named_rows_free(found);
	return result;
}

void
absent_free(Absent *absent)
{
	named_rows_free(absent->keys);
	MemoryContextDelete(absent->context);
	pfree(absent);
}
