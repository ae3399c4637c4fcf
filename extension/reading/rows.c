/*
 * rows.c
 *	  The rows of a worksheet that an import reads.
 */
#include "reading/rows.h"

#include "files/range.h"
#include "files/workbook.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "pg/text_trim.h"
#include "profile/header_row.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* A row read ahead, in memory of its own. */
typedef struct HeldRow
{
	MemoryContext context;
	XlsxRow		row;
} HeldRow;

struct SheetRows
{
	XlsxBook   *book;			/* NULL with a reader */
	size_t		index;
	XlsxSheet  *sheet;
	Reader	   *reader;			/* or NULL */
	const ReaderSheet *read;	/* its sheet */
	XlsxRange	range;
	XlsxCell   *cells;			/* of the row at hand, when the range cuts columns off */
	uint32		capacity;
	XlsxRow		row;
	int			skip_end;
	HeldRow    *held;			/* a ring of skip_end + 1 rows */
	int			held_first;
	int			held_count;
};

/*
 * Options
 */

static void
open_sheet(SheetRows *rows)
{
	XlsxError	error;

	if (xlsx_sheet_open(rows->book, rows->index, &rows->sheet, &error) != XLSX_OK)
		workbook_throw(&error);
}

static SheetRows *
rows_create(const RowsOptions *options)
{
	SheetRows  *rows = palloc0(sizeof(SheetRows));

	rows->range = range_parse(options->range);
	rows->skip_end = options->skip_end;
	if (rows->skip_end > 0)
		rows->held = palloc0(sizeof(HeldRow) * (size_t) (rows->skip_end + 1));
	return rows;
}

SheetRows *
rows_open(XlsxBook *book, const RowsOptions *options)
{
	SheetRows  *rows = rows_create(options);

	rows->book = book;
	rows->index = workbook_find_sheet(book, options->sheet);
	open_sheet(rows);
	return rows;
}

SheetRows *
rows_open_reader(Reader *reader, const RowsOptions *options)
{
	SheetRows  *rows = rows_create(options);

	rows->reader = reader;
	rows->read = reader_open(reader);
	return rows;
}

const char *
rows_sheet_name(const SheetRows *rows)
{
	return rows->reader != NULL ? rows->read->name : workbook_sheet_name(rows->book, rows->index);
}

uint32
rows_declared(const SheetRows *rows)
{
	uint32		declared = rows->reader != NULL ? rows->read->declared_rows : xlsx_sheet_declared_rows(rows->sheet);

	return declared == 0 ? 0 : Min(declared, rows->range.last_row);
}

ReaderOutlook
rows_outlook(const SheetRows *rows)
{
	return rows->reader != NULL ? reader_outlook(rows->reader) : READER_READS;
}

void
rows_position(const SheetRows *rows, uint64 *done, uint64 *total)
{
	if (rows->reader != NULL)
		reader_position(rows->reader, done, total);
	else
		xlsx_sheet_position(rows->sheet, done, total);
}

/*
 * Rows
 */

bool
rows_check_ahead(SheetRows *rows, const JudgePlan *plan, uint32 header_row, uint32 after, bool spool)
{
	ReaderScope scope = {header_row, Max(header_row, after), rows->range, spool};

	/* Keeps the last rows with their cells until it is known whether they are data. */
	return rows->reader != NULL && rows->skip_end == 0 && reader_check(rows->reader, plan, &scope);
}

bool
rows_looked(const SheetRows *rows)
{
	return rows->reader != NULL && reader_looked(rows->reader);
}

const CheckedRow *
rows_checked(const SheetRows *rows)
{
	return rows->reader != NULL ? reader_checked(rows->reader) : NULL;
}

bool
rows_is_blank(const XlsxRow *row, const XlsxRange *range)
{
	for (uint32 i = 0; i < row->count; i++)
	{
		const char *text = row->cells[i].text;
		size_t		length = row->cells[i].length;

		if (row->cells[i].column < range->first_column || row->cells[i].column > range->last_column)
			continue;
		if (row->cells[i].kind != XLSX_TEXT)
			return false;
		text_trim(&text, &length);
		if (length > 0)
			return false;
	}
	return true;
}

/* The row without the columns that are out of the range. */
static const XlsxRow *
cut_columns(SheetRows *rows, const XlsxRow *row)
{
	if (rows->range.first_column == 1 && rows->range.last_column == UINT32_MAX)
		return row;
	if (row->count > rows->capacity)
	{
		MemoryContext context = GetMemoryChunkContext(rows);

		rows->capacity = row->count;
		if (rows->cells != NULL)
			pfree(rows->cells);
		rows->cells = MemoryContextAlloc(context, sizeof(XlsxCell) * rows->capacity);
	}
	rows->row = (XlsxRow) {row->number, 0, rows->cells};
	for (uint32 i = 0; i < row->count; i++)
		if (row->cells[i].column >= rows->range.first_column && row->cells[i].column <= rows->range.last_column)
			rows->cells[rows->row.count++] = row->cells[i];
	return &rows->row;
}

/* The next row of the sheet, NULL at the end. */
static const XlsxRow *
next_in_sheet(SheetRows *rows)
{
	XlsxError	error;
	const XlsxRow *row;
	XlsxStatus	status;

	if (rows->reader != NULL)
		return reader_next(rows->reader);
	status = xlsx_sheet_next(rows->sheet, &row, &error);
	if (status != XLSX_OK && status != XLSX_DONE)
		workbook_throw(&error);
	return row;
}

/* The next row of the range that is not blank; NULL at the end. */
static const XlsxRow *
next_in_range(SheetRows *rows)
{
	const XlsxRow *row;

	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		row = next_in_sheet(rows);
		if (row == NULL || row->number > rows->range.last_row)
			return NULL;
		if (row->number < rows->range.first_row)
			continue;
		if (rows_checked(rows) != NULL)
			return row;
		row = cut_columns(rows, row);
		if (!rows_is_blank(row, &rows->range))
			return row;
	}
}

static void
hold(HeldRow *held, const XlsxRow *row, MemoryContext parent)
{
	MemoryContext caller;
	XlsxCell   *cells;

	if (held->context == NULL)
		held->context = AllocSetContextCreate(parent, "pg_xlsx held row", ALLOCSET_SMALL_SIZES);
	MemoryContextReset(held->context);
	caller = MemoryContextSwitchTo(held->context);
	cells = palloc(sizeof(XlsxCell) * Max(row->count, 1));
	for (uint32 i = 0; i < row->count; i++)
	{
		cells[i] = row->cells[i];
		if (cells[i].length > 0)
			cells[i].text = memcpy(palloc(cells[i].length), row->cells[i].text, cells[i].length);
	}
	held->row = (XlsxRow) {row->number, row->count, cells};
	MemoryContextSwitchTo(caller);
}

const XlsxRow *
rows_next(SheetRows *rows)
{
	int			size = rows->skip_end + 1;

	if (rows->skip_end == 0)
		return next_in_range(rows);
	/* A row is data once skip_end other rows have come after it. */
	for (;;)
	{
		const XlsxRow *row = next_in_range(rows);
		int			last;

		if (row == NULL)
			return NULL;
		if (rows->held_count == size)
		{
			rows->held_first = (rows->held_first + 1) % size;	/* the caller is done with it */
			rows->held_count--;
		}
		last = (rows->held_first + rows->held_count) % size;
		hold(&rows->held[last], row, GetMemoryChunkContext(rows));
		rows->held_count++;
		if (rows->held_count == size)
			return &rows->held[rows->held_first].row;
	}
}

/*
 * The header row
 */

/* Number of the row that fits best among the first ones; the first of them if none fits. */
static uint32
guess_header(SheetRows *rows, const Profile *profile, const char *mapping)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx header", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	const XlsxRow *row;
	uint32		best_row = 0;
	int			best = -1;

	for (int i = 0; i < HEADER_ROW_SEARCH && (row = next_in_range(rows)) != NULL; i++)
	{
		HeaderMatch match;
		int			score;

		headers_match(profile, mapping, row, &match);
		score = match.matched + (match.matched > 0 && match.complete ? profile->count : 0);
		if (score > best)
		{
			best = score;
			best_row = row->number;
		}
		MemoryContextReset(context);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	xlsx_sheet_close(rows->sheet);
	open_sheet(rows);
	return best_row;
}

const XlsxRow *
rows_find_header(SheetRows *rows, const Profile *profile, HeaderRow where, const char *mapping, HeaderMatch *match)
{
	uint32		wanted = where.kind == HEADER_ROW_AUTO ? guess_header(rows, profile, mapping) : where.number;
	const XlsxRow *row;

	do
		row = next_in_range(rows);
	while (row != NULL && row->number < wanted);
	if (row != NULL && wanted > 0 && row->number > wanted)
		row = NULL;				/* that row is blank */
	headers_match(profile, mapping, row, match);
	return row;
}
