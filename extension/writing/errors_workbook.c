/*
 * errors_workbook.c
 *	  Writes the rows that were not saved into a workbook.
 */
#include "pg/pg_xlsx.h"

#include "catalog/pg_type.h"
#include "check/cell_text.h"
#include "files/book_file.h"
#include "fmgr.h"
#include "pg/query.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "writing/written_cell.h"

PG_FUNCTION_INFO_V1(pg_xlsx_errors_workbook);
PG_FUNCTION_INFO_V1(pg_xlsx_errors_workbook_chunks);

#define WIDTH_NUMBER 12
#define WIDTH_VALUE 20
#define WIDTH_MESSAGES 60

typedef struct ErrorsBook
{
	BookFile   *book;
	int			columns;		/* of the profile */
	Datum	   *headers;		/* NULL when the profile has been deleted */
	bool	   *nulls;
	int64		rows;
} ErrorsBook;

/* Runs as the caller, so row-level security decides which rows there are. */
static const char errors_query[] =
"SELECT xlsx_private.row_in_sheet(e.row_number), e.cells, e.kinds, (SELECT coalesce(t.found_sheets[xlsx_private.row_sheet(e.row_number)] || ': ', '') ||"
" string_agg(v.item ->> 'message', '; ' ORDER BY v.position)"
" FROM pg_catalog.jsonb_array_elements(e.violations) WITH ORDINALITY AS v (item, position))"
" FROM xlsx_private.error_row e JOIN xlsx_private.task t ON t.id = e.task_id WHERE e.task_id = $1 ORDER BY e.page, e.row_number";

static const char headers_query[] =
"SELECT f.headers FROM xlsx_private.task t LEFT JOIN xlsx_private.frozen_profile f ON f.id = t.frozen_id WHERE t.id = $1";

static void
begin_row(ErrorsBook *errors)
{
	XlsxError	error;

	book_file_check(xlsx_writer_row(errors->book->writer, &error), &error);
}

/* Finds the sheet and the header row of the task. */
static void
begin_sheet(ErrorsBook *errors)
{
	XlsxWriter *writer = errors->book->writer;
	uint32		count = (uint32) errors->columns + 2;
	double	   *widths = palloc(sizeof(double) * count);
	XlsxSheetLook look = {.widths = widths, .columns = count, .header = true};
	XlsxError	error;

	for (uint32 i = 0; i < count; i++)
		widths[i] = i == 0 ? WIDTH_NUMBER : i + 1 < count ? WIDTH_VALUE : WIDTH_MESSAGES;
	book_file_check(xlsx_writer_sheet(writer, "Validation Errors", &look, &error), &error);
	begin_row(errors);
	cell_write_text(writer, "Row Number", XLSX_STYLE_HEADER);
	for (int i = 0; i < errors->columns; i++)
		cell_write_text(writer, errors->nulls[i] ? "" : TextDatumGetCString(errors->headers[i]), XLSX_STYLE_HEADER);
	cell_write_text(writer, "Error Messages", XLSX_STYLE_HEADER);
}

static void
write_cut(XlsxWriter *writer, Datum value, bool null)
{
	if (null)
		xlsx_writer_blank(writer);
	else
		cell_write_cut(writer, TextDatumGetCString(value));
}

static void
write_value(XlsxWriter *writer, Datum value, bool null, bool number)
{
	if (null || !number || !cell_write_original_number(writer, TextDatumGetCString(value)))
		write_cut(writer, value, null);
}

static void
write_row(void *argument, HeapTuple tuple, TupleDesc descriptor)
{
	ErrorsBook *errors = argument;
	XlsxWriter *writer = errors->book->writer;
	bool		null;
	Datum		number = SPI_getbinval(tuple, descriptor, 1, &null);
	Datum		cells = SPI_getbinval(tuple, descriptor, 2, &null);
	char	   *kinds = SPI_getvalue(tuple, descriptor, 3);
	Datum		messages = SPI_getbinval(tuple, descriptor, 4, &null);
	Datum	   *values;
	bool	   *nulls;
	int			count;

	errors->rows++;
	begin_row(errors);
	deconstruct_array(DatumGetArrayTypeP(cells), TEXTOID, -1, false, TYPALIGN_INT, &values, &nulls, &count);
	xlsx_writer_number(writer, DatumGetInt32(number), XLSX_STYLE_PLAIN);
	/* The profile may have got or lost columns since the import. */
	for (int i = 0; i < errors->columns; i++)
		write_value(writer, i < count ? values[i] : (Datum) 0, i >= count || nulls[i], i < count && kinds[i] == ORIGINAL_NUMBER);
	write_cut(writer, messages, null);
}

static void
load_headers(ErrorsBook *errors, Datum task)
{
	Oid			types[] = {INT8OID};
	bool		null = true;
	Datum		array = (Datum) 0;

	SPI_execute_with_args(headers_query, 1, types, &task, NULL, true, 1);
	if (SPI_processed > 0)
		array = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &null);
	if (!null)
		deconstruct_array(DatumGetArrayTypeP(array), TEXTOID, -1, false, TYPALIGN_INT, &errors->headers,
						  &errors->nulls, &errors->columns);
}

/* Writes the errors of the task in the first argument. Returns false when the caller may see no such task. */
static bool
make_book(FunctionCallInfo fcinfo, BookFile *book)
{
	Datum		task = PG_GETARG_DATUM(0);
	ErrorsBook	errors = {.book = book};
	Oid			types[] = {INT8OID};
	Portal		cursor;
	int			level = NewGUCNestLevel();

	book_file_open(book);
	query_set_option("search_path", "pg_catalog, pg_temp");
	SPI_connect();
	load_headers(&errors, task);
	begin_sheet(&errors);
	cursor = SPI_cursor_open_with_args(NULL, errors_query, 1, types, &task, NULL, true, 0);
	query_each(cursor, write_row, &errors);
	SPI_finish();
	AtEOXact_GUC(true, level);
	book_file_finish(book);
	return errors.rows > 0;
}

Datum
pg_xlsx_errors_workbook(PG_FUNCTION_ARGS)
{
	BookFile	book;

	if (make_book(fcinfo, &book))
		PG_RETURN_BYTEA_P(book_file_bytes(&book, "xlsx.errors_workbook_chunks"));
	FileClose(book.file);
	PG_RETURN_NULL();
}

Datum
pg_xlsx_errors_workbook_chunks(PG_FUNCTION_ARGS)
{
	return book_file_chunks(fcinfo, make_book);
}
