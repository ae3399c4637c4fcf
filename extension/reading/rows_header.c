/*
 * rows_header.c
 *	  The header row of a sheet, and the sheet whose header row fits best.
 */
#include "files/workbook.h"
#include "profile/header_lines.h"
#include "profile/header_places.h"
#include "profile/header_row.h"
#include "reading/rows_state.h"
#include "utils/memutils.h"

/* Reads the Excel table of the sheet, and nothing else. */
static void
believe_table(SheetRows *rows)
{
	const SheetTable *table = &rows->table;

	rows->range.last_row = table->last_data_row;
	rows->columns = (XlsxRange) {table->header_row, table->first_column, table->last_data_row, table->last_column};
	while (rows->ahead_count > 0 && rows->ahead[rows->ahead_count - 1].row.number > table->last_data_row)
	{
		uint32		number = rows->ahead[--rows->ahead_count].row.number;

		rows->end.below = number > table->last_row ? number : rows->end.below;
	}
}

/* Reads the first rows, and keeps them for rows_next. */
static void
look_ahead(SheetRows *rows)
{
	const XlsxRow *row;

	while (!rows->ahead_read && rows->ahead_count < HEADER_ROW_SEARCH && (row = rows_read_on(rows)) != NULL)
		rows_hold(&rows->ahead[rows->ahead_count++], row, GetMemoryChunkContext(rows));
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
	return header_lines_join(lines, count, rows->layout.merges, rows->layout.merge_count);
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

/* Columns that can have a header. */
static int
count_cells(const Profile *profile)
{
	int			count = 0;

	for (int i = 0; i < profile->count; i++)
		count += profile->columns[i].source == SOURCE_CELL;
	return count;
}

/* Index of the row that fits best among the first ones; -1 if none has a header of the profile. *complete: it would do. */
static int
best_row(const SheetRows *rows, const Profile *profile, const char *mapping, bool *complete)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx header", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	int			found = -1;
	int			best = 0;
	int			most = count_cells(profile);
	bool		all = false;

	*complete = false;
	/* No row can fit better than one with all columns. */
	for (int i = 0; i < rows->ahead_count && !all; i++)
	{
		HeaderMatch match;

		headers_match(profile, mapping, header_at(rows, i), &rows->columns, &match);
		if (score_of(profile, &match) > best)
		{
			best = score_of(profile, &match);
			found = i;
			*complete = match.message == NULL && match.unknown == NULL;
		}
		all = match.matched == most && match.unknown == NULL;
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
	found = header_row_guess(first, rows->ahead_count, &rows->columns);
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
		row = rows_read_on(rows);
	while (row != NULL && row->number < number);
	if (row == NULL)
		return NULL;
	/* From here on rows are read ahead again, so that headers of several rows are found in the same way. */
	rows->ahead_count = rows->ahead_at = 0;
	rows->ahead_read = false;
	rows_hold(&rows->ahead[rows->ahead_count++], row, parent);
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

/* Does the Excel table of the sheet fit, as well as any row? Its header row must be one of those read ahead. */
static bool
table_fits(SheetRows *rows, const Profile *profile, const char *mapping)
{
	MemoryContext context;
	MemoryContext caller;
	XlsxRange	columns = {1, rows->table.first_column, UINT32_MAX, rows->table.last_column};
	HeaderMatch match;
	bool		complete;
	int			at = rows->table.last_row > 0 && rows->header_rows == 1 ? index_of_row(rows, rows->table.header_row) : -1;
	int			best;
	bool		fits;

	if (at < 0 || profile == NULL)
		return at >= 0;
	best = best_row(rows, profile, mapping, &complete);
	context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx header", ALLOCSET_DEFAULT_SIZES);
	caller = MemoryContextSwitchTo(context);
	headers_match(profile, mapping, header_at(rows, at), &columns, &match);
	fits = match.matched > 0 && match.message == NULL;
	if (fits && best >= 0 && best != at)
	{
		HeaderMatch other;

		headers_match(profile, mapping, header_at(rows, best), &rows->columns, &other);
		fits = score_of(profile, &match) >= score_of(profile, &other);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	return fits;
}

static uint32
number_at(const SheetRows *rows, int at)
{
	return at >= 0 ? rows->ahead[at].row.number : 0;
}

/* Number of the header row; 0: there is none. */
static uint32
choose_row(SheetRows *rows, const Profile *profile, HeaderRow where, const char *mapping)
{
	bool		complete;
	int			at;

	if (where.kind != HEADER_ROW_AUTO || rows->ahead_count == 0)
		rows->table = (SheetTable) {0};
	if (where.kind == HEADER_ROW_NUMBER)
		return where.number;
	if (where.kind == HEADER_ROW_NONE || rows->ahead_count == 0)
		return 0;
	if (where.kind == HEADER_ROW_FIRST)
		return number_at(rows, 0);
	if (table_fits(rows, profile, mapping))
	{
		believe_table(rows);
		return rows->table.header_row;
	}
	rows->table = (SheetTable) {0};
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
	rows->end.has_begun = true;
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
		headers_match(profile, mapping, header.cells, &rows->columns, match);
	}
	else if (where.kind == HEADER_ROW_NONE || header_places_only(profile))
		headers_place(profile, mapping, &rows->columns, match);
	else
		headers_match(profile, mapping, NULL, &rows->columns, match);
	match->row = header.cells != NULL ? header.row : 0;
	match->last_row = number > 0 ? header.last_row : 0;
	match->fitting_row = fitting != number ? fitting : 0;
	rows->end.has_begun = true;
	rows->following.profile = profile;
	rows->following.where = where;
	rows->following.mapping = mapping;
	rows->following.source = match->source;
}

int
rows_best_sheet(XlsxBook *book, const RowsOptions *options, const Profile *profile, const char *mapping)
{
	size_t		count = xlsx_book_sheet_count(book);
	int			found = (int) workbook_find_sheet(book, NULL) + 1;
	int			best = 0;

	for (size_t i = 0; i < count; i++)
	{
		RowsOptions own = *options;
		HeaderMatch match;
		SheetRows  *rows;

		if (xlsx_book_sheet(book, i)->state != XLSX_SHEET_VISIBLE)
			continue;
		own.sheet_number = (int) i + 1;
		rows = rows_open(book, &own);
		rows_find_header(rows, profile, (HeaderRow) {HEADER_ROW_AUTO, 0}, mapping, &match);
		if (match.matched > 0 && score_of(profile, &match) > best)
		{
			best = score_of(profile, &match);
			found = (int) i + 1;
		}
		xlsx_sheet_close(rows->sheet);
	}
	return found;
}

