/*
 * result_workbook.c
 *	  The user's file with what became of each row.
 *
 * The stored file is read beside the rows that the task tells of; both come in the order of the
 * sheet, and rows of which nothing is told are left out. Without the file there are the cells that
 * error rows have. Neither is in memory as a whole.
 */
#include "pg/pg_xlsx.h"

#include "catalog/pg_type.h"
#include "check/cell_text.h"
#include "files/book_file.h"
#include "files/store.h"
#include "files/workbook.h"
#include "fmgr.h"
#include "functions/told_rows.h"
#include "miscadmin.h"
#include "pg/query.h"
#include "pg/row_number.h"
#include "pg/text_encoding.h"
#include "profile/profile.h"
#include "tables/private_sql.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"
#include "writing/copied_cell.h"
#include "writing/written_cell.h"

PG_FUNCTION_INFO_V1(pg_xlsx_result_workbook);
PG_FUNCTION_INFO_V1(pg_xlsx_result_workbook_chunks);

#define WIDTH_OWN 16
#define WIDTH_ADDED 12
#define WIDTH_MESSAGES 60
#define SHEET_WITHOUT_FILE "Result"

typedef struct ResultBook
{
	BookFile   *book;
	ToldRows	told;
	int64		file;			/* 0: the file is gone */
	uint64		file_size;
	TextList	sheets;			/* that were read; empty if the task found none */
	uint32		header_row;		/* the first row of the headers; 0: there is none */
	uint32		header_rows;
	TextList	headers;		/* above the user's own columns; NULL: none */
	int			last_source;	/* the last column of the sheet that the import reads */
	TextList	returning;
	bool		changes;		/* old and new values are kept */
	CellColumn	number;			/* how numbers of JSON are written */
	MemoryContext row_context;	/* reset after each row */
} ResultBook;

/* Runs as the caller, so row-level security decides whether there is such a task. */
static const char facts_query[] =
"SELECT t.file_id, t.file_size, coalesce(t.found_sheets, array_remove(ARRAY[t.found_sheet], NULL)), coalesce(t.found_header_row, 0),"
" coalesce((t.options ->> 'header_rows')::int, (f.content ->> 'header_rows')::int, 1), f.headers,"
" coalesce((SELECT max(c) FROM unnest(t.source_columns) AS c), 0),"
" ARRAY(SELECT jsonb_array_elements_text(CASE WHEN jsonb_typeof(o.wanted) = 'array' AND o.keeps THEN o.wanted ELSE '[]' END)),"
" o.keeps AND (t.dry_run OR coalesce((t.options ->> 'keep_changes')::boolean, (f.content ->> 'keep_changes')::boolean, false))"
" FROM xlsx_private.task t LEFT JOIN xlsx_private.frozen_profile f ON f.id = t.frozen_id,"
" LATERAL (SELECT coalesce(t.options -> 'returning', f.content -> 'returning') AS wanted,"
" coalesce((t.options ->> 'keep_rows')::boolean, (f.content ->> 'keep_rows')::boolean, false) AS keeps) AS o WHERE t.id = $1";

/*
 * What is known of the task
 */

static int64
fact(int column)
{
	bool		null;
	Datum		value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column, &null);

	if (null)
		return 0;
	return SPI_gettypeid(SPI_tuptable->tupdesc, column) == INT8OID ? DatumGetInt64(value) : DatumGetInt32(value);
}

static TextList
fact_texts(int column)
{
	TextList	list = {0};
	bool		null;
	Datum		array = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column, &null);
	Datum	   *items;
	bool	   *nulls;

	if (null)
		return list;
	deconstruct_array(DatumGetArrayTypeP(array), TEXTOID, -1, false, TYPALIGN_INT, &items, &nulls, &list.count);
	list.items = palloc(sizeof(char *) * (size_t) Max(list.count, 1));
	for (int i = 0; i < list.count; i++)
		list.items[i] = nulls[i] ? NULL : TextDatumGetCString(items[i]);
	return list;
}

/* Is the stored file still there? */
static bool
has_file(int64 file)
{
	static PrivateStatement select = {"SELECT FROM xlsx_private.file WHERE id = $1 AND NOT spent", 1, {INT8OID}, NULL};
	Datum		values[] = {Int64GetDatum(file)};

	return file != 0 && private_sql_run(&select, values, NULL, NULL) > 0;
}

/* Returns false when the caller may see no such task. */
static bool
load_facts(ResultBook *result, Datum task)
{
	Oid			types[] = {INT8OID};
	bool		null;

	SPI_execute_with_args(facts_query, 1, types, &task, NULL, true, 1);
	if (SPI_processed == 0)
		return false;
	result->file = fact(1);
	result->file_size = (uint64) fact(2);
	result->sheets = fact_texts(3);
	result->header_row = (uint32) fact(4);
	result->header_rows = (uint32) fact(5);
	result->headers = fact_texts(6);
	result->last_source = (int) fact(7);
	result->returning = fact_texts(8);
	result->changes = DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 9, &null));
	if (result->sheets.count == 0 || !has_file(result->file))
		result->file = 0;
	return true;
}

/*
 * Sheets and their headers
 */

static int
added_columns(const ResultBook *result)
{
	return result->returning.count + 3 + (result->changes ? 1 : 0);
}

static void
begin_row(const ResultBook *result)
{
	XlsxError	error;

	book_file_check(xlsx_writer_row(result->book->writer, &error), &error);
}

static void
write_header(const ResultBook *result)
{
	XlsxWriter *writer = result->book->writer;

	begin_row(result);
	for (int i = 0; i < result->headers.count; i++)
		cell_write_text(writer, result->headers.items[i] != NULL ? result->headers.items[i] : "", XLSX_STYLE_HEADER);
	cell_write_text(writer, "Row Number", XLSX_STYLE_HEADER);
	cell_write_text(writer, "Action", XLSX_STYLE_HEADER);
	for (int i = 0; i < result->returning.count; i++)
		cell_write_text(writer, result->returning.items[i], XLSX_STYLE_HEADER);
	if (result->changes)
		cell_write_text(writer, "Changes", XLSX_STYLE_HEADER);
	cell_write_text(writer, "Error Messages", XLSX_STYLE_HEADER);
}

static void
begin_sheet(const ResultBook *result, const char *name)
{
	uint32		count = (uint32) (result->headers.count + added_columns(result));
	double	   *widths = palloc(sizeof(double) * count);
	XlsxSheetLook look = {.widths = widths, .columns = count, .header = true};
	XlsxError	error;

	for (uint32 i = 0; i < count; i++)
		widths[i] = i < (uint32) result->headers.count ? WIDTH_OWN : i + 1 < count ? WIDTH_ADDED : WIDTH_MESSAGES;
	book_file_check(xlsx_writer_sheet(result->book->writer, text_from_server(name), &look, &error), &error);
	write_header(result);
}

/*
 * A row
 */

static void
write_json(ResultBook *result, const JsonbValue *value)
{
	XlsxWriter *writer = result->book->writer;

	if (value == NULL || value->type == jbvNull)
		xlsx_writer_blank(writer);
	else if (value->type == jbvBool)
		xlsx_writer_boolean(writer, value->val.boolean);
	else if (value->type == jbvNumeric)
		cell_write(&result->number, writer, NumericGetDatum(value->val.numeric), false);
	else if (value->type == jbvString)
		cell_write_cut(writer, pnstrdup(value->val.string.val, (Size) value->val.string.len));
	else
		cell_write_cut(writer, JsonbToCString(NULL, value->val.binary.data, value->val.binary.len));
}

static const JsonbValue *
member_of(const Jsonb *object, const char *name, size_t length, JsonbValue *found)
{
	if (object == NULL || !JB_ROOT_IS_OBJECT(object))
		return NULL;
	return getKeyJsonValueFromContainer((JsonbContainer *) &object->root, name, (int) length, found);
}

/* A value in "price: 1.50 -> 1.75". */
static void
append_json(StringInfo text, const JsonbValue *value)
{
	if (value == NULL || value->type == jbvNull)
		appendStringInfoString(text, "blank");
	else if (value->type == jbvString)
		appendBinaryStringInfo(text, value->val.string.val, value->val.string.len);
	else
	{
		Jsonb	   *json = JsonbValueToJsonb((JsonbValue *) value);

		appendStringInfoString(text, JsonbToCString(NULL, &json->root, (int) VARSIZE(json)));
	}
}

static void
write_changes(ResultBook *result, const ToldRow *told)
{
	StringInfoData text;
	JsonbIterator *it;
	JsonbValue	item;
	JsonbIteratorToken token;

	if (told == NULL || told->old == NULL || !JB_ROOT_IS_OBJECT(told->old))
	{
		xlsx_writer_blank(result->book->writer);
		return;
	}
	initStringInfo(&text);
	it = JsonbIteratorInit(&told->old->root);
	while ((token = JsonbIteratorNext(&it, &item, true)) != WJB_DONE)
	{
		JsonbValue	found;
		JsonbValue	name = item;

		if (token != WJB_KEY)
			continue;
		(void) JsonbIteratorNext(&it, &item, true);
		appendStringInfo(&text, "%s%.*s: ", text.len > 0 ? "; " : "", name.val.string.len, name.val.string.val);
		append_json(&text, &item);
		appendStringInfoString(&text, " -> ");
		append_json(&text, member_of(told->new, name.val.string.val, (size_t) name.val.string.len, &found));
	}
	cell_write_cut(result->book->writer, text.data);
}

/* The columns behind the user's own. */
static void
write_told(ResultBook *result, const ToldRow *told)
{
	XlsxWriter *writer = result->book->writer;

	xlsx_writer_number(writer, row_in_sheet(told->number), XLSX_STYLE_PLAIN);
	cell_write_text(writer, told->action, XLSX_STYLE_PLAIN);
	for (int i = 0; i < result->returning.count; i++)
	{
		const char *name = result->returning.items[i];
		JsonbValue	found;

		write_json(result, member_of(told->returned, name, strlen(name), &found));
	}
	if (result->changes)
		write_changes(result, told);
	if (told->messages != NULL)
		cell_write_cut(writer, told->messages);
}

/* The row of the file; NULL: it is not there. */
static void
write_file_row(ResultBook *result, CellCopier *copier, const XlsxRow *row, const ToldRow *told)
{
	MemoryContext caller = MemoryContextSwitchTo(result->row_context);
	int			own = result->headers.count;
	const XlsxCell **cells = palloc0(sizeof(XlsxCell *) * (size_t) (own + 1));

	for (uint32 i = 0; row != NULL && i < row->count; i++)
		if (row->cells[i].column <= own)
			cells[row->cells[i].column - 1] = &row->cells[i];
	begin_row(result);
	for (int i = 0; i < own; i++)
		cell_copy(copier, cells[i]);
	write_told(result, told);
	MemoryContextSwitchTo(caller);
	MemoryContextReset(result->row_context);
}

/* Without the file: the cells of a row with errors, by column of the profile. */
static void
write_kept_row(ResultBook *result, const ToldRow *told)
{
	MemoryContext caller = MemoryContextSwitchTo(result->row_context);
	XlsxWriter *writer = result->book->writer;

	begin_row(result);
	for (int i = 0; i < result->headers.count; i++)
	{
		char	   *value = i < told->cell_count && !told->cell_nulls[i] ? TextDatumGetCString(told->cells[i]) : NULL;

		if (value == NULL)
			xlsx_writer_blank(writer);
		else if (told->kinds == NULL || told->kinds[i] != ORIGINAL_NUMBER || !cell_write_original_number(writer, value))
			cell_write_cut(writer, value);
	}
	write_told(result, told);
	MemoryContextSwitchTo(caller);
	MemoryContextReset(result->row_context);
}

/*
 * From the file
 */

/* Adds the cells of a row to the headers. */
static void
take_headers(ResultBook *result, const XlsxRow *row)
{
	int			most = XLSX_WRITER_COLUMNS - added_columns(result);

	for (uint32 i = 0; i < row->count; i++)
	{
		const XlsxCell *cell = &row->cells[i];
		char	   *text = cell->kind == XLSX_BLANK ? NULL : check_original(cell, true);
		char	  **header;

		if (text == NULL || cell->column > most)
			continue;
		result->headers.count = Max(result->headers.count, cell->column);
		header = &result->headers.items[cell->column - 1];
		*header = *header == NULL ? text : psprintf("%s / %s", *header, text);
	}
}

/* The user's own columns: those that have a header in the sheet, and those that the import reads. */
static void
expect_headers(ResultBook *result)
{
	result->headers.items = palloc0(sizeof(char *) * XLSX_WRITER_COLUMNS);
	result->headers.count = Min(result->last_source, XLSX_WRITER_COLUMNS - added_columns(result));
}

static const XlsxRow *
next_row(XlsxSheet *sheet)
{
	const XlsxRow *row;
	XlsxError	error;
	XlsxStatus	status = xlsx_sheet_next(sheet, &row, &error);

	CHECK_FOR_INTERRUPTS();
	if (status != XLSX_OK && status != XLSX_DONE)
		workbook_throw(&error);
	return status == XLSX_OK ? row : NULL;
}

/* Is the row that is told next in a sheet, before a row of it? */
static bool
is_told_before(const ResultBook *result, uint32 sheet, uint32 row)
{
	const ToldRow *told = told_row(&result->told);

	return told != NULL && row_sheet(told->number) == sheet && row_in_sheet(told->number) < row;
}

static void
copy_rows(ResultBook *result, CellCopier *copier, XlsxSheet *sheet, uint32 place)
{
	bool		begun = false;
	const XlsxRow *row;

	do
	{
		uint32		number;

		row = next_row(sheet);
		number = row != NULL ? row->number : MOST_ROW_NUMBER;
		if (row != NULL && place == 0 && number >= result->header_row && number < result->header_row + result->header_rows)
			take_headers(result, row);
		if (!begun && (row == NULL || number >= result->header_row + result->header_rows))
			begin_sheet(result, result->sheets.items[place]);
		begun = begun || row == NULL || number >= result->header_row + result->header_rows;
		while (is_told_before(result, place, number))
		{
			write_file_row(result, copier, NULL, told_row(&result->told));
			told_rows_next(&result->told);
		}
		if (row != NULL && is_told_before(result, place, number + 1))
		{
			write_file_row(result, copier, row, told_row(&result->told));
			told_rows_next(&result->told);
		}
	} while (row != NULL);
}

static void
copy_sheet(ResultBook *result, XlsxBook *from, uint32 place)
{
	size_t		index = xlsx_book_find_sheet(from, text_from_server(result->sheets.items[place]));
	XlsxSheet  *sheet;
	CellCopier	copier;
	XlsxError	error;

	if (index == SIZE_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("the stored file has no sheet \"%s\"", result->sheets.items[place])));
	if (xlsx_sheet_open(from, index, &sheet, &error) != XLSX_OK)
		workbook_throw(&error);
	cell_copier_init(&copier, from, result->book->writer);
	copy_rows(result, &copier, sheet, place);
	xlsx_sheet_close(sheet);
}

static void
write_from_file(ResultBook *result)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx book", ALLOCSET_DEFAULT_SIZES);
	XlsxSource	source;
	XlsxBook   *from;

	store_source(&source, result->file, result->file_size, context);
	from = workbook_open(&source, context);
	expect_headers(result);
	for (int place = 0; place < result->sheets.count; place++)
		copy_sheet(result, from, (uint32) place);
	MemoryContextDelete(context);
}

/*
 * Without the file
 */

static void
write_from_rows(ResultBook *result)
{
	const ToldRow *told = told_row(&result->told);
	uint32		place = told != NULL ? row_sheet(told->number) : 0;
	bool		begun = false;

	do
	{
		if (!begun || (told != NULL && row_sheet(told->number) != place))
		{
			place = told != NULL ? row_sheet(told->number) : 0;
			begin_sheet(result, place < (uint32) result->sheets.count ? result->sheets.items[place] : SHEET_WITHOUT_FILE);
			begun = true;
		}
		if (told == NULL)
			break;
		CHECK_FOR_INTERRUPTS();
		write_kept_row(result, told);
		told_rows_next(&result->told);
		told = told_row(&result->told);
	} while (told != NULL);
}

/*
 * The functions
 */

/* Writes the result of the task in the first argument. Returns false when the caller may see no such task. */
static bool
make_book(FunctionCallInfo fcinfo, BookFile *book)
{
	Datum		task = PG_GETARG_DATUM(0);
	ResultBook	result = {.book = book};
	int			level = NewGUCNestLevel();
	bool		found;

	book_file_open(book);
	result.row_context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx result row", ALLOCSET_DEFAULT_SIZES);
	cell_column_init(&result.number, NUMERICOID, -1, book->writer);
	query_set_option("search_path", "pg_catalog, pg_temp");
	SPI_connect();
	found = load_facts(&result, task);
	told_rows_open(&result.told, DatumGetInt64(task));
	if (result.file != 0)
		write_from_file(&result);
	else
		write_from_rows(&result);
	SPI_finish();
	AtEOXact_GUC(true, level);
	book_file_finish(book);
	return found;
}

Datum
pg_xlsx_result_workbook(PG_FUNCTION_ARGS)
{
	BookFile	book;

	if (make_book(fcinfo, &book))
		PG_RETURN_BYTEA_P(book_file_bytes(&book, "xlsx.result_workbook_chunks"));
	FileClose(book.file);
	PG_RETURN_NULL();
}

Datum
pg_xlsx_result_workbook_chunks(PG_FUNCTION_ARGS)
{
	return book_file_chunks(fcinfo, make_book);
}
