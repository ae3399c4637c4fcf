/*
 * rows.c
 *	  The rows of a worksheet that an import reads.
 */
#include "reading/rows_state.h"

#include "catalog/pg_collation.h"
#include "files/range.h"
#include "files/workbook.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "pg/text_encoding.h"
#include "pg/text_trim.h"
#include "profile/header_report.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

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

	rows->range = rows->columns = range_parse(options->range);
	rows->end.at_blank = options->stop_at != NULL && strcmp(options->stop_at, "blank_row") == 0;
	if (options->stop_at != NULL && options->stop_at[0] == '~')
		rows->end.pattern = cstring_to_text(options->stop_at + 1);
	rows->skip_end = options->skip_end;
	rows->header_rows = Max(options->header_rows, 1);
	if (rows->skip_end > 0)
		rows->held = palloc0(sizeof(HeldRow) * (size_t) (rows->skip_end + 1));
	return rows;
}

static void
read_layout(SheetRows *rows)
{
	XlsxError	error;

	if (xlsx_sheet_layout(rows->book, rows->index, &rows->layout, &error) != XLSX_OK)
		workbook_throw(&error);
}

/* The visible sheets that match. */
static void
find_sheets(SheetRows *rows, const RowsOptions *options)
{
	Following  *following = &rows->following;

	if (options->sheets == NULL)
		return;
	following->options = *options;
	following->options.sheets = NULL;
	for (size_t i = 0; i < xlsx_book_sheet_count(rows->book); i++)
	{
		if (xlsx_book_sheet(rows->book, i)->state != XLSX_SHEET_VISIBLE || !workbook_sheet_matches(rows->book, i, options->sheets + 1))
			continue;
		if (following->count == MOST_TASK_SHEETS)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("more than %d sheets match \"%s\"", MOST_TASK_SHEETS, options->sheets)));
		following->indexes[following->count++] = i;
	}
	if (following->count == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("no visible sheet of the workbook matches \"%s\"", options->sheets),
				 errhint("xlsx.sheets lists the sheets.")));
}

SheetRows *
rows_open(XlsxBook *book, const RowsOptions *options)
{
	SheetRows  *rows = rows_create(options);

	rows->book = book;
	find_sheets(rows, options);
	rows->index = rows->following.count > 0 ? rows->following.indexes[0] : options->sheet_number > 0 ? (size_t) options->sheet_number - 1 : workbook_find_sheet(book, options->sheet);
	open_sheet(rows);
	if (rows->header_rows > 1)
		read_layout(rows);
	if (options->fill_merged || options->skip_hidden)
		rows->filter = row_filter_create(book, rows->index, options->fill_merged, options->skip_hidden);
	if (options->range == NULL || options->range[0] == '\0')
		sheet_table_find(book, rows->index, &rows->table);
	return rows;
}

SheetRows *
rows_open_reader(Reader *reader, const RowsOptions *options)
{
	SheetRows  *rows = rows_create(options);

	rows->reader = reader;
	rows->read = reader_open(reader);
	if (options->range == NULL || options->range[0] == '\0')
		rows->table = rows->read->table;
	return rows;
}

const XlsxBook *
rows_book(const SheetRows *rows)
{
	return rows->reader != NULL ? NULL : rows->book;
}

size_t
rows_sheet_index(const SheetRows *rows)
{
	return rows->index;
}

const char *
rows_sheet_name(const SheetRows *rows)
{
	return rows->reader != NULL ? rows->read->name : workbook_sheet_name(rows->book, rows->index);
}

uint32
rows_declared(const SheetRows *rows)
{
	uint32		declared = rows->following.count > 1 ? 0 : rows->reader != NULL ? rows->read->declared_rows : xlsx_sheet_declared_rows(rows->sheet);

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
	rows->checks = rows->reader != NULL && rows->skip_end == 0 && reader_check(rows->reader, plan, &scope);
	return rows->checks;
}

void
rows_found(const SheetRows *rows, const JudgePlan *plan)
{
	if (rows->reader != NULL)
		reader_found(rows->reader, plan);
}

bool
rows_looked(const SheetRows *rows)
{
	return rows->reader != NULL && !rows->from_ahead && reader_looked(rows->reader);
}

const Sightings *
rows_sightings(SheetRows *rows)
{
	if (rows->reader == NULL || !rows->checks)
		return NULL;
	/* The range may have ended before the sheet. The reader then has stopped, too. */
	while (reader_next(rows->reader) != NULL)
		CHECK_FOR_INTERRUPTS();
	return reader_sightings(rows->reader);
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
		bytes += row->cells[i].length + row->cells[i].shown;
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

/* The next row of the sheet that is not hidden, NULL at the end. */
static const XlsxRow *
next_in_sheet(SheetRows *rows)
{
	XlsxError	error;
	const XlsxRow *row;
	XlsxStatus	status;

	if (rows->reader != NULL)
		return reader_next(rows->reader);
	do
	{
		CHECK_FOR_INTERRUPTS();
		status = xlsx_sheet_next(rows->sheet, &row, &error);
		if (status != XLSX_OK && status != XLSX_DONE)
			workbook_throw(&error);
		if (row != NULL && rows->filter != NULL)
			row = row_filter_row(rows->filter, row);
	} while (status == XLSX_OK && row == NULL);
	return row;
}

const XlsxRow *
rows_read_on(SheetRows *rows)
{
	const XlsxRow *row;

	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		row = next_in_sheet(rows);
		if (row == NULL)
			return NULL;
		if (row->number < rows->range.first_row)
			continue;
		if (row->number > rows->range.last_row)
		{
			if (rows->table.last_row > 0 && (row->number <= rows->table.last_row || rows_is_blank(row, &rows->range)))
				continue;		/* its totals */
			if (rows->table.last_row > 0)
				rows->end.stopped = row->number;
			return NULL;
		}
		if (rows_checked(rows) != NULL)
			return row;
		row = cut_columns(rows, row);
		if (!rows_is_blank(row, &rows->range))
			return row;
	}
}

/* The same, but first those that were read to find the headers. */
static const XlsxRow *
next_at_all(SheetRows *rows)
{
	rows->from_ahead = rows->ahead_at < rows->ahead_count;
	if (rows->from_ahead)
		return &rows->ahead[rows->ahead_at++].row;
	return rows_read_on(rows);
}

/* Does the first cell of a row that is not blank match? */
static bool
matches(const SheetRows *rows, const XlsxRow *row)
{
	for (uint32 i = 0; i < row->count; i++)
	{
		const char *text = row->cells[i].text;
		size_t		length = row->cells[i].length;
		bool		valid;

		if (row->cells[i].kind != XLSX_TEXT)
			return false;
		text_trim(&text, &length);
		if (length == 0)
			continue;
		text = text_to_server(text, length, &length, &valid);
		return valid && DatumGetBool(DirectFunctionCall2Coll(textregexeq, DEFAULT_COLLATION_OID,
															  PointerGetDatum(cstring_to_text_with_len(text, (int) length)),
															  PointerGetDatum(rows->end.pattern)));
	}
	return false;
}

/* The next row of the data; NULL at their end. */
static const XlsxRow *
next_in_range(SheetRows *rows)
{
	const XlsxRow *row = rows->end.stopped == 0 ? next_at_all(rows) : NULL;
	RowsEnd    *end = &rows->end;

	if (row == NULL || !end->has_begun || (!end->at_blank && end->pattern == NULL))
		return row;
	if ((end->at_blank && end->last > 0 && row->number > end->last + 1) || (end->pattern != NULL && matches(rows, row)))
	{
		end->stopped = row->number;
		return NULL;
	}
	end->last = row->number;
	return row;
}

void
rows_hold(HeldRow *held, const XlsxRow *row, MemoryContext parent)
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
		if (cells[i].length + cells[i].shown > 0)
			cells[i].text = memcpy(palloc(cells[i].length + cells[i].shown), row->cells[i].text, cells[i].length + cells[i].shown);
	}
	held->row = (XlsxRow) {row->number, row->count, cells};
	MemoryContextSwitchTo(caller);
}

static const XlsxRow *
next_of_sheet(SheetRows *rows)
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
		rows_hold(&rows->held[last], row, GetMemoryChunkContext(rows));
		rows->held_count++;
		if (rows->held_count == size)
			return &rows->held[rows->held_first].row;
	}
}

/*
 * Several sheets
 */

/* Opens the next sheet. Its columns must be those of the first, because rows wait as values of these columns. */
static void
open_following(SheetRows *rows)
{
	Following  *following = &rows->following;
	MemoryContext caller = MemoryContextSwitchTo(GetMemoryChunkContext(rows));
	HeaderMatch match;
	RowsOptions options = following->options;

	options.sheet_number = (int) following->indexes[++following->at] + 1;
	following->rows = rows_open(rows->book, &options);
	if (following->profile != NULL)
	{
		rows_find_header(following->rows, following->profile, following->where, following->mapping, &match);
		if (match.message != NULL || memcmp(match.source, following->source, sizeof(uint32) * (size_t) following->profile->count) != 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%s", match.message != NULL ? match.message : header_report_message(following->profile, &match)),
					 errdetail("Sheet \"%s\", row %u. Its columns are not those of sheet \"%s\".", rows_sheet_name(following->rows),
							   match.row, rows_sheet_name(rows)),
					 errhint("Import it by a task of its own.")));
	}
	MemoryContextSwitchTo(caller);
}

const XlsxRow *
rows_next(SheetRows *rows)
{
	Following  *following = &rows->following;

	for (;;)
	{
		const XlsxRow *row = next_of_sheet(following->rows != NULL ? following->rows : rows);

		if (row == NULL && following->at + 1 < following->count)
		{
			open_following(rows);
			continue;
		}
		if (row == NULL || following->rows == NULL)
			return row;
		rows->numbered = *row;
		rows->numbered.number = row_number_of((uint32) following->at, row->number);
		return &rows->numbered;
	}
}

void
rows_end_sheet(SheetRows *rows, uint32 number)
{
	SheetRows  *at_hand = rows->following.rows != NULL ? rows->following.rows : rows;

	at_hand->end.stopped = row_in_sheet(number);
}

TextList
rows_sheet_names(const SheetRows *rows)
{
	TextList	names = {Max(rows->following.count, 1), NULL};

	names.items = palloc(sizeof(char *) * (size_t) names.count);
	names.items[0] = pstrdup(rows_sheet_name(rows));
	for (int i = 1; i < names.count; i++)
		names.items[i] = workbook_sheet_name(rows->book, rows->following.indexes[i]);
	return names;
}

/*
 * What is told of them
 */

const XlsxRange *
rows_range(const SheetRows *rows)
{
	return &rows->range;
}

const XlsxRange *
rows_columns(const SheetRows *rows)
{
	return &rows->columns;
}

char *
rows_notes(const SheetRows *rows)
{
	StringInfoData json;

	initStringInfo(&json);
	if (rows->table.last_row > rows->table.last_data_row)
		appendStringInfo(&json, "{\"code\": \"totals_row\", \"row\": %u, \"message\": \"Row %u is the totals row of an Excel table. It was left out.\"}",
						 rows->table.last_row, rows->table.last_row);
	if (rows->end.stopped > 0 || rows->end.below > 0)
	{
		uint32		row = rows->end.stopped > 0 ? rows->end.stopped : rows->end.below;

		appendStringInfo(&json, "%s{\"code\": \"rows_left_out\", \"row\": %u, \"message\": \"Rows from %u on were left out, because %s.\"}",
						 json.len > 0 ? ", " : "", row, row,
						 rows->table.last_row > 0 ? "the Excel table ends above them" : "stop_at says so");
	}
	return json.data;
}
