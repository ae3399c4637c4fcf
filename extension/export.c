/*
 * export.c
 *	  The rows that were not saved, as a workbook.
 *
 * The workbook is written row by row to a temporary file (libxlsxwriter in
 * constant memory), so its size does not show in memory; the file goes with the
 * transaction.
 */
#include "pg_xlsx.h"

#include <sys/stat.h>
#include <xlsxwriter.h>

#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/wait_event.h"

PG_FUNCTION_INFO_V1(pg_xlsx_errors_workbook);
PG_FUNCTION_INFO_V1(pg_xlsx_errors_workbook_chunks);

/* Rows fetched from the cursor at a time. */
#define FETCH_ROWS 500

/* Longest text of a cell in UTF-16 units (ECMA-376 leaves it open; Excel and libxlsxwriter do not). */
#define MAX_CELL_CHARACTERS 32767

#define WIDTH_NUMBER 12
#define WIDTH_VALUE 20
#define WIDTH_MESSAGES 60
#define HEADER_COLOR 0x4472C4

/* A workbook on its way into a temporary file. */
typedef struct ErrorsBook
{
	File		file;
	lxw_workbook *book;
	lxw_worksheet *sheet;
	int			columns;		/* of the profile */
	lxw_row_t	row;			/* last one written */
} ErrorsBook;

/* Runs as the caller: row-level security decides what there is. */
static const char errors_query[] =
"SELECT e.row_number, e.cells, (SELECT string_agg(v.item ->> 'message', '; ' ORDER BY v.position)"
" FROM pg_catalog.jsonb_array_elements(e.violations) WITH ORDINALITY AS v (item, position))"
" FROM xlsx_private.error_row e WHERE e.task_id = $1 ORDER BY e.row_number";

static const char headers_query[] =
"SELECT p.headers FROM xlsx_private.task t LEFT JOIN xlsx.profiles p ON p.id = t.profile_id WHERE t.id = $1";

/* A cut at a character when the text is longer than a cell may be. */
static char *
cell_text(Datum value)
{
	char	   *stored = TextDatumGetCString(value);
	char	   *utf8 = pg_server_to_any(stored, (int) strlen(stored), PG_UTF8);
	size_t		length = strlen(utf8);

	if (length > MAX_CELL_CHARACTERS)
		utf8[pg_encoding_mbcliplen(PG_UTF8, utf8, (int) length, MAX_CELL_CHARACTERS)] = '\0';
	return utf8;
}

static void
check_write(lxw_error error)
{
	if (error != LXW_NO_ERROR)
		ereport(ERROR,
				(errcode(ERRCODE_IO_ERROR),
				 errmsg("could not write the errors workbook"),
				 errdetail("%s.", lxw_strerror(error))));
}

static void
write_header(ErrorsBook *errors, Datum *headers, bool *nulls)
{
	lxw_format *format = workbook_add_format(errors->book);
	lxw_col_t	last = (lxw_col_t) (errors->columns + 1);

	format_set_bold(format);
	format_set_font_color(format, LXW_COLOR_WHITE);
	format_set_bg_color(format, HEADER_COLOR);
	worksheet_set_column(errors->sheet, 0, 0, WIDTH_NUMBER, NULL);
	if (errors->columns > 0)
		worksheet_set_column(errors->sheet, 1, (lxw_col_t) errors->columns, WIDTH_VALUE, NULL);
	worksheet_set_column(errors->sheet, last, last, WIDTH_MESSAGES, NULL);
	worksheet_freeze_panes(errors->sheet, 1, 0);
	check_write(worksheet_write_string(errors->sheet, 0, 0, "Row Number", format));
	for (int i = 0; i < errors->columns; i++)
		if (!nulls[i])
			check_write(worksheet_write_string(errors->sheet, 0, (lxw_col_t) (i + 1), cell_text(headers[i]), format));
	check_write(worksheet_write_string(errors->sheet, 0, last, "Error Messages", format));
}

static void
write_row(ErrorsBook *errors, HeapTuple tuple, TupleDesc descriptor)
{
	bool		null;
	Datum		number = SPI_getbinval(tuple, descriptor, 1, &null);
	Datum		cells = SPI_getbinval(tuple, descriptor, 2, &null);
	Datum		messages;
	Datum	   *values;
	bool	   *nulls;
	int			count;

	errors->row++;
	deconstruct_array(DatumGetArrayTypeP(cells), TEXTOID, -1, false, TYPALIGN_INT, &values, &nulls, &count);
	check_write(worksheet_write_number(errors->sheet, errors->row, 0, DatumGetInt32(number), NULL));
	for (int i = 0; i < count && i < errors->columns; i++)
		if (!nulls[i])
			check_write(worksheet_write_string(errors->sheet, errors->row, (lxw_col_t) (i + 1), cell_text(values[i]), NULL));
	messages = SPI_getbinval(tuple, descriptor, 3, &null);
	if (!null)
		check_write(worksheet_write_string(errors->sheet, errors->row, (lxw_col_t) (errors->columns + 1),
										   cell_text(messages), NULL));
}

static void
write_rows(ErrorsBook *errors, Portal cursor)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx export row", ALLOCSET_DEFAULT_SIZES);

	for (;;)
	{
		SPI_cursor_fetch(cursor, true, FETCH_ROWS);
		if (SPI_processed == 0)
			break;
		for (uint64 i = 0; i < SPI_processed; i++)
		{
			MemoryContext caller = MemoryContextSwitchTo(context);

			CHECK_FOR_INTERRUPTS();
			write_row(errors, SPI_tuptable->vals[i], SPI_tuptable->tupdesc);
			MemoryContextSwitchTo(caller);
			MemoryContextReset(context);
		}
		SPI_freetuptable(SPI_tuptable);
	}
	MemoryContextDelete(context);
}

/* Headers of the task's profile; the number of columns is right even when the profile is gone. */
static void
start_sheet(ErrorsBook *errors, Datum task)
{
	Oid			types[] = {INT8OID};
	Datum	   *headers = NULL;
	bool	   *nulls = NULL;
	bool		null = true;
	Datum		array = (Datum) 0;

	SPI_execute_with_args(headers_query, 1, types, &task, NULL, true, 1);
	if (SPI_processed > 0)
		array = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &null);
	if (!null)
		deconstruct_array(DatumGetArrayTypeP(array), TEXTOID, -1, false, TYPALIGN_INT, &headers, &nulls,
						  &errors->columns);
	write_header(errors, headers, nulls);
}

static void
fill_book(ErrorsBook *errors, Datum task)
{
	Oid			types[] = {INT8OID};
	Portal		cursor;

	errors->sheet = workbook_add_worksheet(errors->book, "Validation Errors");
	start_sheet(errors, task);
	cursor = SPI_cursor_open_with_args(NULL, errors_query, 1, types, &task, NULL, true, 0);
	write_rows(errors, cursor);
	SPI_cursor_close(cursor);
	worksheet_autofilter(errors->sheet, 0, 0, errors->row, (lxw_col_t) (errors->columns + 1));
}

/*
 * Writes the workbook of a task's errors into a temporary file of the
 * transaction. False when the caller sees no error rows.
 */
static bool
write_book(Datum task, ErrorsBook *errors)
{
	lxw_workbook_options options = {.constant_memory = LXW_TRUE};
	lxw_error	result;

	memset(errors, 0, sizeof(*errors));
	errors->file = OpenTemporaryFile(false);
	SPI_connect();
	/* libxlsxwriter writes over the file by its name, relative to the data directory. */
	errors->book = workbook_new_opt(FilePathName(errors->file), &options);
	PG_TRY();
	{
		fill_book(errors, task);
	}
	PG_CATCH();
	{
		lxw_workbook_free(errors->book);
		PG_RE_THROW();
	}
	PG_END_TRY();
	result = workbook_close(errors->book);
	check_write(result);
	SPI_finish();
	return errors->row > 0;
}

/* Reads a piece of the file; NULL at its end. */
static bytea *
read_chunk(File file, off_t offset, size_t size)
{
	bytea	   *chunk = palloc(size + VARHDRSZ);
	int			got = FileRead(file, VARDATA(chunk), (int) size, offset, WAIT_EVENT_BUFFILE_READ);

	if (got < 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not read the errors workbook: %m")));
	SET_VARSIZE(chunk, (size_t) got + VARHDRSZ);
	return got > 0 ? chunk : NULL;
}

Datum
pg_xlsx_errors_workbook(PG_FUNCTION_ARGS)
{
	ErrorsBook	errors;
	off_t		size;
	bytea	   *workbook;

	if (!write_book(PG_GETARG_DATUM(0), &errors))
	{
		FileClose(errors.file);
		PG_RETURN_NULL();
	}
	size = FileSize(errors.file);
	if (size < 0 || (Size) size > MaxAllocSize - VARHDRSZ)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the errors workbook is too large for one value"),
				 errhint("Use xlsx.errors_workbook_chunks.")));
	workbook = read_chunk(errors.file, 0, (size_t) size);
	FileClose(errors.file);
	PG_RETURN_BYTEA_P(workbook);
}

/* Where a set of chunks is. */
typedef struct ChunkReader
{
	File		file;
	off_t		offset;
} ChunkReader;

/* Called at the end of the query, also of one that did not want all chunks; an abort closes the file by itself. */
static void
close_reader(Datum reader)
{
	FileClose(((ChunkReader *) DatumGetPointer(reader))->file);
}

Datum
pg_xlsx_errors_workbook_chunks(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	FuncCallContext *call;
	ChunkReader *reader;
	bytea	   *chunk = NULL;

	if (SRF_IS_FIRSTCALL())
	{
		MemoryContext caller;
		ErrorsBook	errors;
		bool		any;

		call = SRF_FIRSTCALL_INIT();
		caller = MemoryContextSwitchTo(call->multi_call_memory_ctx);
		reader = palloc0(sizeof(ChunkReader));
		call->user_fctx = reader;
		any = write_book(PG_GETARG_DATUM(0), &errors);
		reader->file = errors.file;
		RegisterExprContextCallback(result->econtext, close_reader, PointerGetDatum(reader));
		MemoryContextSwitchTo(caller);
		if (!any)
			reader->offset = FileSize(reader->file);	/* nothing to give */
	}
	call = SRF_PERCALL_SETUP();
	reader = call->user_fctx;
	chunk = read_chunk(reader->file, reader->offset, PG_XLSX_CHUNK_BYTES);
	if (chunk == NULL)
	{
		/* The reader goes with the set. */
		UnregisterExprContextCallback(result->econtext, close_reader, PointerGetDatum(reader));
		close_reader(PointerGetDatum(reader));
		SRF_RETURN_DONE(call);
	}
	reader->offset += (off_t) VARSIZE_ANY_EXHDR(chunk);
	SRF_RETURN_NEXT(call, PointerGetDatum(chunk));
}
