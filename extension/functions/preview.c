/*
 * preview.c
 *	  Shows how a sheet would be matched with a profile, before anything is imported.
 */
#include "pg/pg_xlsx.h"

#include "core/ref.h"
#include "files/file_value.h"
#include "files/workbook.h"
#include "fmgr.h"
#include "funcapi.h"
#include "profile/headers.h"
#include "profile/options.h"
#include "profile/profile.h"
#include "reading/rows.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(pg_xlsx_match);

/* One row for each column of the profile: the sheet column that it would come from. */
static void
put_matches(ReturnSetInfo *result, const SheetRows *rows, const Profile *profile, const HeaderMatch *match)
{
	for (int i = 0; i < profile->count; i++)
	{
		Datum		values[5] = {
			CStringGetTextDatum(rows_sheet_name(rows)), Int32GetDatum((int32) match->row), CStringGetTextDatum(profile->columns[i].name)
		};
		bool		nulls[5] = {false, match->row == 0, false, match->found[i] == NULL, match->source[i] == 0};
		char		letters[8];

		if (match->found[i] != NULL)
			values[3] = CStringGetTextDatum(match->found[i]);
		if (match->source[i] != 0)
		{
			xlsx_ref_column((uint32) match->source[i], letters);
			values[4] = CStringGetTextDatum(letters);
		}
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
}

/* profile, file, sheet, header_row, mapping, range */
Datum
pg_xlsx_match(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx book", ALLOCSET_DEFAULT_SIZES);
	const char *name = PG_XLSX_GETARG_STRING(0, NULL);
	int64		id = profile_find(&name);
	Profile    *profile = profile_load(id);
	RowsOptions options = {.sheet = PG_XLSX_GETARG_STRING(2, profile->sheet),.range = PG_XLSX_GETARG_STRING(5, profile->range),
		.header_rows = PG_ARGISNULL(6) ? profile->header_rows : PG_GETARG_INT32(6),
		.fill_merged = PG_ARGISNULL(7) ? profile->fill_merged : PG_GETARG_BOOL(7),
		.skip_hidden = PG_ARGISNULL(8) ? profile->skip_hidden : PG_GETARG_BOOL(8)};
	XlsxSource	source;
	XlsxBook   *book;
	SheetRows  *rows;
	HeaderMatch match;
	char	   *mapping = NULL;

	options_check_header_row(PG_XLSX_GETARG_STRING(3, NULL));
	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(1))
		return (Datum) 0;
	if (!PG_ARGISNULL(4))
		mapping = JsonbToCString(NULL, &PG_GETARG_JSONB_P(4)->root, 0);
	file_value_source(PG_GETARG_DATUM(1), &source, context);
	book = workbook_open(&source, context);
	if (ROWS_SHEET_IS_BEST(options.sheet))
		options.sheet_number = rows_best_sheet(book, &options, profile, mapping);
	rows = rows_open(book, &options);
	rows_find_header(rows, profile, header_row_said(PG_XLSX_GETARG_STRING(3, profile->header_row)), mapping, &match);
	put_matches(result, rows, profile, &match);
	MemoryContextDelete(context);
	return (Datum) 0;
}
