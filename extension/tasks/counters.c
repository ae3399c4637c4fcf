/*
 * counters.c
 *	  Counts of tasks that have ended, and of what they saved.
 */
#include "tasks/counters.h"

#include "catalog/pg_type.h"
#include "tables/private_sql.h"
#include "utils/builtins.h"

/* A sweep leaves fewer fresh rows than that as they are, and folds at most that many in a transaction. */
#define LEAST_FRESH 100
#define MOST_FRESH	10000

void
counters_end(int64 task, int status)
{
	static PrivateStatement insert = {
		"INSERT INTO xlsx_private.tally (owner, tenant, status, tasks, ended, saved_rows, error_rows)"
		" SELECT owner, tenant, coalesce($2, CASE WHEN error_rows > 0 THEN 'HAS_ERRORS' ELSE 'COMPLETED' END), 1, 1,"
		" greatest(saved_rows - tallied_saved, 0), greatest(error_rows - tallied_errors, 0) FROM xlsx_private.task WHERE id = $1",
		2, {INT8OID, TEXTOID}, NULL
	};
	Datum		values[2] = {Int64GetDatum(task)};
	char		nulls[2] = {' ', ' '};

	private_sql_set_text(values, nulls, 1, status == COUNTERS_SUCCESS ? NULL : task_status_names.texts[status]);
	private_sql_run(&insert, values, nulls, NULL);
}

void
counters_again(int64 task, TaskStatus status)
{
	static PrivateStatement insert = {
		"INSERT INTO xlsx_private.tally (owner, tenant, status, tasks) SELECT owner, tenant, $2, -1 FROM xlsx_private.task WHERE id = $1",
		2, {INT8OID, TEXTOID}, NULL
	};
	Datum		values[] = {Int64GetDatum(task), CStringGetTextDatum(task_status_names.texts[status])};

	private_sql_run(&insert, values, NULL, NULL);
}

bool
counters_fold(void)
{
	static PrivateStatement fold = {"SELECT xlsx_private.fold_tally($1, $2)", 2, {INT4OID, INT4OID}, NULL};
	Datum		values[] = {Int32GetDatum(LEAST_FRESH), Int32GetDatum(MOST_FRESH)};
	PrivateRow	row;

	private_sql_run(&fold, values, NULL, &row);
	return DatumGetInt64(row.values[0]) == MOST_FRESH;
}
