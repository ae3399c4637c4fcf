/*
 * mark.c
 *	  Which row of a batch a statement has reached.
 */
#include "saving/mark.h"

#include "fmgr.h"

PG_FUNCTION_INFO_V1(pg_xlsx_mark_row);
PG_FUNCTION_INFO_V1(pg_xlsx_marked_row);

static int64 marked_row;

Datum
pg_xlsx_mark_row(PG_FUNCTION_ARGS)
{
	marked_row = PG_GETARG_INT64(0);
	PG_RETURN_BOOL(true);
}

Datum
pg_xlsx_marked_row(PG_FUNCTION_ARGS)
{
	(void) fcinfo;
	PG_RETURN_INT64(marked_row);
}

int64
mark_begin(void)
{
	int64		outer = marked_row;

	marked_row = 0;
	return outer;
}

int64
mark_end(int64 outer)
{
	int64		reached = marked_row;

	marked_row = outer;
	return reached;
}
