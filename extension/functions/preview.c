/*
 * preview.c
 *	  Shows how a sheet would be matched with a profile, before anything is imported.
 */
#include "pg/pg_xlsx.h"

#include "check/plan.h"
#include "core/layout.h"
#include "core/ref.h"
#include "files/file_value.h"
#include "files/workbook.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "profile/header_report.h"
#include "profile/headers.h"
#include "profile/option_checks.h"
#include "profile/profile.h"
#include "reading/findings.h"
#include "reading/rows.h"
#include "saving/demand.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(pg_xlsx_match);
PG_FUNCTION_INFO_V1(pg_xlsx_sheet_findings);
PG_FUNCTION_INFO_V1(pg_xlsx_text_findings);

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

/* A sheet that is open, and its headers, as an import with the arguments would match them. */
typedef struct Look
{
	Profile    *profile;
	RowsOptions options;
	XlsxBook   *book;
	SheetRows  *rows;
	HeaderMatch match;
} Look;

/* profile, file (not NULL), sheet, header_row, mapping, range, header_rows, fill_merged, skip_hidden. The book is in context. */
static void
look_at(FunctionCallInfo fcinfo, MemoryContext context, Look *look)
{
	const char *name = PG_XLSX_GETARG_STRING(0, NULL);
	int64		id = profile_find(&name);
	Profile    *profile = profile_load(id);
	XlsxSource	source;
	char	   *mapping = PG_ARGISNULL(4) ? NULL : JsonbToCString(NULL, &PG_GETARG_JSONB_P(4)->root, 0);

	if (!PG_ARGISNULL(3))
		option_check_header_row(PG_XLSX_GETARG_STRING(3, NULL));
	save_demand(&(SaveTask) {.profile = profile, .mode = profile->mode});
	look->profile = profile;
	look->options = (RowsOptions) {
		.sheet = PG_XLSX_GETARG_STRING(2, profile->sheets != NULL ? profile->sheets : profile->sheet),
		.range = PG_XLSX_GETARG_STRING(5, profile->range),
		.header_rows = PG_ARGISNULL(6) ? profile->header_rows : PG_GETARG_INT32(6),
		.fill_merged = PG_ARGISNULL(7) ? profile->fill_merged : PG_GETARG_BOOL(7),
		.skip_hidden = PG_ARGISNULL(8) ? profile->skip_hidden : PG_GETARG_BOOL(8)
	};
	file_value_source(PG_GETARG_DATUM(1), &source, context);
	look->book = workbook_open(&source, context);
	if (ROWS_SHEET_IS_BEST(look->options.sheet))
		look->options.sheet_number = rows_best_sheet(look->book, &look->options, profile, mapping);
	look->rows = rows_open(look->book, &look->options);
	rows_find_header(look->rows, profile, header_row_said(PG_XLSX_GETARG_STRING(3, profile->header_row)), mapping, &look->match);
}

Datum
pg_xlsx_match(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx book", ALLOCSET_DEFAULT_SIZES);
	Look		look;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(1))
		return (Datum) 0;
	look_at(fcinfo, context, &look);
	put_matches(result, look.rows, look.profile, &look.match);
	MemoryContextDelete(context);
	return (Datum) 0;
}

/*
 * What an import would tell of the sheet
 */

/* Columns without a header are looked for in so many rows. */
#define SAMPLED_ROWS 1000

static void
sample(const Look *look, Sightings *sightings)
{
	SourceIndex sources;
	const XlsxRow *row;

	source_index_create(&sources, look->match.source, look->profile->count);
	for (int i = 0; i < SAMPLED_ROWS && (row = rows_next(look->rows)) != NULL; i++)
	{
		sightings_row(sightings, row);
		for (uint32 k = 0; k < row->count; k++)
			if (source_index_column(&sources, row->cells[k].column) < 0)
				sightings_cell(sightings, &row->cells[k]);
	}
}

static void
put_note(StringInfo notes, const char *code, uint32 row, const char *message)
{
	appendStringInfo(notes, "%s{\"code\": \"%s\", \"row\": %u, \"message\": ", notes->len > 0 ? ", " : "", code, row);
	escape_json(notes, message);
	appendStringInfoChar(notes, '}');
}

/* What stands besides the cells is read to the end. A preview must be quick, so this is done for sheets up to this size in the file. */
#define MOST_LAYOUT_BYTES (2 * 1024 * 1024)

/* Merged and hidden cells that the options leave as they are. */
static void
put_layout(const Look *look, StringInfo notes)
{
	XlsxLayout	layout;
	XlsxError	error;
	size_t		down = 0;
	const XlsxRange *first = NULL;
	char		from[19];
	char		to[19];
	uint64		done;
	uint64		bytes;

	rows_position(look->rows, &done, &bytes);
	if (bytes > MOST_LAYOUT_BYTES)
		return;
	if (xlsx_sheet_layout(look->book, rows_sheet_index(look->rows), &layout, &error) != XLSX_OK)
		workbook_throw(&error);
	for (size_t i = 0; i < layout.merge_count; i++)
		if (layout.merges[i].last_row > Max(layout.merges[i].first_row, look->match.last_row))
		{
			first = down++ == 0 ? &layout.merges[i] : first;
			CHECK_FOR_INTERRUPTS();
		}
	if (first != NULL && !look->options.fill_merged)
	{
		xlsx_ref_cell(first->first_row, first->first_column, from);
		xlsx_ref_cell(first->last_row, first->last_column, to);
		put_note(notes, "merged_cells", first->first_row,
				 psprintf("%zu merged ranges go over several rows, the first is %s:%s. Only its first cell has a value; with fill_merged all have it.",
						  down, from, to));
	}
	if (layout.hidden_row_count > 0 && !look->options.skip_hidden)
		put_note(notes, "hidden_rows", layout.hidden_rows[0].first_row, "The sheet has hidden rows. They are read; with skip_hidden they are not.");
	if (layout.hidden_column_count > 0 && !look->options.skip_hidden)
		put_note(notes, "hidden_columns", 0, "The sheet has hidden columns. They are read; with skip_hidden they are not.");
}

Datum
pg_xlsx_sheet_findings(PG_FUNCTION_ARGS)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx book", ALLOCSET_DEFAULT_SIZES);
	Sightings  *sightings = palloc0(sizeof(Sightings));
	StringInfoData notes;
	StringInfoData json;
	Look		look;

	if (PG_ARGISNULL(1))
		PG_RETURN_NULL();
	look_at(fcinfo, context, &look);
	sample(&look, sightings);
	initStringInfo(&notes);
	put_layout(&look, &notes);
	initStringInfo(&json);
	appendStringInfo(&json, "{\"missing\": %s, \"unused\": %s, \"duplicates\": %s, \"notes\": [%s%s%s]}",
					 header_report_missing(look.profile, &look.match),
					 header_report_unused(look.profile, &look.match, rows_range(look.rows), sightings->filled, SIGHTED_COLUMNS),
					 header_report_duplicates(&look.match), notes.data,
					 notes.len > 0 && *sightings_notes(sightings, rows_notes(look.rows)) != '\0' ? ", " : "",
					 sightings_notes(sightings, rows_notes(look.rows)));
	MemoryContextDelete(context);
	PG_RETURN_DATUM(DirectFunctionCall1(json_in, CStringGetDatum(json.data)));
}

/* Those of look_at, then locale, date_order, decimal */
Datum
pg_xlsx_text_findings(PG_FUNCTION_ARGS)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx book", ALLOCSET_DEFAULT_SIZES);
	Look		look;
	JudgeTask	task = {
		.file_name = "", .locale = PG_XLSX_GETARG_STRING(9, NULL), .date_order = PG_XLSX_GETARG_STRING(10, NULL),
		.decimal = PG_XLSX_GETARG_STRING(11, NULL)
	};
	const JudgePlan *plan;
	const char *json = "[]";

	if (task.date_order != NULL)
		option_check_date_order(task.date_order);
	if (task.decimal != NULL)
		option_check_decimal(task.decimal);
	if (PG_ARGISNULL(1))
		PG_RETURN_NULL();
	look_at(fcinfo, context, &look);
	task.profile = look.profile;
	task.source = look.match.source;
	task.extras = headers_of_extras(&look.match, look.profile->count);
	task.locale = task.locale != NULL ? task.locale : look.profile->locale;
	plan = plan_create(&task);
	if (look.match.row > 0 && findings_concern(plan))
		json = findings_json(findings_look(plan, look.rows, look.match.last_row), look.profile, plan, true);
	MemoryContextDelete(context);
	PG_RETURN_DATUM(DirectFunctionCall1(jsonb_in, CStringGetDatum(json)));
}
