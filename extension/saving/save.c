/*
 * save.c
 *	  Rights, and choosing the way.
 */
#include "saving/saver.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "saving/late_index.h"
#include "storage/lmgr.h"
#include "tables/private_sql.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rls.h"
#include "utils/syscache.h"

/* The array type of xid has no name in the catalog's headers. */
#define XIDARRAYOID 1011

bool
save_is_keyed(SaveMode mode)
{
	return mode == MODE_UPSERT || mode == MODE_SKIP || mode == MODE_UPDATE;
}

/*
 * The way
 */

/* Does the target have the columns that the rows were checked for? */
static bool
has_column(Oid target, AttrNumber attnum, const char *name, Oid type, int32 typmod)
{
	HeapTuple	tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(target), Int16GetDatum(attnum));
	Form_pg_attribute attribute;
	bool		found;

	if (!HeapTupleIsValid(tuple))
		return false;
	attribute = (Form_pg_attribute) GETSTRUCT(tuple);
	found = !attribute->attisdropped && attribute->atttypid == type && (name == NULL ||
																	   (strcmp(NameStr(attribute->attname), name) == 0 && attribute->atttypmod == typmod));
	ReleaseSysCache(tuple);
	return found;
}

static void
require_columns(const Profile *profile)
{
	bool		all = profile->task_attnum == InvalidAttrNumber ||
		has_column(profile->target, profile->task_attnum, NULL, profile->task_type, -1);

	for (int i = 0; i < profile->count; i++)
	{
		const ProfileColumn *column = &profile->columns[i];

		all = all && has_column(profile->target, column->attnum, column->name, column->type, column->typmod);
	}
	if (!all)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("table \"%s\" was altered in mid-import", get_rel_name(profile->target))));
}

/* What is changed while it is asked shows in changes, and is asked again. */
static void
choose_way(Saver *saver)
{
	MemoryContext caller;

	saver->changes = save_probe_changes();
	saver->probe = save_probe(&saver->task);
	saver->refers_to_itself = save_refers_to_itself(saver->profile);
	saver->method = save_is_keyed(saver->task.mode) ? &save_keyed : saver->probe.direct ? &save_direct : &save_unnest;
	MemoryContextReset(saver->context);
	saver->checks = NULL;
	caller = MemoryContextSwitchTo(saver->context);
	saver->state = saver->method->create(&saver->task);
	MemoryContextSwitchTo(caller);
}

/* A role may get or lose its exemption from policies without a change of the table. */
static bool
target_has_changed(const Saver *saver)
{
	return saver->changes != save_probe_changes() ||
		(saver->probe.direct && check_enable_rls(saver->profile->target, InvalidOid, true) == RLS_ENABLED);
}

void
saver_follow_target(Saver *saver)
{
	LockRelationOid(saver->profile->target, RowExclusiveLock);
	if (get_rel_name(saver->profile->target) == NULL)
		return;
	save_require_rights(&saver->task);
	if (!target_has_changed(saver))
		return;
	require_columns(saver->profile);
	choose_way(saver);
}

Saver *
saver_create(const SaveTask *task)
{
	Saver	   *saver = palloc0(sizeof(Saver));

	save_require_rights(task);
	saver->task = *task;
	saver->profile = task->profile;
	saver->context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx way of saving", ALLOCSET_DEFAULT_SIZES);
	choose_way(saver);
	saver->stride = PG_XLSX_BATCH_ROWS;
	return saver;
}

bool
saver_is_local(const Saver *saver)
{
	return saver->probe.local;
}

int64
saver_empty(Saver *saver)
{
	int64		removed;
	Oid			target = saver->profile->target;
	char	   *sql = psprintf("DELETE FROM %s", quote_qualified_identifier(get_namespace_name(get_rel_namespace(target)),
																		 get_rel_name(target)));

	SPI_connect();
	if (SPI_execute(sql, false, 0) != SPI_OK_DELETE)
		elog(ERROR, "could not empty the target");
	removed = (int64) SPI_processed;
	SPI_finish();
	return removed;
}

bool
saver_index_later(Saver *saver, int64 removed, int64 added)
{
	return saver->method == &save_direct && !saver->refers_to_itself &&
		late_index_suspend(saver->profile->target, removed, added);
}

void
saver_index(Saver *saver)
{
	late_index_build(saver->profile->target);
}

const char *
saver_method(const Saver *saver)
{
	return saver->method->name;
}

void
save_note_xids(int64 task, const TransactionId *xids, int count)
{
	static PrivateStatement insert = {
		"INSERT INTO xlsx_private.undo_xid (task_id, xids) VALUES ($1, $2)", 2, {INT8OID, XIDARRAYOID}, NULL
	};
	Datum	   *elements = palloc(sizeof(Datum) * (size_t) count);
	Datum		values[2];

	for (int i = 0; i < count; i++)
		elements[i] = TransactionIdGetDatum(xids[i]);
	values[0] = Int64GetDatum(task);
	values[1] = PointerGetDatum(construct_array(elements, count, XIDOID, sizeof(TransactionId), true, TYPALIGN_INT));
	private_sql_run(&insert, values, NULL, NULL);
}
