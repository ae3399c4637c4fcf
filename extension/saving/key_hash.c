/*
 * key_hash.c
 *	  The keys of rows as numbers.
 */
#include "saving/key_hash.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "kept/unnest.h"
#include "lib/stringinfo.h"
#include "pg/query.h"
#include "saving/column_default.h"
#include "saving/keyed_look.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

struct KeyHash
{
	const SaveTask *task;
	const SaveKey *key;
	bool		simple;			/* from the values of packets */
	SPIPlanPtr	plan;			/* NULL: simple */
	Oid		   *types;
};

/* Is the hash of a column's values that of their bytes, or of the number that they are? */
static bool
is_simple(const Profile *profile, const UniqueKeyPart *part, int column)
{
	Oid			type;
	int32		typmod;
	Oid			collation = part->collation;

	if (column < 0 || column_default_exists(profile, &profile->columns[column]) ||
		part->equality != lookup_type_cache(part->type, TYPECACHE_EQ_OPR)->eq_opr)
		return false;
	switch (profile->columns[column].class)
	{
		case COLUMN_TEXT:
			if (!OidIsValid(collation))
				get_atttypetypmodcoll(profile->target, part->attnum, &type, &typmod, &collation);
			return !OidIsValid(collation) || get_collation_isdeterministic(collation);
		case COLUMN_INTEGER:
		case COLUMN_BOOLEAN:
		case COLUMN_DATE:
		case COLUMN_TIMESTAMP:
		case COLUMN_NUMERIC:
			return true;
		default:
			return false;
	}
}

/* A type that cannot be hashed is told by its text. */
static char *
hashed_value(const SaveKey *key, int k)
{
	const UniqueKeyPart *part = &key->unique.parts[k];
	char	   *value = keyed_part_value(key, k);

	if (!OidIsValid(lookup_type_cache(part->type, TYPECACHE_HASH_EXTENDED_PROC)->hash_extended_proc))
		return psprintf("CAST(%s AS pg_catalog.text)", value);
	return unique_key_part_collated(part, value);
}

static void
prepare(KeyHash *hash)
{
	const Profile *profile = hash->task->profile;
	MemoryContext life = CurrentMemoryContext;
	StringInfoData sql;

	hash->types = palloc(sizeof(Oid) * (size_t) (unnest_parameters(profile) + 1));
	initStringInfo(&sql);
	appendStringInfo(&sql, "WITH given AS (%s) SELECT pg_catalog.array_agg(CASE WHEN %s THEN pg_catalog.hash_record_extended(ROW(",
					 keyed_given(hash->task, hash->key, keyed_rows(profile, hash->key, hash->types)), keyed_has_key(hash->task, hash->key));
	for (int k = 0; k < hash->key->unique.count; k++)
		appendStringInfo(&sql, "%s%s", k > 0 ? ", " : "", hashed_value(hash->key, k));
	appendStringInfoString(&sql, "), 0) END ORDER BY g.ord) FROM given AS g");
	SPI_connect();
	hash->plan = query_prepare(sql.data, unnest_parameters(profile), hash->types, life);
	SPI_finish();
}

KeyHash *
key_hash_create(const SaveTask *task, const SaveKey *key)
{
	KeyHash    *hash = palloc0(sizeof(KeyHash));

	hash->task = task;
	hash->key = key;
	hash->simple = key->unique.predicate == NULL;
	for (int k = 0; k < key->unique.count; k++)
		hash->simple = hash->simple && is_simple(task->profile, &key->unique.parts[k], key->columns[k]);
	if (!hash->simple)
		prepare(hash);
	return hash;
}

static uint64
hash_value(ColumnClass class, Datum value)
{
	if (class == COLUMN_TEXT)
		return hash_bytes_extended((const unsigned char *) VARDATA_ANY(DatumGetPointer(value)), (int) VARSIZE_ANY_EXHDR(DatumGetPointer(value)), 0);
	if (class == COLUMN_NUMERIC)
		return DatumGetUInt64(DirectFunctionCall2(hash_numeric_extended, value, UInt64GetDatum(0)));
	return hash_bytes_extended((const unsigned char *) &value, sizeof(Datum), 0);
}

static void
hash_values(const KeyHash *hash, const PacketRows *rows, uint64 *hashes, bool *has)
{
	const SaveKey *key = hash->key;

	for (int row = 0; row < rows->count; row++)
	{
		hashes[row] = 0;
		has[row] = true;
		for (int k = 0; k < key->unique.count; k++)
		{
			int			at = row * rows->columns + key->columns[k];

			has[row] = has[row] && (key->unique.nulls_equal || !rows->nulls[at]);
			hashes[row] = hash_combine64(hashes[row], rows->nulls[at] ? 1 :
										 hash_value(hash->task->profile->columns[key->columns[k]].class, rows->values[at]));
		}
	}
}

static void
ask_hashes(const KeyHash *hash, const PacketRows *rows, uint64 *hashes, bool *has)
{
	const Profile *profile = hash->task->profile;
	Datum	   *arguments = palloc(sizeof(Datum) * (size_t) (unnest_parameters(profile) + 1));
	Datum	   *items;
	bool	   *nulls;
	bool		null;
	int			count;

	unnest_arguments(profile, rows, 0, rows->count, arguments);
	SPI_connect();
	if (SPI_execute_plan(hash->plan, arguments, NULL, false, 0) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not compute keys");
	deconstruct_array(DatumGetArrayTypeP(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &null)), INT8OID, 8, true,
					  TYPALIGN_DOUBLE, &items, &nulls, &count);
	if (count != rows->count)
		elog(ERROR, "%d keys of %d rows", count, rows->count);
	for (int i = 0; i < count; i++)
	{
		has[i] = !nulls[i];
		hashes[i] = nulls[i] ? 0 : (uint64) DatumGetInt64(items[i]);
	}
	SPI_finish();
}

void
key_hash_rows(KeyHash *hash, const PacketRows *rows, uint64 *hashes, bool *has)
{
	if (rows->count == 0)
		return;
	if (hash->simple)
		hash_values(hash, rows, hashes, has);
	else
		ask_hashes(hash, rows, hashes, has);
}
