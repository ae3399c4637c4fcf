/*
 * shown_row.c
 *	  Errors of the server that show whole rows.
 */
#include "pg/shown_row.h"

static bool
shows_row(const ErrorData *error)
{
	/* Where the server and servers behind foreign tables write such details. Others are written by those who raise the error. */
	static const char *const files[] = {"execMain.c", "execPartition.c", "connection.c", "dblink.c"};

	if (error->sqlerrcode != ERRCODE_CHECK_VIOLATION && error->sqlerrcode != ERRCODE_NOT_NULL_VIOLATION &&
		error->sqlerrcode != ERRCODE_WITH_CHECK_OPTION_VIOLATION)
		return false;
	for (size_t i = 0; i < lengthof(files); i++)
		if (error->filename != NULL && strcmp(error->filename, files[i]) == 0)
			return true;
	return false;
}

const char *
shown_row_detail(const ErrorData *error)
{
	return shows_row(error) ? NULL : error->detail;
}
