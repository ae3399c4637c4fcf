/*
 * seen_values.c
 *	  The values of a column that must be unique within the file.
 *
 * A key is "v", the rule, a NUL and the value if that is short; otherwise "h" and the SHA-256
 * of the same. So values that ascend in the file also ascend in the index, and each is
 * inserted beside the previous one. A filter recognizes most new values, which then need no
 * look-up.
 */
#include "validate/seen_values.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/xact.h"
#include "lib/bloomfilter.h"
#include "tables/private_rows.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/snapmgr.h"

/* Longer ones are hashed. */
#define MOST_KEY_BYTES 64

/* All rows that a sheet can have. */
#define FILTER_ELEMENTS 1048576
#define FILTER_KILOBYTES 2048

/* Columns. */
#define TASK_ID 1
#define VALUE 2
#define ROW_NUMBER 3

struct SeenValues
{
	int64		task;
	const char *rule;
	bloom_filter *filter;		/* of all values; NULL: an earlier attempt has left values */
};

typedef struct SeenKey
{
	bytea	   *bytes;
	GivenValue *given;
} SeenKey;

/* The table while a batch is added. */
typedef struct SeenTable
{
	Relation	relation;
	Relation	index;
	Snapshot	snapshot;
} SeenTable;

static void
open_table(SeenTable *table)
{
	table->relation = private_rows_open("seen_value", RowExclusiveLock);
	table->index = private_rows_open("seen_value_pkey", RowExclusiveLock);
	table->snapshot = RegisterSnapshot(GetLatestSnapshot());
}

static void
close_table(const SeenTable *table)
{
	UnregisterSnapshot(table->snapshot);
	private_rows_close(table->index);
	private_rows_close(table->relation);
}

/* The row that had the value; 0 if none had it. key NULL: any value of the task. */
static int32
look_up(const SeenTable *table, int64 task, const bytea *key)
{
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;
	int32		row = 0;
	bool		null;

	ScanKeyInit(&keys[0], TASK_ID, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(task));
	ScanKeyInit(&keys[1], VALUE, BTEqualStrategyNumber, F_BYTEAEQ, PointerGetDatum(key));
	scan = systable_beginscan_ordered(table->relation, table->index, table->snapshot, key != NULL ? 2 : 1, keys);
	tuple = systable_getnext_ordered(scan, ForwardScanDirection);
	if (tuple != NULL)
		row = DatumGetInt32(heap_getattr(tuple, ROW_NUMBER, RelationGetDescr(table->relation), &null));
	systable_endscan_ordered(scan);
	return row;
}

SeenValues *
seen_values_create(int64 task, const char *rule)
{
	SeenValues *seen = palloc0(sizeof(SeenValues));
	SeenTable	table;

	seen->task = task;
	seen->rule = rule;
	open_table(&table);
	if (look_up(&table, task, NULL) == 0)
		seen->filter = bloom_create(FILTER_ELEMENTS, FILTER_KILOBYTES, 0);
	close_table(&table);
	return seen;
}

/*
 * A batch
 */

static bytea *
make_key(const SeenValues *seen, const GivenValue *given)
{
	size_t		rule_length = strlen(seen->rule) + 1;
	size_t		length = VARHDRSZ + 1 + rule_length + given->length;
	bytea	   *key = palloc(length);
	char	   *bytes = VARDATA(key);

	SET_VARSIZE(key, length);
	bytes[0] = 'v';
	memcpy(bytes + 1, seen->rule, rule_length);
	memcpy(bytes + 1 + rule_length, given->bytes, given->length);
	if (length <= MOST_KEY_BYTES)
		return key;
	bytes[0] = 'h';
	memcpy(bytes + 1, VARDATA_ANY(DatumGetByteaPP(DirectFunctionCall1(sha256_bytea, PointerGetDatum(key)))), 32);
	SET_VARSIZE(key, VARHDRSZ + 1 + 32);
	return key;
}

static int
compare_bytes(const bytea *a, const bytea *b)
{
	size_t		a_length = VARSIZE(a);
	size_t		b_length = VARSIZE(b);
	int			order = memcmp(VARDATA(a), VARDATA(b), Min(a_length, b_length) - VARHDRSZ);

	return order != 0 ? order : (a_length > b_length) - (a_length < b_length);
}

/* By bytes, then by row. */
static int
compare_keys(const void *a, const void *b)
{
	const SeenKey *left = a;
	const SeenKey *right = b;
	int			order = compare_bytes(left->bytes, right->bytes);

	return order != 0 ? order : left->given->row_number - right->given->row_number;
}

static SeenKey *
sort_keys(const SeenValues *seen, GivenValue *given, int count)
{
	SeenKey    *keys = palloc(sizeof(SeenKey) * (size_t) Max(count, 1));

	for (int i = 0; i < count; i++)
		keys[i] = (SeenKey) {make_key(seen, &given[i]), &given[i]};
	qsort(keys, (size_t) count, sizeof(SeenKey), compare_keys);
	return keys;
}

/* May the key be in the table? Marks it as present. */
static bool
may_be_seen(SeenValues *seen, const bytea *key)
{
	unsigned char *bytes = (unsigned char *) VARDATA(key);
	size_t		length = VARSIZE(key) - VARHDRSZ;

	if (seen->filter == NULL)
		return true;
	if (!bloom_lacks_element(seen->filter, bytes, length))
		return true;
	bloom_add_element(seen->filter, bytes, length);
	return false;
}

static HeapTuple
form_row(const SeenValues *seen, Relation relation, const SeenKey *key)
{
	Datum		values[] = {Int64GetDatum(seen->task), PointerGetDatum(key->bytes), Int32GetDatum(key->given->row_number)};
	bool		nulls[lengthof(values)] = {false};

	return heap_form_tuple(RelationGetDescr(relation), values, nulls);
}

void
seen_values_add(SeenValues *seen, GivenValue *given, int count)
{
	SeenKey    *keys = sort_keys(seen, given, count);
	HeapTuple  *fresh = palloc(sizeof(HeapTuple) * (size_t) Max(count, 1));
	int			fresh_count = 0;
	SeenTable	table;

	open_table(&table);
	for (int i = 0; i < count; i++)
	{
		int32		row;

		if (i > 0 && compare_bytes(keys[i - 1].bytes, keys[i].bytes) == 0)
		{
			keys[i].given->first_row = keys[i - 1].given->first_row;
			continue;
		}
		row = may_be_seen(seen, keys[i].bytes) ? look_up(&table, seen->task, keys[i].bytes) : 0;
		keys[i].given->first_row = row != 0 ? row : keys[i].given->row_number;
		if (row == 0)
			fresh[fresh_count++] = form_row(seen, table.relation, &keys[i]);
	}
	private_rows_insert(table.relation, fresh, fresh_count);
	close_table(&table);
}

void
seen_values_find(SeenValues *seen, GivenValue *given, int count)
{
	SeenTable	table;

	CommandCounterIncrement();
	open_table(&table);
	for (int i = 0; i < count; i++)
	{
		int32		row = look_up(&table, seen->task, make_key(seen, &given[i]));

		given[i].first_row = row != 0 ? Min(row, given[i].row_number) : given[i].row_number;
	}
	close_table(&table);
}
