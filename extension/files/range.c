/*
 * range.c
 *	  Reads cell ranges in the form that users write them.
 */
#include "files/range.h"

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
