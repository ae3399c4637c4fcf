/*
 * read.c
 *	  Functions that return the contents of a workbook as rows.
 */
#include "pg/pg_xlsx.h"

#include "core/ref.h"
#include "files/range.h"
#include "files/workbook.h"
#include "fmgr.h"
#include "funcapi.h"
#include "functions/sheet_arguments.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "pg/text_encoding.h"
#include "reading/rows.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(pg_xlsx_sheets);
PG_FUNCTION_INFO_V1(pg_xlsx_cells);
PG_FUNCTION_INFO_V1(pg_xlsx_first_cells);

static const char *const kind_names[] = {"blank", "number", "text", "bool", "date", "error", "no_value"};

Datum
pg_xlsx_sheets(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	XlsxBook   *book;

	InitMaterializedSRF(fcinfo, 0);
	book = sheet_arguments_book(fcinfo, 0);
	for (size_t i = 0; i < xlsx_book_sheet_count(book); i++)
	{
		const XlsxSheetInfo *info = xlsx_book_sheet(book, i);
		Datum		values[3] = {
			Int32GetDatum((int32) i + 1),
			CStringGetTextDatum(workbook_sheet_name(book, i)),
			CStringGetTextDatum(info->state == XLSX_SHEET_VISIBLE ? "visible" : "hidden")
		};
		bool		nulls[3] = {false, false, false};

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* The arguments of xlsx.cells, and where its rows go. */
typedef struct CellDump
{
	Tuplestorestate *store;
	TupleDesc	desc;
	XlsxRange	range;
	int64		rows_left;		/* rows of the sheet with cells in the range */
	MemoryContext row_context;	/* reset after each row */
	StringInfoData text;
} CellDump;

static Datum
text_value(const XlsxCell *cell, uint32 row)
{
	size_t		length;
	bool		valid;
	const char *value = text_to_server(cell->text, cell->length, &length, &valid);
	char		place[19];

	xlsx_ref_cell(row, cell->column, place);
	if (!valid)
		ereport(ERROR,
				(errcode(ERRCODE_UNTRANSLATABLE_CHARACTER),
				 errmsg("cell %s holds characters that a database cannot keep", place),
				 GetDatabaseEncoding() != PG_UTF8 ? errdetail("The encoding of the database is %s.", GetDatabaseEncodingName()) : 0));
	return PointerGetDatum(cstring_to_text_with_len(value, (int) length));
}

static Datum
cell_value(CellDump *dump, const XlsxCell *cell, uint32 row)
{
	size_t		needed;

	if (cell->kind == XLSX_TEXT || cell->kind == XLSX_ERROR)
		return text_value(cell, row);
	resetStringInfo(&dump->text);
	needed = xlsx_cell_text(cell, dump->text.data, (size_t) dump->text.maxlen);
	Assert(needed < (size_t) dump->text.maxlen);
	return PointerGetDatum(cstring_to_text_with_len(dump->text.data, (int) needed));
}

static void
put_row(CellDump *dump, int32 sheet, const XlsxRow *row)
{
	MemoryContext caller = MemoryContextSwitchTo(dump->row_context);
	bool		any = false;

	for (uint32 i = 0; i < row->count; i++)
	{
		const XlsxCell *cell = &row->cells[i];
		char		letters[8];
		Datum		values[5];
		bool		nulls[5] = {false};

		if (cell->column < dump->range.first_column || cell->column > dump->range.last_column)
			continue;
		xlsx_ref_column(cell->column, letters);
		values[0] = Int32GetDatum(sheet);
		values[1] = Int32GetDatum((int32) row->number);
		values[2] = CStringGetTextDatum(letters);
		values[3] = CStringGetTextDatum(kind_names[cell->kind]);
		nulls[4] = cell->kind == XLSX_NO_VALUE;
		values[4] = nulls[4] ? (Datum) 0 : cell_value(dump, cell, row->number);
		tuplestore_putvalues(dump->store, dump->desc, values, nulls);
		any = true;
	}
	dump->rows_left -= any;
	MemoryContextSwitchTo(caller);
	MemoryContextReset(dump->row_context);
}

static void
put_sheet(CellDump *dump, XlsxBook *book, size_t index)
{
	XlsxError	error;
	XlsxSheet  *sheet;
	const XlsxRow *row;
	XlsxStatus	status = xlsx_sheet_open(book, index, &sheet, &error);

	while (dump->rows_left > 0 && status == XLSX_OK && (status = xlsx_sheet_next(sheet, &row, &error)) == XLSX_OK &&
		   row->number <= dump->range.last_row)
	{
		CHECK_FOR_INTERRUPTS();
		if (row->number >= dump->range.first_row)
			put_row(dump, (int32) index + 1, row);
	}
	if (status != XLSX_OK && status != XLSX_DONE)
		workbook_throw(&error);
	xlsx_sheet_close(sheet);
}

/* Opens the workbook of the first argument and returns all its cells. */
static XlsxBook *
begin_dump(FunctionCallInfo fcinfo, CellDump *dump)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	XlsxBook   *book = sheet_arguments_book(fcinfo, 0);

	*dump = (CellDump) {
		.store = result->setResult,.desc = result->setDesc,.range = range_parse(NULL),.rows_left = PG_INT64_MAX,
		.row_context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx row", ALLOCSET_DEFAULT_SIZES)
	};
	initStringInfo(&dump->text);
	return book;
}

Datum
pg_xlsx_cells(PG_FUNCTION_ARGS)
{
	XlsxBook   *book;
	XlsxRange	range;
	CellDump	dump;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	range = sheet_arguments_range(fcinfo, 2);
	book = begin_dump(fcinfo, &dump);
	dump.range = range;
	if (!PG_ARGISNULL(1))
		put_sheet(&dump, book, workbook_find_sheet(book, text_to_cstring(PG_GETARG_TEXT_PP(1))));
	else
		for (size_t i = 0; i < xlsx_book_sheet_count(book); i++)
			put_sheet(&dump, book, i);
	return (Datum) 0;
}

/* file, sheet, row after which to begin, number of rows */
Datum
pg_xlsx_first_cells(PG_FUNCTION_ARGS)
{
	XlsxBook   *book;
	CellDump	dump;

	InitMaterializedSRF(fcinfo, 0);
	book = begin_dump(fcinfo, &dump);
	dump.range.first_row = (uint32) Max(PG_GETARG_INT32(2), 0) + 1;
	dump.rows_left = PG_GETARG_INT32(3);
	put_sheet(&dump, book, workbook_find_sheet(book, text_to_cstring(PG_GETARG_TEXT_PP(1))));
	return (Datum) 0;
}
