/*
 * row_filter.c
 *	  Fills merged ranges, and leaves hidden rows and columns out.
 */
#include "reading/row_filter.h"

#include "core/layout.h"
#include "files/workbook.h"
#include "miscadmin.h"
#include "utils/memutils.h"

/* The last column that Excel has. Columns beyond are neither filled nor hidden. */
#define MOST_COLUMNS 16384

/* A merged range that the row at hand lies in. */
typedef struct OpenMerge
{
	XlsxRange	range;
	XlsxCell	cell;			/* of its upper left corner; XLSX_BLANK: none. Its text is ours. */
} OpenMerge;

struct RowFilter
{
	MemoryContext context;
	XlsxLayout	layout;
	bool		fill;
	bool		skip;
	bool	   *hidden;			/* by column - 1, MOST_COLUMNS of them; NULL: none */
	size_t		next_merge;		/* the merged ranges are ordered by their first rows */
	OpenMerge  *open;			/* ordered by first column */
	size_t		open_count;
	size_t		open_room;
	size_t		next_hidden;	/* of the hidden rows */
	XlsxCell   *cells;			/* of the row at hand */
	size_t		room;
	XlsxRow		row;
};

static int
compare_merges(const void *a, const void *b)
{
	const XlsxRange *x = a;
	const XlsxRange *y = b;

	if (x->first_row != y->first_row)
		return x->first_row < y->first_row ? -1 : 1;
	return (x->first_column > y->first_column) - (x->first_column < y->first_column);
}

static void
hide_columns(RowFilter *filter)
{
	const XlsxLayout *layout = &filter->layout;

	filter->hidden = palloc0(sizeof(bool) * MOST_COLUMNS);
	for (size_t i = 0; i < layout->hidden_column_count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		for (uint32 column = layout->hidden_columns[i].first_column; column <= Min(layout->hidden_columns[i].last_column, MOST_COLUMNS); column++)
			filter->hidden[column - 1] = true;
	}
}

RowFilter *
row_filter_create(XlsxBook *book, size_t index, bool fill_merged, bool skip_hidden)
{
	RowFilter  *filter = palloc0(sizeof(RowFilter));
	XlsxError	error;

	filter->context = CurrentMemoryContext;
	filter->fill = fill_merged;
	filter->skip = skip_hidden;
	if (xlsx_sheet_layout(book, index, &filter->layout, &error) != XLSX_OK)
		workbook_throw(&error);
	if (skip_hidden && filter->layout.hidden_column_count > 0)
		hide_columns(filter);
	qsort(filter->layout.merges, filter->layout.merge_count, sizeof(XlsxRange), compare_merges);
	return filter;
}

static bool
is_hidden_row(RowFilter *filter, uint32 row)
{
	const XlsxLayout *layout = &filter->layout;

	while (filter->next_hidden < layout->hidden_row_count && layout->hidden_rows[filter->next_hidden].last_row < row)
		filter->next_hidden++;
	return filter->next_hidden < layout->hidden_row_count && layout->hidden_rows[filter->next_hidden].first_row <= row;
}

static bool
is_hidden_column(const RowFilter *filter, uint32 column)
{
	return filter->hidden != NULL && column <= MOST_COLUMNS && filter->hidden[column - 1];
}

/* A copy of the cell of a row in a column, with its text. */
static XlsxCell
corner_of(const RowFilter *filter, const XlsxRow *row, uint32 column)
{
	XlsxCell	cell = {.kind = XLSX_BLANK};

	for (uint32 i = 0; i < row->count; i++)
		if (row->cells[i].column == column)
			cell = row->cells[i];
	if (cell.kind != XLSX_BLANK && cell.length > 0)
		cell.text = memcpy(MemoryContextAlloc(filter->context, cell.length + cell.shown), cell.text, cell.length + cell.shown);
	return cell;
}

static void
close_merges(RowFilter *filter, uint32 row)
{
	size_t		kept = 0;

	for (size_t i = 0; i < filter->open_count; i++)
	{
		OpenMerge  *merge = &filter->open[i];

		if (merge->range.last_row >= row)
			filter->open[kept++] = *merge;
		else if (merge->cell.kind != XLSX_BLANK && merge->cell.length > 0)
			pfree((char *) merge->cell.text);
	}
	filter->open_count = kept;
}

static void
open_merge(RowFilter *filter, const XlsxRange *range, const XlsxRow *row)
{
	size_t		at = filter->open_count;

	if (filter->open_count == MOST_COLUMNS)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("merged ranges of the sheet overlap"),
				 errdetail("Row %u lies in more of them than a sheet has columns.", row->number)));
	if (filter->open_count == filter->open_room)
	{
		filter->open_room = Max(64, 2 * filter->open_room);
		filter->open = filter->open == NULL ? MemoryContextAllocHuge(filter->context, sizeof(OpenMerge) * filter->open_room) :
			repalloc_huge(filter->open, sizeof(OpenMerge) * filter->open_room);
	}
	for (; at > 0 && filter->open[at - 1].range.first_column > range->first_column; at--)
		filter->open[at] = filter->open[at - 1];
	filter->open[at] = (OpenMerge) {*range, {.kind = XLSX_BLANK}};
	if (range->first_row == row->number)
		filter->open[at].cell = corner_of(filter, row, range->first_column);
	filter->open_count++;
}

/* Brings the open ranges to a row. */
static void
move_to(RowFilter *filter, const XlsxRow *row)
{
	const XlsxLayout *layout = &filter->layout;

	close_merges(filter, row->number);
	for (; filter->next_merge < layout->merge_count && layout->merges[filter->next_merge].first_row <= row->number; filter->next_merge++)
	{
		CHECK_FOR_INTERRUPTS();
		if (layout->merges[filter->next_merge].last_row >= row->number)
			open_merge(filter, &layout->merges[filter->next_merge], row);
	}
}

static void
put_cell(RowFilter *filter, const XlsxCell *cell, uint32 column)
{
	if (filter->row.count == filter->room)
	{
		filter->room = Max(64, 2 * filter->room);
		filter->cells = filter->cells == NULL ? MemoryContextAllocHuge(filter->context, sizeof(XlsxCell) * filter->room) :
			repalloc_huge(filter->cells, sizeof(XlsxCell) * filter->room);
	}
	filter->cells[filter->row.count] = *cell;
	filter->cells[filter->row.count++].column = column;
}

static bool
is_within(const OpenMerge *merge, uint32 column)
{
	return merge->cell.kind != XLSX_BLANK && column >= merge->range.first_column && column <= merge->range.last_column;
}

/* Puts the cells of the open ranges in, whose own cells are blank. Ranges do not overlap. */
static void
fill_row(RowFilter *filter, const XlsxRow *row)
{
	uint32		own = 0;

	for (size_t i = 0; i < filter->open_count; i++)
	{
		const OpenMerge *merge = &filter->open[i];

		for (; own < row->count && row->cells[own].column < merge->range.first_column; own++)
			put_cell(filter, &row->cells[own], row->cells[own].column);
		if (merge->cell.kind == XLSX_BLANK)
			continue;
		for (uint32 column = merge->range.first_column; column <= Min(merge->range.last_column, MOST_COLUMNS); column++)
			if (filter->row.count == 0 || filter->cells[filter->row.count - 1].column < column)
				put_cell(filter, &merge->cell, column);
		while (own < row->count && is_within(merge, row->cells[own].column))
			own++;
	}
	for (; own < row->count; own++)
		put_cell(filter, &row->cells[own], row->cells[own].column);
}

static void
copy_row(RowFilter *filter, const XlsxRow *row)
{
	for (uint32 i = 0; i < row->count; i++)
		put_cell(filter, &row->cells[i], row->cells[i].column);
}

static void
drop_hidden_columns(RowFilter *filter)
{
	uint32		kept = 0;

	for (uint32 i = 0; i < filter->row.count; i++)
		if (!is_hidden_column(filter, filter->cells[i].column))
			filter->cells[kept++] = filter->cells[i];
	filter->row.count = kept;
}

const XlsxRow *
row_filter_row(RowFilter *filter, const XlsxRow *row)
{
	filter->row = (XlsxRow) {row->number, 0, NULL};
	if (filter->fill)
		move_to(filter, row);
	if (filter->skip && is_hidden_row(filter, row->number))
		return NULL;
	if (filter->fill && filter->open_count > 0)
		fill_row(filter, row);
	else if (filter->hidden != NULL)
		copy_row(filter, row);
	else
		return row;
	if (filter->skip)
		drop_hidden_columns(filter);
	filter->row.cells = filter->cells;
	return &filter->row;
}
