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
#include "profile/header_lines.h"
#include "profile/header_places.h"
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
	int			header_rows;	/* rows that the headers take, from 1 on */
	HeldRow		ahead[HEADER_ROW_SEARCH];	/* the first rows, which were read to find the headers */
	int			ahead_count;
	int			ahead_at;		/* the next of them to return */
	bool		ahead_read;
	bool		from_ahead;		/* the row at hand is one of them */
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
	rows->header_rows = Max(options->header_rows, 1);
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
	return rows->reader != NULL && !rows->from_ahead && reader_looked(rows->reader);
}

const Sightings *
rows_sightings(const SheetRows *rows)
{
	return rows->reader != NULL ? reader_sightings(rows->reader) : NULL;
}

const CheckedRow *
rows_checked(const SheetRows *rows)
{
	return rows->reader != NULL && !rows->from_ahead ? reader_checked(rows->reader) : NULL;
}

Size
rows_text_bytes(const XlsxRow *row)
{
	Size		bytes = 0;

	for (uint32 i = 0; i < row->count; i++)
		bytes += row->cells[i].length;
	return bytes;
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

/* Reads the next row of the range that is not blank; NULL at the end. */
static const XlsxRow *
read_in_range(SheetRows *rows)
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

/* The same, but first those that were read to find the headers. */
static const XlsxRow *
next_in_range(SheetRows *rows)
{
	rows->from_ahead = rows->ahead_at < rows->ahead_count;
	if (rows->from_ahead)
		return &rows->ahead[rows->ahead_at++].row;
	return read_in_range(rows);
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

const XlsxRange *
rows_range(const SheetRows *rows)
{
	return &rows->range;
}

/* Reads the first rows, and keeps them for rows_next. */
static void
look_ahead(SheetRows *rows)
{
	const XlsxRow *row;

	while (!rows->ahead_read && rows->ahead_count < HEADER_ROW_SEARCH && (row = read_in_range(rows)) != NULL)
		hold(&rows->ahead[rows->ahead_count++], row, GetMemoryChunkContext(rows));
	rows->ahead_read = true;
}

/* The headers that begin at a row that was read ahead, all their rows together, in the current memory context. */
static const XlsxRow *
header_at(const SheetRows *rows, int at)
{
	const XlsxRow *lines[MOST_HEADER_ROWS];
	int			count = 0;

	for (int i = at; i < rows->ahead_count && count < MOST_HEADER_ROWS; i++)
		if (rows->ahead[i].row.number < rows->ahead[at].row.number + (uint32) rows->header_rows)
			lines[count++] = &rows->ahead[i].row;
	return header_lines_join(lines, count);
}

static int
index_of_row(const SheetRows *rows, uint32 number)
{
	for (int i = 0; i < rows->ahead_count; i++)
		if (rows->ahead[i].row.number == number)
			return i;
	return -1;
}

/* How well a row fits: one with all required columns before all others. */
static int
score_of(const Profile *profile, const HeaderMatch *match)
{
	return match->matched + (match->matched > 0 && match->complete ? profile->count : 0);
}

/* Index of the row that fits best among the first ones; -1 if none has a header of the profile. *complete: it would do. */
static int
best_row(const SheetRows *rows, const Profile *profile, const char *mapping, bool *complete)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx header", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	int			found = -1;
	int			best = 0;

	*complete = false;
	for (int i = 0; i < rows->ahead_count; i++)
	{
		HeaderMatch match;

		headers_match(profile, mapping, header_at(rows, i), &rows->range, &match);
		if (score_of(profile, &match) > best)
		{
			best = score_of(profile, &match);
			found = i;
			*complete = match.message == NULL && match.unknown == NULL;
		}
		MemoryContextReset(context);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	return found;
}

/* Index of the row that looks like headers; -1: none. */
static int
guess_row(const SheetRows *rows)
{
	const XlsxRow *first[HEADER_ROW_SEARCH];
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx header", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	int			found;

	for (int i = 0; i < rows->ahead_count; i++)
		first[i] = header_at(rows, i);
	found = header_row_guess(first, rows->ahead_count, &rows->range);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	return found;
}

/* Reads on to a row that is further down than those read ahead. */
static const XlsxRow *
header_below(SheetRows *rows, uint32 number)
{
	MemoryContext parent = GetMemoryChunkContext(rows);
	const XlsxRow *row;

	rows->ahead_at = rows->ahead_count;
	do
		row = read_in_range(rows);
	while (row != NULL && row->number < number);
	if (row == NULL)
		return NULL;
	/* From here on rows are read ahead again, so that headers of several rows are found in the same way. */
	rows->ahead_count = rows->ahead_at = 0;
	rows->ahead_read = false;
	hold(&rows->ahead[rows->ahead_count++], row, parent);
	look_ahead(rows);
	return index_of_row(rows, number) == 0 ? header_at(rows, 0) : NULL;
}

/* Takes the headers that begin at a row, and all rows up to their end. *cells: NULL if that row is blank. */
static void
take_header(SheetRows *rows, uint32 number, SheetHeader *header)
{
	int			at = index_of_row(rows, number);

	header->row = number;
	header->last_row = number + (uint32) rows->header_rows - 1;
	if (at >= 0)
		header->cells = header_at(rows, at);
	else if (rows->ahead_count == HEADER_ROW_SEARCH && number > rows->ahead[rows->ahead_count - 1].row.number)
		header->cells = header_below(rows, number);
	else
		header->cells = NULL;
	while (rows->ahead_at < rows->ahead_count && rows->ahead[rows->ahead_at].row.number <= header->last_row)
		rows->ahead_at++;
}

static uint32
number_at(const SheetRows *rows, int at)
{
	return at >= 0 ? rows->ahead[at].row.number : 0;
}

/* Number of the header row; 0: there is none. */
static uint32
choose_row(const SheetRows *rows, const Profile *profile, HeaderRow where, const char *mapping)
{
	bool		complete;
	int			at;

	if (where.kind == HEADER_ROW_NUMBER)
		return where.number;
	if (where.kind == HEADER_ROW_NONE || rows->ahead_count == 0)
		return 0;
	if (where.kind == HEADER_ROW_FIRST)
		return number_at(rows, 0);
	at = profile != NULL ? best_row(rows, profile, mapping, &complete) : -1;
	if (at < 0 && profile != NULL && header_places_only(profile))
		return 0;
	if (at < 0)
		at = guess_row(rows);
	return at < 0 && profile != NULL ? number_at(rows, 0) : number_at(rows, at);
}

void
rows_guess_header(SheetRows *rows, HeaderRow where, SheetHeader *header)
{
	uint32		number;

	memset(header, 0, sizeof(*header));
	look_ahead(rows);
	number = choose_row(rows, NULL, where, NULL);
	if (number > 0)
		take_header(rows, number, header);
}

void
rows_find_header(SheetRows *rows, const Profile *profile, HeaderRow where, const char *mapping, HeaderMatch *match)
{
	SheetHeader header = {0};
	uint32		number;
	uint32		fitting = 0;
	bool		complete;
	int			best;

	look_ahead(rows);
	number = choose_row(rows, profile, where, mapping);
	if (where.kind != HEADER_ROW_AUTO && where.kind != HEADER_ROW_NONE)
	{
		best = best_row(rows, profile, mapping, &complete);
		fitting = complete ? number_at(rows, best) : 0;
	}
	if (number > 0)
	{
		take_header(rows, number, &header);
		headers_match(profile, mapping, header.cells, &rows->range, match);
	}
	else if (where.kind == HEADER_ROW_NONE || header_places_only(profile))
		headers_place(profile, mapping, &rows->range, match);
	else
		headers_match(profile, mapping, NULL, &rows->range, match);
	match->row = header.cells != NULL ? header.row : 0;
	match->last_row = number > 0 ? header.last_row : 0;
	match->fitting_row = fitting != number ? fitting : 0;
}
