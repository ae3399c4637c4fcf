/*
 * sheet_arguments.c
 *	  The arguments that all functions over one sheet share.
 */
#include "functions/sheet_arguments.h"

#include "files/file_value.h"
#include "files/range.h"
#include "files/workbook.h"
#include "reading/rows.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

XlsxBook *
sheet_arguments_book(FunctionCallInfo fcinfo, int argument)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx book", ALLOCSET_DEFAULT_SIZES);
	XlsxSource	source;

	file_value_source(PG_GETARG_DATUM(argument), &source, CurrentMemoryContext);
	return workbook_open(&source, context);
}

XlsxRange
sheet_arguments_range(FunctionCallInfo fcinfo, int argument)
{
	return range_parse(PG_XLSX_GETARG_STRING(argument, NULL));
}

HeaderRow
sheet_arguments_header(FunctionCallInfo fcinfo, int argument)
{
	const char *given = PG_XLSX_GETARG_STRING(argument, "auto");
	HeaderRow	wanted;

	if (!header_row_parse(given, &wanted))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" is not a header row", given),
				 errhint("Write \"auto\", \"first\", \"none\" or the number of the row.")));
	return wanted;
}

/* The number of a row in the sheet; 0 when there is none. */
static uint32
header_row_of(HeaderRow wanted, const SheetArguments *arguments)
{
	if (wanted.kind == HEADER_ROW_AUTO)
		return header_row_guess(arguments->book, arguments->index, &arguments->range);
	if (wanted.kind == HEADER_ROW_FIRST)
		return header_row_first(arguments->book, arguments->index, &arguments->range);
	return wanted.number;
}

void
sheet_arguments_get(FunctionCallInfo fcinfo, SheetArguments *arguments)
{
	char	   *sheet = PG_XLSX_GETARG_STRING(1, NULL);

	arguments->range = sheet_arguments_range(fcinfo, 2);
	arguments->book = sheet_arguments_book(fcinfo, 0);
	arguments->index = workbook_find_sheet(arguments->book, sheet);
	arguments->header_row = header_row_of(sheet_arguments_header(fcinfo, 3), arguments);
}
