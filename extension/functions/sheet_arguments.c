/*
 * sheet_arguments.c
 *	  The arguments that functions over one sheet have in common.
 */
#include "functions/sheet_arguments.h"

#include "files/file_value.h"
#include "files/range.h"
#include "files/workbook.h"
#include "profile/header_row.h"
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

const char *
sheet_arguments_header(FunctionCallInfo fcinfo, int argument)
{
	const char *wanted = PG_XLSX_GETARG_STRING(argument, "auto");
	uint32		row;
	uint32		column;

	if (strcmp(wanted, "auto") != 0 && strcmp(wanted, "none") != 0 && strcmp(wanted, "first") != 0 &&
		(!xlsx_ref_parse(wanted, strlen(wanted), &row, &column) || row == 0 || column != 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" is not a header row", wanted),
				 errhint("Write \"auto\", \"first\", \"none\" or the number of the row.")));
	return wanted;
}

/* The row that the text names. */
static uint32
header_row_of(const char *wanted, const SheetArguments *arguments)
{
	if (strcmp(wanted, "none") == 0)
		return 0;
	if (strcmp(wanted, "auto") == 0)
		return header_row_guess(arguments->book, arguments->index, &arguments->range);
	if (strcmp(wanted, "first") == 0)
		return header_row_first(arguments->book, arguments->index, &arguments->range);
	return (uint32) atoi(wanted);
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
