/*
 * frozen.c
 *	  Profiles as they were at a submission.
 */
#include "profile/frozen.h"

#include "catalog/pg_type.h"
#include "tables/private_sql.h"

/* As many are removed at a time. */
#define SWEEP_ROWS 1000

int64
frozen_profile_make(int64 profile)
{
	static PrivateStatement freeze = {"SELECT xlsx_private.freeze_profile($1)", 1, {INT8OID}, NULL};
	Datum		values[] = {Int64GetDatum(profile)};
	PrivateRow	row;

	private_sql_run(&freeze, values, NULL, &row);
	return DatumGetInt64(row.values[0]);
}

/*
 * Locks rows first and then checks them again. A task that refers to a row
 * holds a lock on it until its commit, so the holder of the stronger lock sees
 * all references.
 */
int64
frozen_profile_sweep(void)
{
	static PrivateStatement lock = {
		/* OFFSET: a look into an index for each, where the planner would rather read all tasks once */
		"SELECT array(SELECT f.id FROM xlsx_private.frozen_profile f"
		" WHERE NOT EXISTS (SELECT FROM xlsx_private.task t WHERE t.frozen_id = f.id OFFSET 0) LIMIT $1 FOR UPDATE SKIP LOCKED)",
		1, {INT4OID}, NULL
	};
	static PrivateStatement delete = {
		"DELETE FROM xlsx_private.frozen_profile f WHERE f.id = ANY ($1)"
		" AND NOT EXISTS (SELECT FROM xlsx_private.task t WHERE t.frozen_id = f.id)",
		1, {INT8ARRAYOID}, NULL
	};
	Datum		values[] = {Int32GetDatum(SWEEP_ROWS)};
	PrivateRow	row;

	private_sql_run(&lock, values, NULL, &row);
	return (int64) private_sql_run(&delete, row.values, NULL, NULL);
}
