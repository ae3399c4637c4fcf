/*
 * sheet_arguments.c
 *	  The arguments that all functions over one sheet share.
 */
#include "functions/sheet_arguments.h"

#include "files/file_value.h"
#include "files/range.h"
#include "files/workbook.h"
#include "profile/option_checks.h"
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

void
sheet_arguments_more(FunctionCallInfo fcinfo, int first, RowsOptions *options)
{
	if (!PG_ARGISNULL(first))
		option_check_header_rows(psprintf("%d", PG_GETARG_INT32(first)));
	options->header_rows = PG_ARGISNULL(first) ? 1 : PG_GETARG_INT32(first);
	options->fill_merged = !PG_ARGISNULL(first + 1) && PG_GETARG_BOOL(first + 1);
	options->skip_hidden = !PG_ARGISNULL(first + 2) && PG_GETARG_BOOL(first + 2);
}

void
sheet_arguments_get(FunctionCallInfo fcinfo, int more, SheetArguments *arguments)
{
	RowsOptions options = {.sheet = PG_XLSX_GETARG_STRING(1, NULL),.range = PG_XLSX_GETARG_STRING(2, NULL)};
	HeaderRow	wanted = sheet_arguments_header(fcinfo, 3);

	(void) range_parse(options.range);
	sheet_arguments_more(fcinfo, more, &options);
	arguments->book = sheet_arguments_book(fcinfo, 0);
	arguments->rows = rows_open(arguments->book, &options);
	rows_guess_header(arguments->rows, wanted, &arguments->header);
}
