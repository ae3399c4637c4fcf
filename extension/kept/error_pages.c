/*
 * error_pages.c
 *	  Stores rows that were not saved.
 */
#include "kept/error_pages.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "kept/error_counts.h"
#include "tables/owner.h"
#include "tables/private_sql.h"
#include "tables/private_rows.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

/* The columns of error_page and warning_page that an import writes. */
enum
{
	PAGE_TASK_ID,
	PAGE_FIRST_ROW,
	PAGE_LAST_ROW,
	PAGE_ROW_COUNT,
	PAGE_ROWS,
	PAGE_COLUMNS
};

/*
 * The bytes that rows can fill in a page: the longest tuple without its header, the columns
 * before, and the overhead of the array.
 */
#define FULL_BYTES \
	(MaxHeapTupleSize - MAXALIGN(SizeofHeapTupleHeader) - MAXALIGN(sizeof(int64) + 3 * sizeof(int32)) - ARR_OVERHEAD_NONULLS(1))

typedef struct Pages
{
	const char *table;
	int64		task;
	Oid			row_type;
	TupleDesc	descriptor;		/* OID of the table */
	ReportedRow *rows;
	int			count;
	ErrorCounts counts;
} Pages;

static Oid
reported_row_type(void)
{
	return get_rel_type_id(owner_table("reported_row"));
}

TupleDesc
error_pages_descriptor(void)
{
	return lookup_rowtype_tupdesc_copy(reported_row_type(), -1);
}

static TupleDesc
page_descriptor(Oid row_type)
{
	TupleDesc	descriptor = CreateTemplateTupleDesc(PAGE_COLUMNS);

	TupleDescInitEntry(descriptor, PAGE_TASK_ID + 1, "task_id", INT8OID, -1, 0);
	TupleDescInitEntry(descriptor, PAGE_FIRST_ROW + 1, "first_row", INT4OID, -1, 0);
	TupleDescInitEntry(descriptor, PAGE_LAST_ROW + 1, "last_row", INT4OID, -1, 0);
	TupleDescInitEntry(descriptor, PAGE_ROW_COUNT + 1, "row_count", INT4OID, -1, 0);
	TupleDescInitEntry(descriptor, PAGE_ROWS + 1, "rows", get_array_type(row_type), -1, 0);
	return descriptor;
}

/* Pages that exist */

static void
take_page(void *argument, const PrivateRow *page)
{
	Pages	   *pages = argument;
	ReportedRow *rows;
	Datum	   *elements;
	int			count;

	deconstruct_array(DatumGetArrayTypeP(page->values[0]), pages->row_type, -1, false, TYPALIGN_DOUBLE, &elements, NULL, &count);
	rows = palloc(sizeof(ReportedRow) * (size_t) (pages->count + count));
	memcpy(rows, pages->rows, sizeof(ReportedRow) * (size_t) pages->count);
	error_counts_page(&pages->counts, DatumGetInt32(page->values[1]), -count);
	for (int i = 0; i < count; i++)
	{
		HeapTupleHeader datum = DatumGetHeapTupleHeader(elements[i]);
		bool		null;

		rows[pages->count++] = (ReportedRow) {DatumGetInt32(GetAttributeByNum(datum, 1, &null)), datum};
	}
	pages->rows = rows;
}

/* Removes the pages that overlap the rows, and adds their rows to these. The rows are sorted. */
static void
take_overlapping(Pages *pages)
{
	/* Of the pages that begin before the first row, only the last one can overlap. */
#define TAKE(table) \
	{"DELETE FROM xlsx_private." table " p WHERE p.task_id = $1 AND p.first_row <= $3 AND p.last_row >= $2 AND p.first_row >=" \
	 " coalesce((SELECT max(b.first_row) FROM xlsx_private." table " b WHERE b.task_id = $1 AND b.first_row <= $2), $2)" \
	 " RETURNING p.rows, p.first_row", 3, {INT8OID, INT4OID, INT4OID}, NULL}
	static PrivateStatement take_errors = TAKE("error_page");
	static PrivateStatement take_warnings = TAKE("warning_page");
#undef TAKE
	Datum		values[] = {
		Int64GetDatum(pages->task), Int32GetDatum(pages->rows[0].number), Int32GetDatum(pages->rows[pages->count - 1].number)
	};

	private_sql_each(strcmp(pages->table, "error_page") == 0 ? &take_errors : &take_warnings, values, NULL, take_page, pages);
}

/* New pages */

static int
compare_rows(const void *a, const void *b)
{
	int32		one = ((const ReportedRow *) a)->number;
	int32		other = ((const ReportedRow *) b)->number;

	return one < other ? -1 : one > other;
}

static void
sort_rows(Pages *pages)
{
	qsort(pages->rows, (size_t) pages->count, sizeof(ReportedRow), compare_rows);
}

/*
 * How many of the rows from first on fill a page. At least one, however long it is, and all that
 * have its number: a row may be warned of twice.
 */
static int
rows_of_page(const Pages *pages, int first)
{
	Size		bytes = 0;
	int			count = 0;

	for (int i = first; i < pages->count; i++)
	{
		bytes += MAXALIGN(HeapTupleHeaderGetDatumLength(pages->rows[i].datum));
		if (bytes > FULL_BYTES && count > 0 && pages->rows[i].number != pages->rows[first].number)
			break;
		count++;
	}
	return count;
}

static HeapTuple
form_page(const Pages *pages, int first, int count)
{
	Datum	   *elements = palloc(sizeof(Datum) * (size_t) count);
	Datum		values[PAGE_COLUMNS];
	bool		nulls[PAGE_COLUMNS] = {false};
	HeapTuple	page;

	for (int i = 0; i < count; i++)
		elements[i] = PointerGetDatum(pages->rows[first + i].datum);
	values[PAGE_TASK_ID] = Int64GetDatum(pages->task);
	values[PAGE_FIRST_ROW] = Int32GetDatum(pages->rows[first].number);
	values[PAGE_LAST_ROW] = Int32GetDatum(pages->rows[first + count - 1].number);
	values[PAGE_ROW_COUNT] = Int32GetDatum(count);
	values[PAGE_ROWS] = PointerGetDatum(construct_array(elements, count, pages->row_type, -1, false, TYPALIGN_DOUBLE));
	page = heap_form_tuple(pages->descriptor, values, nulls);
	pfree(DatumGetPointer(values[PAGE_ROWS]));
	pfree(elements);
	return page;
}

static void
write_pages(Pages *pages)
{
	HeapTuple  *tuples = palloc(sizeof(HeapTuple) * (size_t) pages->count);
	int			made = 0;
	Relation	relation;

	for (int first = 0, count; first < pages->count; first += count)
	{
		count = rows_of_page(pages, first);
		error_counts_page(&pages->counts, pages->rows[first].number, count);
		tuples[made++] = form_page(pages, first, count);
	}
	relation = private_rows_open(pages->table, RowExclusiveLock);
	private_rows_insert(relation, tuples, made);
	private_rows_close(relation);
}

void
error_pages_add(const char *table, int64 task, ReportedRow *rows, int count, int64 after)
{
	Oid			row_type = reported_row_type();
	Pages		pages = {table, task, row_type, page_descriptor(row_type), rows, count};

	error_counts_init(&pages.counts, task, strcmp(table, "warning_page") == 0);
	for (int i = 0; i < count; i++)
		error_counts_row(&pages.counts, &rows[i]);
	sort_rows(&pages);
	if (rows[0].number <= after)
	{
		take_overlapping(&pages);
		sort_rows(&pages);
	}
	write_pages(&pages);
	error_counts_store(&pages.counts);
}
