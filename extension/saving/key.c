/*
 * key.c
 *	  Finds the key by which rows of a file find rows of the target.
 */
#include "saving/key.h"

#include "utils/lsyscache.h"

/* Index in the profile, -1 if the column is not imported. */
static int
column_of(const Profile *profile, AttrNumber attnum)
{
	for (int i = 0; i < profile->count; i++)
		if (profile->columns[i].attnum == attnum)
			return i;
	return -1;
}

static Bitmapset *
imported_columns(const Profile *profile)
{
	Bitmapset  *imported = NULL;

	for (int i = 0; i < profile->count; i++)
		imported = bms_add_member(imported, profile->columns[i].attnum);
	return imported;
}

static void
require_imported(const Profile *profile, SaveKey *key, const Bitmapset *reads)
{
	int			attnum = -1;

	while ((attnum = bms_next_member(reads, attnum)) >= 0)
	{
		int			column = column_of(profile, (AttrNumber) attnum);

		if (column < 0)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("key column \"%s\" is not imported by profile \"%s\"",
							get_attname(profile->target, (AttrNumber) attnum, false), profile->name)));
		key->first = key->first < 0 ? column : Min(key->first, column);
	}
}

static void
note_columns(const Profile *profile, const Bitmapset *attributes, bool *columns)
{
	for (int i = 0; i < profile->count; i++)
		columns[i] = columns[i] || bms_is_member(profile->columns[i].attnum, attributes);
}

static bool *
key_reads(const Profile *profile, const SaveKey *key, bool **needs)
{
	size_t		bytes = sizeof(bool) * (size_t) profile->count;
	bool	   *reads = palloc0(bytes);

	for (int k = 0; k < key->unique.count; k++)
		note_columns(profile, unique_key_reads(profile->target, key->unique.parts[k].expression), reads);
	*needs = memcpy(palloc(bytes), reads, bytes);
	if (key->unique.predicate != NULL)
		note_columns(profile, unique_key_reads(profile->target, key->unique.predicate), reads);
	return reads;
}

void
save_key_find(const SaveTask *task, SaveKey *key)
{
	const Profile *profile = task->profile;

	unique_key_find(profile->target, profile->name, &profile->key, profile->key_index, imported_columns(profile), &key->unique);
	key->is_key = palloc0(sizeof(bool) * (size_t) profile->count);
	key->columns = palloc(sizeof(int) * (size_t) key->unique.count);
	key->first = -1;
	for (int k = 0; k < key->unique.count; k++)
	{
		const UniqueKeyPart *part = &key->unique.parts[k];

		key->columns[k] = part->attnum > 0 ? column_of(profile, part->attnum) : -1;
		if (key->columns[k] >= 0)
			key->is_key[key->columns[k]] = true;
		require_imported(profile, key, unique_key_reads(profile->target, part->expression));
	}
	key->first = Max(key->first, 0);
	key->reads = key_reads(profile, key, &key->needs);
}

bool
save_key_is_plain(const SaveKey *key)
{
	for (int k = 0; k < key->unique.count; k++)
		if (key->unique.parts[k].attnum == 0)
			return false;
	return key->unique.predicate == NULL;
}
