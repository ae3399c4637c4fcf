/*
 * row_pages.c
 *	  Stores what became of rows.
 */
#include "kept/row_pages.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/tuptable.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "tables/private_rows.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* A page ends at this size of its texts. Otherwise long values could make it arbitrarily large. */
#define FULL_BYTES ((Size) 1024 * 1024)

/* Pages that are written together when they are released. */
#define RELEASE_PAGES 16

/* The columns of row_page. */
enum
{
	PAGE_TASK_ID,
	PAGE_FIRST_ROW,
	PAGE_LAST_ROW,
	PAGE_ROW_COUNT,
	PAGE_STARTS,
	PAGE_LENGTHS,
	PAGE_ACTIONS,
	PAGE_RETURNED,
	PAGE_CHANGES,
	PAGE_COLUMNS
};

/* A row of the batch that is kept. */
typedef struct KeptRow
{
	int32		number;
	const RowFate *fate;
} KeptRow;

void
row_pages_init(RowPages *pages, int64 task, MemoryContext parent)
{
	*pages = (RowPages) {.context = AllocSetContextCreate(parent, "pg_xlsx row pages", ALLOCSET_DEFAULT_SIZES), .task = task};
}

static int
compare_rows(const void *a, const void *b)
{
	int32		one = ((const KeptRow *) a)->number;
	int32		other = ((const KeptRow *) b)->number;

	return one < other ? -1 : one > other;
}

/* The rows that were not refused, in the order of the sheet. */
static KeptRow *
kept_rows(const RowFates *fates, const PacketRows *rows, int *count)
{
	KeptRow    *kept = palloc(sizeof(KeptRow) * (size_t) Max(rows->count, 1));
	bool		sorted = true;

	*count = 0;
	for (int row = 0; row < rows->count; row++)
	{
		if (fates->rows[row].action == ROW_NONE)
			continue;
		kept[*count] = (KeptRow) {(int32) rows->sheet_rows[row], &fates->rows[row]};
		sorted = sorted && (*count == 0 || kept[*count - 1].number < kept[*count].number);
		(*count)++;
	}
	if (!sorted)
		qsort(kept, (size_t) *count, sizeof(KeptRow), compare_rows);
	return kept;
}

/* How many of the rows fill a page? At least one. */
static int
rows_of_page(const KeptRow *kept, int count)
{
	int32		block = kept[0].number / ROW_PAGE_BLOCK;
	Size		bytes = 0;
	int			fit = 0;

	while (fit < count && kept[fit].number / ROW_PAGE_BLOCK == block && (fit == 0 || bytes < FULL_BYTES))
	{
		const RowFate *fate = kept[fit++].fate;

		bytes += (fate->returned != NULL ? strlen(fate->returned) : 0) +
			(fate->old != NULL ? strlen(fate->old) : 0) + (fate->new != NULL ? strlen(fate->new) : 0);
	}
	return fit;
}

static Datum
array_of(Datum *elements, int count, Oid type)
{
	ArrayType  *array = type == TEXTOID ? construct_array(elements, count, type, -1, false, TYPALIGN_INT) :
		construct_array(elements, count, type, sizeof(int32), true, TYPALIGN_INT);

	return PointerGetDatum(array);
}

/* Rows that follow each other and have the same action. */
static void
put_runs(Datum *values, const KeptRow *kept, int count)
{
	Datum	   *starts = palloc(sizeof(Datum) * (size_t) count);
	Datum	   *lengths = palloc(sizeof(Datum) * (size_t) count);
	Datum	   *actions = palloc(sizeof(Datum) * (size_t) count);
	int			runs = 0;

	for (int first = 0, end; first < count; first = end)
	{
		end = first + 1;
		while (end < count && kept[end].number == kept[end - 1].number + 1 && kept[end].fate->action == kept[first].fate->action)
			end++;
		starts[runs] = Int32GetDatum(kept[first].number);
		lengths[runs] = Int32GetDatum(end - first);
		actions[runs++] = CStringGetTextDatum(row_action_names.texts[kept[first].fate->action]);
	}
	values[PAGE_STARTS] = array_of(starts, runs, INT4OID);
	values[PAGE_LENGTHS] = array_of(lengths, runs, INT4OID);
	values[PAGE_ACTIONS] = array_of(actions, runs, TEXTOID);
}

static void
append_returned(StringInfo json, const RowFate *fate)
{
	appendStringInfoString(json, fate->returned != NULL ? fate->returned : "null");
}

static void
append_changes(StringInfo json, const RowFate *fate)
{
	if (fate->old == NULL && fate->new == NULL)
		appendStringInfoString(json, "null");
	else
	{
		appendStringInfoChar(json, '[');
		appendStringInfoString(json, fate->old != NULL ? fate->old : "null");
		appendStringInfoChar(json, ',');
		appendStringInfoString(json, fate->new != NULL ? fate->new : "null");
		appendStringInfoChar(json, ']');
	}
}

/* An array with an item for each row. */
static Datum
json_of(const KeptRow *kept, int count, void (*append) (StringInfo json, const RowFate *fate))
{
	StringInfoData json;

	initStringInfo(&json);
	for (int i = 0; i < count; i++)
	{
		appendStringInfoChar(&json, i == 0 ? '[' : ',');
		append(&json, kept[i].fate);
	}
	appendStringInfoChar(&json, ']');
	return PointerGetDatum(cstring_to_text_with_len(json.data, json.len));
}

static void
put_texts(Datum *values, bool *nulls, const KeptRow *kept, int count)
{
	bool		returns = false;
	bool		changes = false;

	for (int i = 0; i < count; i++)
	{
		returns = returns || kept[i].fate->returned != NULL;
		changes = changes || kept[i].fate->old != NULL || kept[i].fate->new != NULL;
	}
	nulls[PAGE_RETURNED] = !returns;
	nulls[PAGE_CHANGES] = !changes;
	if (returns)
		values[PAGE_RETURNED] = json_of(kept, count, append_returned);
	if (changes)
		values[PAGE_CHANGES] = json_of(kept, count, append_changes);
}

static HeapTuple
form_page(const RowPages *pages, TupleDesc descriptor, const KeptRow *kept, int count)
{
	Datum		values[PAGE_COLUMNS] = {0};
	bool		nulls[PAGE_COLUMNS] = {false};

	values[PAGE_TASK_ID] = Int64GetDatum(pages->task);
	values[PAGE_FIRST_ROW] = Int32GetDatum(kept[0].number);
	values[PAGE_LAST_ROW] = Int32GetDatum(kept[count - 1].number);
	values[PAGE_ROW_COUNT] = Int32GetDatum(count);
	put_runs(values, kept, count);
	put_texts(values, nulls, kept, count);
	return heap_form_tuple(descriptor, values, nulls);
}

void
row_pages_add(RowPages *pages, const RowFates *fates, const PacketRows *rows)
{
	MemoryContext caller = MemoryContextSwitchTo(pages->context);
	int			count;
	KeptRow    *kept;
	Relation	relation;

	MemoryContextReset(pages->context);
	kept = kept_rows(fates, rows, &count);
	relation = private_rows_open("row_page", RowExclusiveLock);
	for (int first = 0, size; first < count; first += size)
	{
		HeapTuple	page;

		CHECK_FOR_INTERRUPTS();
		size = rows_of_page(kept + first, count - first);
		page = form_page(pages, RelationGetDescr(relation), kept + first, size);
		if (pages->held != NULL)
			tuplestore_puttuple(pages->held, page);
		else
			private_rows_insert(relation, &page, 1);
	}
	private_rows_close(relation);
	MemoryContextSwitchTo(caller);
}

void
row_pages_hold(RowPages *pages)
{
	MemoryContext caller = MemoryContextSwitchTo(MemoryContextGetParent(pages->context));

	if (pages->held != NULL)
		tuplestore_end(pages->held);
	pages->held = tuplestore_begin_heap(false, false, work_mem);
	MemoryContextSwitchTo(caller);
}

static void
write_held(RowPages *pages)
{
	Relation	relation = private_rows_open("row_page", RowExclusiveLock);
	TupleTableSlot *slot = MakeSingleTupleTableSlot(CreateTupleDescCopy(RelationGetDescr(relation)), &TTSOpsMinimalTuple);
	HeapTuple	tuples[RELEASE_PAGES];
	int			count = 0;

	while (tuplestore_gettupleslot(pages->held, true, false, slot))
	{
		CHECK_FOR_INTERRUPTS();
		tuples[count++] = ExecCopySlotHeapTuple(slot);
		if (count < RELEASE_PAGES)
			continue;
		private_rows_insert(relation, tuples, count);
		count = 0;
	}
	if (count > 0)
		private_rows_insert(relation, tuples, count);
	ExecDropSingleTupleTableSlot(slot);
	private_rows_close(relation);
}

void
row_pages_release(RowPages *pages, bool keep)
{
	MemoryContext caller;

	if (pages->held == NULL)
		return;
	MemoryContextReset(pages->context);
	caller = MemoryContextSwitchTo(pages->context);
	if (keep)
		write_held(pages);
	MemoryContextSwitchTo(caller);
	tuplestore_end(pages->held);
	pages->held = NULL;
}
