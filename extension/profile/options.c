/*
 * options.c
 *	  Options of an import, as people give them.
 */
#include "profile/options.h"

#include "files/range.h"
#include "fmgr.h"
#include "profile/header_row.h"
#include "profile/profile.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

PG_FUNCTION_INFO_V1(pg_xlsx_check_options);

void
options_check_header_row(const char *header_row)
{
	HeaderRow	wanted;
	bool		known = header_row == NULL || header_row_parse(header_row, &wanted);

	if (header_row == NULL || (known && wanted.kind != HEADER_ROW_NONE))
		return;
	if (known)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("header_row \"none\" is not supported"),
				 errdetail("An import finds its columns by their headers."),
				 errhint("It is \"first\", \"auto\", or the number of a row.")));
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("\"%s\" is not a header row", header_row),
			 errdetail("header_row is the row of the sheet that holds the headers."),
			 errhint("It is \"first\", \"auto\", or the number of a row.")));
}

void
options_check_mapping(const char *mapping)
{
	if (mapping == NULL)
		return;
	if (!JB_ROOT_IS_OBJECT(DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(mapping)))))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("mapping must be a JSON object"),
				 errdetail("It says which column a header goes to."),
				 errhint("Write it as {\"Header\": \"column_name\"}.")));
}

void
options_check_max_errors(int64 max_errors)
{
	if (max_errors < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("max_errors must not be negative"),
				 errdetail("It is " INT64_FORMAT ".", max_errors),
				 errhint("It is the number of bad rows above which the task fails; leave it out for the option of the profile.")));
}

/* mode, max_errors, header_row, mapping, range */
Datum
pg_xlsx_check_options(PG_FUNCTION_ARGS)
{
	Jsonb	   *mapping = PG_ARGISNULL(3) ? NULL : PG_GETARG_JSONB_P(3);

	if (!PG_ARGISNULL(0))
		(void) save_mode_called(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	if (!PG_ARGISNULL(1))
		options_check_max_errors(PG_GETARG_INT64(1));
	options_check_header_row(PG_XLSX_GETARG_STRING(2, NULL));
	if (mapping != NULL)
		options_check_mapping(JsonbToCString(NULL, &mapping->root, VARSIZE(mapping)));
	(void) range_parse(PG_XLSX_GETARG_STRING(4, NULL));
	PG_RETURN_VOID();
}
