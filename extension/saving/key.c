/*
 * key.c
 *	  Finds the columns that identify a row.
 */
#include "saving/key.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/pg_index.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

static bool
same_columns(const Profile *profile, const SaveKey *key, const Form_pg_index index)
{
	int			keys = 0;

	for (int i = 0; i < profile->count; i++)
		keys += key->is_key[i];
	if (index->indnkeyatts != keys)
		return false;
	for (int k = 0; k < index->indnkeyatts; k++)
	{
		bool		found = false;

		for (int i = 0; i < profile->count; i++)
			found = found || (key->is_key[i] && profile->columns[i].attnum == index->indkey.values[k]);
		if (!found)
			return false;
	}
	return true;
}

/* Marks the columns of an index as the key. Returns false when one of them is not imported. */
static bool
take_index(const Profile *profile, SaveKey *key, const Form_pg_index index)
{
	memset(key->is_key, 0, (size_t) profile->count);
	for (int k = 0; k < index->indnkeyatts; k++)
	{
		bool		found = false;

		for (int i = 0; i < profile->count && !found; i++)
			if (profile->columns[i].attnum == index->indkey.values[k])
				found = key->is_key[i] = true;
		if (!found)
			return false;
	}
	return true;
}

/*
 * named: is there a unique index over exactly the columns that are marked as the key? Otherwise
 * marks the columns of the primary key or, where there is none, of the only unique index over
 * imported columns.
 */
static bool
find_index(const Profile *profile, SaveKey *key, bool named)
{
	Relation	target = table_open(profile->target, AccessShareLock);
	List	   *indexes = RelationGetIndexList(target);
	ListCell   *cell;
	Oid			chosen = InvalidOid;
	bool		ambiguous = false;

	foreach(cell, indexes)
	{
		Relation	index = index_open(lfirst_oid(cell), AccessShareLock);
		Form_pg_index form = index->rd_index;
		bool		usable = form->indisunique && form->indisvalid && RelationGetIndexPredicate(index) == NIL &&
			RelationGetIndexExpressions(index) == NIL;

		if (usable && (named ? same_columns(profile, key, form) : take_index(profile, key, form)))
		{
			ambiguous = OidIsValid(chosen) && !form->indisprimary;
			if (!OidIsValid(chosen) || form->indisprimary)
				chosen = lfirst_oid(cell);
			if (form->indisprimary)
			{
				index_close(index, NoLock);
				ambiguous = false;
				break;
			}
		}
		index_close(index, NoLock);
	}
	if (!named && OidIsValid(chosen))
	{
		Relation	index = index_open(chosen, AccessShareLock);

		(void) take_index(profile, key, index->rd_index);
		index_close(index, NoLock);
	}
	table_close(target, NoLock);
	return OidIsValid(chosen) && !ambiguous;
}

static void
find_key(const Profile *profile, SaveKey *key)
{
	bool		table = get_rel_relkind(profile->target) == RELKIND_RELATION ||
		get_rel_relkind(profile->target) == RELKIND_PARTITIONED_TABLE;

	for (int k = 0; k < profile->key.count; k++)
	{
		int			column = profile_column_index(profile, profile->key.items[k]);

		if (column < 0)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("key column \"%s\" is not imported by profile \"%s\"", profile->key.items[k], profile->name)));
		key->is_key[column] = true;
	}
	if (profile->key.count > 0 && (!table || find_index(profile, key, true)))
		return;
	if (profile->key.count > 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_COLUMN_REFERENCE),
				 errmsg("key of profile \"%s\" is not unique in \"%s\"", profile->name, get_rel_name(profile->target)),
				 errhint("Make a unique index over just these columns.")));
	if (!table || !find_index(profile, key, false))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_COLUMN_REFERENCE),
				 errmsg("profile \"%s\" has no key to look for", profile->name),
				 errhint("Name one with xlsx.alter_profile(…, key_columns => …).")));
}

void
save_key_find(const SaveTask *task, SaveKey *key)
{
	const Profile *profile = task->profile;

	key->is_key = palloc0(sizeof(bool) * (size_t) profile->count);
	find_key(profile, key);
}
