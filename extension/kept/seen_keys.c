/*
 * seen_keys.c
 *	  The keys of the rows of a task so far, to recognize one that comes again.
 */
#include "kept/seen_keys.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/xact.h"
#include "lib/bloomfilter.h"
#include "miscadmin.h"
#include "tables/private_rows.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

/* A page holds hash and row number of so many keys. */
#define ENTRY_BYTES (sizeof(uint64) + sizeof(int32))
#define PAGE_ENTRIES ((int) ((BLCKSZ - 256) / ENTRY_BYTES))

/* A filter has 32 bits for each key, so of a million keys it takes one or two for another. */
#define FIRST_FILTER_KEYS (1 << 18)
#define FILTER_KEYS (1 << 20)

/* Columns. */
#define TASK_ID 1
#define NO 2
#define DATA 3

/* The keys of some pages. */
typedef struct KeyFilter
{
	bloom_filter *bits;
	int			keys;
	int			most;
	int32		first_page;
} KeyFilter;

struct SeenKeys
{
	int64		task;
	MemoryContext context;
	KeyFilter  *filters;
	int			count;
	int32		pages;			/* the number of the next one */
};

static void
add_filter(SeenKeys *seen)
{
	MemoryContext caller = MemoryContextSwitchTo(seen->context);
	int			most = seen->count == 0 ? FIRST_FILTER_KEYS : FILTER_KEYS;

	seen->filters = seen->filters == NULL ? palloc(sizeof(KeyFilter)) :
		repalloc(seen->filters, sizeof(KeyFilter) * (size_t) (seen->count + 1));
	seen->filters[seen->count++] = (KeyFilter) {bloom_create(2 * most, 4 * most / 1024, 0), 0, most, seen->pages};
	MemoryContextSwitchTo(caller);
}

/* A page is in one filter: a full one takes the rest of it. */
static void
filter_page(SeenKeys *seen, const SeenKeyOf *keys, int count)
{
	KeyFilter  *filter;

	if (seen->count == 0 || seen->filters[seen->count - 1].keys >= seen->filters[seen->count - 1].most)
		add_filter(seen);
	filter = &seen->filters[seen->count - 1];
	for (int i = 0; i < count; i++)
		bloom_add_element(filter->bits, (unsigned char *) &keys[i].hash, sizeof(uint64));
	filter->keys += count;
	seen->pages++;
}

/*
 * Stored pages
 */

typedef void (*PageUse) (void *argument, const SeenKeyOf *keys, int count);

static void
use_page(HeapTuple tuple, TupleDesc descriptor, PageUse use, void *argument)
{
	bool		null;
	const bytea *data = DatumGetByteaPP(heap_getattr(tuple, DATA, descriptor, &null));
	int			count = (int) (VARSIZE_ANY_EXHDR(data) / ENTRY_BYTES);
	const char *bytes = VARDATA_ANY(data);
	SeenKeyOf	keys[BLCKSZ / ENTRY_BYTES];

	for (int i = 0; i < count; i++, bytes += ENTRY_BYTES)
	{
		memcpy(&keys[i].hash, bytes, sizeof(uint64));
		memcpy(&keys[i].row_number, bytes + sizeof(uint64), sizeof(int32));
	}
	use(argument, keys, count);
}

/* Calls use for pages first to end - 1, in their order. */
static void
each_page(int64 task, int32 first, int32 end, PageUse use, void *argument)
{
	Relation	relation = private_rows_open("seen_key", RowExclusiveLock);
	Relation	index = private_rows_open("seen_key_pkey", RowExclusiveLock);
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	ScanKeyData keys[3];
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&keys[0], TASK_ID, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(task));
	ScanKeyInit(&keys[1], NO, BTGreaterEqualStrategyNumber, F_INT4GE, Int32GetDatum(first));
	ScanKeyInit(&keys[2], NO, BTLessStrategyNumber, F_INT4LT, Int32GetDatum(end));
	scan = systable_beginscan_ordered(relation, index, snapshot, lengthof(keys), keys);
	while ((tuple = systable_getnext_ordered(scan, ForwardScanDirection)) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		use_page(tuple, RelationGetDescr(relation), use, argument);
	}
	systable_endscan_ordered(scan);
	UnregisterSnapshot(snapshot);
	private_rows_close(index);
	private_rows_close(relation);
}

static void
take_page(void *seen, const SeenKeyOf *keys, int count)
{
	filter_page(seen, keys, count);
}

SeenKeys *
seen_keys_create(int64 task)
{
	SeenKeys   *seen = palloc0(sizeof(SeenKeys));

	seen->task = task;
	seen->context = CurrentMemoryContext;
	each_page(task, 0, PG_INT32_MAX, take_page, seen);
	return seen;
}

/*
 * A batch
 */

typedef struct Wanted
{
	uint64		hash;			/* first: the key of the table */
	int32		row_number;
} Wanted;

static void
look_up_page(void *wanted, const SeenKeyOf *keys, int count)
{
	for (int i = 0; i < count; i++)
	{
		Wanted	   *found = hash_search(wanted, &keys[i].hash, HASH_FIND, NULL);

		if (found != NULL)
			found->row_number = keys[i].row_number;
	}
}

/* Adds the keys that the filter does not know to be new. */
static long
want_keys(const KeyFilter *filter, const SeenKeyOf *keys, int count, HTAB *wanted)
{
	long		more = 0;

	for (int i = 0; i < count; i++)
	{
		bool		there;
		Wanted	   *one;

		if (bloom_lacks_element(filter->bits, (unsigned char *) &keys[i].hash, sizeof(uint64)))
			continue;
		one = hash_search(wanted, &keys[i].hash, HASH_ENTER, &there);
		if (!there)
			one->row_number = 0;
		more++;
	}
	return more;
}

void
seen_keys_find(SeenKeys *seen, SeenKeyOf *keys, int count)
{
	HASHCTL		control = {.keysize = sizeof(uint64), .entrysize = sizeof(Wanted), .hcxt = CurrentMemoryContext};
	HTAB	   *wanted = hash_create("pg_xlsx keys that may come again", 256, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);

	CommandCounterIncrement();
	for (int f = 0; f < seen->count; f++)
		if (want_keys(&seen->filters[f], keys, count, wanted) > 0)
			each_page(seen->task, seen->filters[f].first_page, f + 1 < seen->count ? seen->filters[f + 1].first_page : seen->pages,
					  look_up_page, wanted);
	for (int i = 0; i < count; i++)
	{
		Wanted	   *found = hash_search(wanted, &keys[i].hash, HASH_FIND, NULL);

		keys[i].earlier = found != NULL ? found->row_number : 0;
	}
	hash_destroy(wanted);
}

static HeapTuple
form_page(const SeenKeys *seen, Relation relation, const SeenKeyOf *keys, int count)
{
	size_t		length = VARHDRSZ + (size_t) count * ENTRY_BYTES;
	bytea	   *data = palloc(length);
	char	   *bytes = VARDATA(data);
	Datum		values[] = {Int64GetDatum(seen->task), Int32GetDatum(seen->pages), PointerGetDatum(data)};
	bool		nulls[lengthof(values)] = {false};

	SET_VARSIZE(data, length);
	for (int i = 0; i < count; i++, bytes += ENTRY_BYTES)
	{
		memcpy(bytes, &keys[i].hash, sizeof(uint64));
		memcpy(bytes + sizeof(uint64), &keys[i].row_number, sizeof(int32));
	}
	return heap_form_tuple(RelationGetDescr(relation), values, nulls);
}

void
seen_keys_add(SeenKeys *seen, const SeenKeyOf *keys, int count)
{
	Relation	relation;

	if (count == 0)
		return;
	relation = private_rows_open("seen_key", RowExclusiveLock);
	for (int first = 0; first < count; first += PAGE_ENTRIES)
	{
		int			some = Min(PAGE_ENTRIES, count - first);
		HeapTuple	page = form_page(seen, relation, keys + first, some);

		private_rows_insert(relation, &page, 1);
		filter_page(seen, keys + first, some);
	}
	private_rows_close(relation);
}
