/*
 * write.c
 *	  Writes the rows of a query into a workbook.
 */
#include "pg/pg_xlsx.h"

#include "access/xact.h"
#include "files/book_file.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "pg/query.h"
#include "pg/text_encoding.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "writing/written_cell.h"

PG_FUNCTION_INFO_V1(pg_xlsx_write);
PG_FUNCTION_INFO_V1(pg_xlsx_write_chunks);

/* A query while it is written into a workbook. */
typedef struct Writing
{
	BookFile   *book;
	const char *sheet;			/* name of the first sheet */
	int			sheets;			/* it has been begun */
	bool		header;
	int			count;			/* number of columns */
	char	  **labels;			/* of the columns */
	CellColumn *columns;
	double	   *widths;
} Writing;

/*
 * Arguments
 */

static char *
query_argument(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("query must not be null")));
	return text_to_cstring(PG_GETARG_TEXT_PP(0));
}

static const char *
sheet_argument(FunctionCallInfo fcinfo)
{
	char	   *name = PG_XLSX_GETARG_STRING(1, "Sheet1");

	if (!xlsx_writer_name_is_good(text_from_server(name)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("\"%s\" cannot be the name of a sheet", name),
				 errdetail("It has 1 to 31 characters, none of []:*?/\\, and neither begins nor ends with an apostrophe.")));
	return name;
}

/* Replaces names of columns by the labels in {"column": "label"}. */
static void
apply_labels(Writing *writing, Jsonb *labels)
{
	JsonbIterator *iterator = JsonbIteratorInit(&labels->root);
	JsonbValue	value;
	JsonbIteratorToken token = JsonbIteratorNext(&iterator, &value, true);
	char	   *name = NULL;
	bool		known = false;

	if (token != WJB_BEGIN_OBJECT)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("headers must be a JSON object"),
				 errhint("Write it as {\"bio_id\": \"Bio-ID\"}.")));
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			name = pnstrdup(value.val.string.val, value.val.string.len);
		if (token != WJB_VALUE)
			continue;
		known = false;
		for (int i = 0; i < writing->count; i++)
		{
			if (value.type != jbvString || strcmp(writing->labels[i], name) != 0)
				continue;
			writing->labels[i] = pnstrdup(value.val.string.val, value.val.string.len);
			known = true;
			break;
		}
		if (!known)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("headers cannot label column \"%s\"", name),
					 errdetail("The query has no such column, or the label is not a string.")));
	}
}

/*
 * Sheets
 */

/* "Name (2)", shortened to fit. */
static char *
sheet_name(const Writing *writing)
{
	char	   *suffix = psprintf(" (%d)", writing->sheets + 1);
	char	   *utf8 = text_from_server(writing->sheet);
	size_t		length = strlen(utf8);
	char	   *name = utf8;

	while (writing->sheets > 0 && !xlsx_writer_name_is_good(name = psprintf("%.*s%s", (int) length, utf8, suffix)))
		length = (size_t) pg_encoding_mbcliplen(PG_UTF8, utf8, (int) length, (int) length - 1);
	return name;
}

static void
begin_row(Writing *writing)
{
	XlsxError	error;

	book_file_check(xlsx_writer_row(writing->book->writer, &error), &error);
}

static void
begin_sheet(Writing *writing)
{
	XlsxSheetLook look = {.widths = writing->widths, .columns = (uint32) writing->count, .header = writing->header};
	XlsxError	error;

	book_file_check(xlsx_writer_sheet(writing->book->writer, sheet_name(writing), &look, &error), &error);
	writing->sheets++;
	if (!writing->header)
		return;
	begin_row(writing);
	for (int i = 0; i < writing->count; i++)
		cell_write_text(writing->book->writer, writing->labels[i], XLSX_STYLE_HEADER);
}

static void
describe_columns(Writing *writing, TupleDesc descriptor)
{
	writing->count = descriptor->natts;
	writing->labels = palloc(sizeof(char *) * (size_t) writing->count);
	writing->columns = palloc(sizeof(CellColumn) * (size_t) writing->count);
	writing->widths = palloc(sizeof(double) * (size_t) writing->count);
	for (int i = 0; i < writing->count; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(descriptor, i);

		writing->labels[i] = pstrdup(NameStr(attribute->attname));
		cell_column_init(&writing->columns[i], attribute->atttypid, attribute->atttypmod, writing->book->writer);
	}
}

static void
set_widths(Writing *writing)
{
	for (int i = 0; i < writing->count; i++)
		writing->widths[i] = cell_column_width(writing->columns[i].width, writing->labels[i]);
}

/*
 * Rows
 */

static void
write_row(void *argument, HeapTuple tuple, TupleDesc descriptor)
{
	Writing    *writing = argument;

	if (xlsx_writer_sheet_is_full(writing->book->writer))
		begin_sheet(writing);
	begin_row(writing);
	for (int i = 0; i < writing->count; i++)
	{
		bool		null;
		Datum		value = SPI_getbinval(tuple, descriptor, i + 1, &null);

		cell_write(&writing->columns[i], writing->book->writer, value, null);
	}
}

static Portal
open_query(const char *query)
{
	SPIPlanPtr	plan = SPI_prepare(query, 0, NULL);

	if (plan == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("query cannot be prepared: %s", SPI_result_code_string(SPI_result))));
	return SPI_cursor_open(NULL, plan, NULL, NULL, false);
}

static bool
make_book(FunctionCallInfo fcinfo, BookFile *book)
{
	Writing		writing = {.book = book, .sheet = sheet_argument(fcinfo), .header = PG_ARGISNULL(3) || PG_GETARG_BOOL(3)};
	char	   *query = query_argument(fcinfo);
	Jsonb	   *labels = PG_ARGISNULL(2) ? NULL : PG_GETARG_JSONB_P(2);
	bool		read_only = XactReadOnly;
	Portal		cursor;

	/*
	 * Makes the transaction read-only, so that not even a function in the query may write. After
	 * an error, the abort of the (sub)transaction restores it.
	 */
	XactReadOnly = true;
	book_file_open(book);
	SPI_connect();
	cursor = open_query(query);
	describe_columns(&writing, cursor->tupDesc);
	if (labels != NULL)
		apply_labels(&writing, labels);
	set_widths(&writing);
	begin_sheet(&writing);
	query_each(cursor, write_row, &writing);
	SPI_finish();
	XactReadOnly = read_only;
	book_file_finish(book);
	return true;
}

Datum
pg_xlsx_write(PG_FUNCTION_ARGS)
{
	BookFile	book;

	(void) make_book(fcinfo, &book);
	PG_RETURN_BYTEA_P(book_file_bytes(&book, "xlsx.write_chunks"));
}

Datum
pg_xlsx_write_chunks(PG_FUNCTION_ARGS)
{
	return book_file_chunks(fcinfo, make_book);
}
