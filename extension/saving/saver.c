/*
 * saver.c
 *	  Chooses the method for a target, and chooses again when the target has changed.
 */
#include "saving/saver_state.h"

#include "access/htup_details.h"
#include "catalog/pg_inherits.h"
#include "executor/spi.h"
#include "saving/late_index.h"
#include "saving/foreign_keys.h"
#include "saving/rights.h"
#include "saving/save_mode.h"
#include "storage/lmgr.h"
#include "tables/catalog_ref.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

/* Does the target still have this column? name NULL: the name does not matter. */
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
				 errmsg("table \"%s\" was altered during the import", get_rel_name(profile->target))));
}

/* The first one that fits is used. */
static const SaveMethod *const methods[] = {&save_keyed, &save_direct, &save_unnest};

static const SaveMethod *
choose_method(const SaveTask *task, const SaveProbe *probe)
{
	for (int i = 0; i < (int) lengthof(methods); i++)
		if (methods[i]->by_key == save_mode(task->mode)->by_key && (probe->plain || !methods[i]->plain_only))
			return methods[i];
	elog(ERROR, "no method saves into \"%s\"", get_rel_name(task->profile->target));
}

static void
look_at_target(Saver *saver)
{
	MemoryContext caller;

	saver->probe = save_probe(&saver->task);
	saver->refers_to_itself = foreign_keys_to_itself(saver->profile);
	saver->method = choose_method(&saver->task, &saver->probe);
	MemoryContextReset(saver->context);
	saver->checks = NULL;
	saver->refusals = NIL;
	caller = MemoryContextSwitchTo(saver->context);
	saver->state = saver->method->create(&saver->task, &saver->probe);
	saver->tell = tell_create(&saver->task);
	MemoryContextSwitchTo(caller);
}

/* Another table has taken the name of the target: the next attempt goes on in that one. */
static void
require_name(const Profile *profile)
{
	if (profile->by_name && catalog_ref_meant(profile->target, profile->target_name) != profile->target)
		ereport(ERROR,
				(errcode(ERRCODE_TRANSACTION_ROLLBACK),
				 errmsg("another table is called %s now", profile->target_name)));
}

void
saver_follow_target(Saver *saver)
{
	LockRelationOid(saver->profile->target, RowExclusiveLock);
	if (!save_probe_holds(&saver->probe, saver->profile->target))
		require_name(saver->profile);
	if (get_rel_name(saver->profile->target) == NULL)
		return;
	save_require_rights(&saver->task);
	if (save_probe_holds(&saver->probe, saver->profile->target))
		return;
	require_columns(saver->profile);
	look_at_target(saver);
}

Saver *
saver_create(const SaveTask *task)
{
	Saver	   *saver = palloc0(sizeof(Saver));

	save_require_rights(task);
	saver->task = *task;
	saver->profile = task->profile;
	saver->context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx save method", ALLOCSET_DEFAULT_SIZES);
	look_at_target(saver);
	saver->stride = PG_XLSX_BATCH_ROWS;
	return saver;
}

bool
saver_is_local(const Saver *saver)
{
	return saver->probe.local;
}

void
saver_hold_target(Oid target)
{
	LockRelationOid(target, ShareRowExclusiveLock);
	(void) find_all_inheritors(target, ShareRowExclusiveLock, NULL);
}

static char *
target_name(const Saver *saver)
{
	Oid			target = saver->profile->target;

	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(target)), get_rel_name(target));
}

int64
saver_count_rows(const Saver *saver)
{
	char	   *sql = psprintf("SELECT pg_catalog.count(*) FROM %s", target_name(saver));
	bool		null;
	int64		rows;

	SPI_connect();
	if (SPI_execute(sql, true, 1) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not count the rows of the target");
	rows = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &null));
	SPI_finish();
	return rows;
}

int64
saver_empty(Saver *saver)
{
	int64		removed;
	char	   *sql = psprintf("DELETE FROM %s", target_name(saver));

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
	return saver->method->indexes_late && !saver->refers_to_itself &&
		late_index_suspend(saver->profile->target, removed, added);
}

void
saver_index(Saver *saver)
{
	late_index_build(saver->profile->target);
}
