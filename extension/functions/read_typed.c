/*
 * read_typed.c
 *	  Returns a sheet as rows of the caller's types.
 *
 * The caller's column list plays the part that a profile has in an import: headers are matched
 * and cells converted by the same rules.
 */
#include "pg/pg_xlsx.h"

#include "check/cell_text.h"
#include "check/judge.h"
#include "core/ref.h"
#include "files/range.h"
#include "fmgr.h"
#include "funcapi.h"
#include "functions/sheet_arguments.h"
#include "kept/waiting.h"
#include "miscadmin.h"
#include "profile/headers.h"
#include "profile/option_checks.h"
#include "reading/findings.h"
#include "reading/rows.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(pg_xlsx_read);

typedef struct TypedRead
{
	Profile		wanted;
	uint32	   *source;			/* by column: 1-based sheet column */
	bool		null_on_error;
	Judge	   *judge;
	const JudgePlan *plan;
	FunctionCallInfo call;
	RowsOptions options;
	HeaderRow	where;
	uint32		header_row;		/* the last row of the headers; 0: none */
	JudgeTask	task;
	JudgedRow	row;			/* the row at hand */
	CheckedValue *checked;		/* its cells by column */
	Datum	   *values;
	bool	   *nulls;
} TypedRead;

/*
 * Columns
 */

static void
want_column(ProfileColumn *column, Form_pg_attribute attribute)
{
	column->name = column->header = column->label = NameStr(attribute->attname);
	for (HeaderForm form = 0; form < HEADER_FORMS; form++)
	{
		column->forms[form] = (TextList) {1, palloc(sizeof(char *))};
		column->forms[form].items[0] = header_form(column->name, strlen(column->name), form);
	}
	column->messages = "{}";
	column->source = SOURCE_CELL;
	column->trim = true;
	column->required = column->needs_header = true;
	profile_compile_type(column, attribute->atttypid, attribute->atttypmod);
}

static void
want_columns(TypedRead *read, TupleDesc descriptor)
{
	size_t		count = (size_t) descriptor->natts;

	read->wanted.count = descriptor->natts;
	read->wanted.columns = palloc0(sizeof(ProfileColumn) * count);
	read->source = palloc0(sizeof(uint32) * count);
	read->checked = palloc0(sizeof(CheckedValue) * count);
	read->values = palloc0(sizeof(Datum) * count);
	read->nulls = palloc0(sizeof(bool) * count);
	for (int i = 0; i < descriptor->natts; i++)
		want_column(&read->wanted.columns[i], TupleDescAttr(descriptor, i));
}

static void
throw_missing(const TypedRead *read, const SheetRows *rows, const HeaderMatch *match)
{
	StringInfoData missing;

	initStringInfo(&missing);
	for (int i = 0; i < read->wanted.count; i++)
		if (match->source[i] == 0)
			appendStringInfo(&missing, "%s\"%s\"", missing.len > 0 ? ", " : "", read->wanted.columns[i].name);
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("sheet \"%s\" has no header for %s", rows_sheet_name(rows), missing.data),
			 errdetail("%s", match->message),
			 errhint("Name the columns like the headers, or read by position with header_row => 'none'.")));
}

/* Matches the columns with those of the sheet by their headers. */
static void
match_headers(TypedRead *read, SheetRows *rows, HeaderRow where)
{
	HeaderMatch match;

	rows_find_header(rows, &read->wanted, where, NULL, &match);
	if (match.message != NULL)
		throw_missing(read, rows, &match);
	read->header_row = match.last_row;
	memcpy(read->source, match.source, sizeof(uint32) * (size_t) read->wanted.count);
}

static void
match_positions(TypedRead *read, XlsxRange range)
{
	for (int i = 0; i < read->wanted.count; i++)
		read->source[i] = range.first_column + (uint32) i;
}

/*
 * Rows
 */

static void
throw_violation(const TypedRead *read, const RowViolation *found)
{
	const ProfileColumn *column = &read->wanted.columns[found->column];
	char		place[19];
	char	   *original = judge_original(read->judge, &read->row, found->column);

	xlsx_ref_cell(read->row.number, read->source[found->column], place);
	ereport(ERROR,
			(errcode(ERRCODE_DATA_EXCEPTION),
			 errmsg("cell %s: %s", place, found->violation.message),
			 errdetail("It holds \"%s\".", original),
			 errhint("With on_error => 'null' such values are read as null."),
			 errcontext("column \"%s\" of type %s", column->name, format_type_be(column->type))));
}

/* The checked value as a datum of the column's type. */
static Datum
datum_of(const ProfileColumn *column, const CheckedValue *value)
{
	switch (column->class)
	{
		case COLUMN_TEXT:
			return PointerGetDatum(cstring_to_text_with_len(value->text, (int) value->length));
		case COLUMN_OTHER:
			return waiting_input(column, PointerGetDatum(cstring_to_text_with_len(value->text, (int) value->length)));
		default:
			return value->datum;
	}
}

static void
read_row(TypedRead *read, const XlsxRow *row)
{
	judge_take(read->judge, &read->row, row);
	if (judge_row(read->judge, &read->row, read->checked) == ROW_BAD && !read->null_on_error)
		throw_violation(read, &read->row.violations[0]);
	for (int i = 0; i < read->wanted.count; i++)
	{
		read->nulls[i] = read->checked[i].null;
		read->values[i] = read->nulls[i] ? (Datum) 0 : datum_of(&read->wanted.columns[i], &read->checked[i]);
	}
}

/* Reads the sheet once more, to look at whole columns. */
static void
decide(void *argument)
{
	TypedRead  *read = argument;
	SheetRows  *rows;
	HeaderMatch match;
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx findings", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);

	rows = rows_open(sheet_arguments_book(read->call, 0), &read->options);
	if (read->where.kind != HEADER_ROW_NONE)
		rows_find_header(rows, &read->wanted, read->where, NULL, &match);
	findings_apply(findings_look(read->plan, rows, read->header_row), read->plan);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}

static void
prepare_judge(TypedRead *read)
{
	read->task.profile = &read->wanted;
	read->task.source = read->source;
	read->task.exact = true;
	read->plan = plan_create(&read->task);
	read->judge = judge_create(read->plan, &read->wanted);
	judge_ask(read->judge, decide, read);
	judge_row_init(read->judge, &read->row);
}

static void
read_rows(TypedRead *read, SheetRows *rows, ReturnSetInfo *result)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx row", ALLOCSET_DEFAULT_SIZES);
	const XlsxRow *row;

	for (int i = 0; i < read->wanted.count; i++)
		read->wanted.columns[i].required = read->wanted.columns[i].needs_header = false;
	prepare_judge(read);
	while ((row = rows_next(rows)) != NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(context);

		read_row(read, row);
		tuplestore_putvalues(result->setResult, result->setDesc, read->values, read->nulls);
		MemoryContextSwitchTo(caller);
		MemoryContextReset(context);
	}
	MemoryContextDelete(context);
}

static bool
wants_null(const char *on_error)
{
	if (on_error != NULL && strcmp(on_error, "null") != 0 && strcmp(on_error, "error") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("on_error cannot be \"%s\"", on_error),
				 errhint("Write \"error\" or \"null\".")));
	return on_error != NULL && strcmp(on_error, "null") == 0;
}

/* date_order, decimal, time_zone, locale */
static void
take_text_options(TypedRead *read, FunctionCallInfo fcinfo)
{
	read->task.date_order = PG_XLSX_GETARG_STRING(8, NULL);
	read->task.decimal = PG_XLSX_GETARG_STRING(9, NULL);
	read->task.time_zone = PG_XLSX_GETARG_STRING(10, NULL);
	read->task.locale = PG_XLSX_GETARG_STRING(11, NULL);
	if (read->task.date_order != NULL)
		option_check_date_order(read->task.date_order);
	if (read->task.decimal != NULL)
		option_check_decimal(read->task.decimal);
	if (read->task.time_zone != NULL)
		option_check_time_zone(read->task.time_zone);
}

Datum
pg_xlsx_read(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	RowsOptions options = {.sheet = PG_XLSX_GETARG_STRING(1, NULL), .range = PG_XLSX_GETARG_STRING(2, NULL)};
	HeaderRow	header = sheet_arguments_header(fcinfo, 3);
	TypedRead	read = {.null_on_error = wants_null(PG_XLSX_GETARG_STRING(4, NULL)),.call = fcinfo,.where = header};
	XlsxBook   *book;
	SheetRows  *rows;

	sheet_arguments_more(fcinfo, 5, &options);
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	want_columns(&read, result->setDesc);
	take_text_options(&read, fcinfo);
	book = sheet_arguments_book(fcinfo, 0);
	if (ROWS_SHEET_IS_BEST(options.sheet) && header.kind != HEADER_ROW_NONE)
		options.sheet_number = rows_best_sheet(book, &options, &read.wanted, NULL);
	rows = rows_open(book, &options);
	read.options = options;
	if (header.kind == HEADER_ROW_NONE)
		match_positions(&read, range_parse(options.range));
	else
		match_headers(&read, rows, header);
	read_rows(&read, rows, result);
	return (Datum) 0;
}
