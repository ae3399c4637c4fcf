/*
 * sheet_arguments.c
 *	  The arguments that functions over one sheet have in common.
 */
#include "sheet_arguments.h"

#include "file_value.h"
#include "glue.h"
#include "header_row.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

XlsxBook *
sheet_arguments_book(FunctionCallInfo fcinfo, int argument)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx book", ALLOCSET_DEFAULT_SIZES);
	XlsxSource	source;

	file_value_source(PG_GETARG_DATUM(argument), &source, CurrentMemoryContext);
	return glue_book_open(&source, context);
}

XlsxRange
sheet_arguments_range(FunctionCallInfo fcinfo, int argument)
{
	XlsxRange	range = {1, 1, UINT32_MAX, UINT32_MAX};
	text	   *wanted;

	if (PG_ARGISNULL(argument))
		return range;
	wanted = PG_GETARG_TEXT_PP(argument);
	if (!xlsx_range_parse(VARDATA_ANY(wanted), VARSIZE_ANY_EXHDR(wanted), &range))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" is not a cell range", text_to_cstring(wanted)),
				 errhint("Write it as \"A2:C100\", \"A:C\" or \"2:100\".")));
	return range;
}

/* The row that the text names. */
static uint32
header_row_of(const char *wanted, const SheetArguments *arguments)
{
	uint32		row;
	uint32		column;

	if (strcmp(wanted, "none") == 0)
		return 0;
	if (strcmp(wanted, "auto") == 0)
		return header_row_guess(arguments->book, arguments->index, &arguments->range);
	if (!xlsx_ref_parse(wanted, strlen(wanted), &row, &column) || row == 0 || column != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" is not a header row", wanted),
				 errhint("Write \"auto\", \"none\" or the number of the row.")));
	return row;
}

void
sheet_arguments_get(FunctionCallInfo fcinfo, SheetArguments *arguments)
{
	char	   *sheet = PG_ARGISNULL(1) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(1));

	arguments->range = sheet_arguments_range(fcinfo, 2);
	arguments->book = sheet_arguments_book(fcinfo, 0);
	arguments->index = glue_find_sheet(arguments->book, sheet);
	arguments->header_row = header_row_of(PG_ARGISNULL(3) ? "auto" : text_to_cstring(PG_GETARG_TEXT_PP(3)), arguments);
}
