/*
 * range.c
 *	  Cell ranges as people write them.
 */
#include "files/range.h"

#include "fmgr.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(pg_xlsx_check_range);

XlsxRange
range_parse(const char *range)
{
	XlsxRange	result = {1, 1, UINT32_MAX, UINT32_MAX};

	if (range != NULL && range[0] != '\0' && !xlsx_range_parse(range, strlen(range), &result))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" is not a cell range", range),
				 errhint("Write it as \"A2:C100\", \"A:C\" or \"2:100\".")));
	return result;
}

Datum
pg_xlsx_check_range(PG_FUNCTION_ARGS)
{
	if (!PG_ARGISNULL(0))
		(void) range_parse(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	PG_RETURN_VOID();
}
