/*
 * findings.c
 *	  What a whole column says of texts that can be read in two ways.
 */
#include "reading/findings.h"

#include "catalog/pg_type.h"
#include "check/judge.h"
#include "check/text_date.h"
#include "check/text_number.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "pg/text_trim.h"
#include "tables/private_sql.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/memutils.h"

#define MOST_WAYS COUNT_DATE_ORDERS

/* Of a column: how many of its texts fit which way. */
typedef struct Tally
{
	int64		values;			/* texts that are not blank */
	int64		only[MOST_WAYS];	/* by DayOrder, or by DecimalSign */
	int64		ambiguous;
	char	   *forms[MOST_WAYS];	/* an example of how it is written */
} Tally;

struct Findings
{
	Tally	   *tallies;		/* by column of the plan */
	MemoryContext context;
};

bool
findings_concern(const JudgePlan *plan)
{
	for (int i = 0; i < plan->column_count; i++)
		if (plan_decides_date(&plan_columns(plan)[i]) || plan_decides_decimal(&plan_columns(plan)[i]))
			return true;
	return false;
}

/*
 * Looking
 */

static void
note_form(Findings *findings, char **form, const char *text)
{
	if (*form == NULL)
		*form = MemoryContextStrdup(findings->context, text);
}

static void
count_date(Findings *findings, Tally *tally, const PlanColumn *column, const char *text, size_t length)
{
	TextDate	date;
	int			only;

	if (!text_date_parse(text, length, language_numbered(column->language), &date))
		return;
	only = text_date_only_order(&date);
	if (only >= 0)
	{
		/* The first that fits one order only says how that order is written. */
		if (tally->only[only]++ == 0)
			tally->forms[only] = NULL;
	}
	else if (!text_date_is_ambiguous(&date))
		return;
	else
		tally->ambiguous++;
	for (int i = 0; i < COUNT_DATE_ORDERS; i++)
		if (date.fits & 1U << i && tally->forms[i] == NULL)
			note_form(findings, &tally->forms[i], text_date_form(&date, (DayOrder) i));
}

static void
count_number(Findings *findings, Tally *tally, const char *text, size_t length)
{
	static const char *const forms[] = {[DECIMAL_COMMA] = "1.234,56", [DECIMAL_POINT] = "1,234.56"};
	char	   *numbers[COUNT_DECIMAL_SIGNS];
	size_t		lengths[COUNT_DECIMAL_SIGNS];

	if (text_number_is_plain(text, length))
		return;
	for (int i = 0; i < COUNT_DECIMAL_SIGNS; i++)
	{
		numbers[i] = palloc(TEXT_NUMBER_ROOM(length));
		lengths[i] = text_number_read(text, length, (DecimalSign) i, numbers[i]);
		tally->forms[i] = (char *) forms[i];
	}
	if (lengths[DECIMAL_COMMA] > 0 && lengths[DECIMAL_POINT] > 0)
		tally->ambiguous += lengths[0] != lengths[1] || memcmp(numbers[0], numbers[1], lengths[0]) != 0;
	else if (lengths[DECIMAL_COMMA] > 0)
		tally->only[DECIMAL_COMMA]++;
	else if (lengths[DECIMAL_POINT] > 0)
		tally->only[DECIMAL_POINT]++;
}

static void
count_cell(Findings *findings, const JudgePlan *plan, int i, const XlsxCell *cell)
{
	const PlanColumn *column = &plan_columns(plan)[i];
	const char *text = cell->text;
	size_t		length = cell->length;

	if (column->trim)
		text_trim(&text, &length);
	if (length == 0 || plan_texts_have(plan, column->null_tokens, text, length) || plan_text_is(plan, column->clear_token, text, length))
		return;
	findings->tallies[i].values++;
	if (plan_decides_date(column))
		count_date(findings, &findings->tallies[i], column, text, length);
	else
		count_number(findings, &findings->tallies[i], text, length);
}

Findings *
findings_look(const JudgePlan *plan, SheetRows *rows, uint32 header_row)
{
	Findings   *findings = palloc0(sizeof(Findings));
	Judge	   *judge = judge_create(plan, NULL);
	MemoryContext row_context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx finding", ALLOCSET_DEFAULT_SIZES);
	const XlsxCell **cells = palloc0(sizeof(XlsxCell *) * (size_t) Max(plan->column_count, 1));
	const XlsxRow *row;

	findings->context = CurrentMemoryContext;
	findings->tallies = palloc0(sizeof(Tally) * (size_t) Max(plan->column_count, 1));
	while ((row = rows_next(rows)) != NULL)
	{
		MemoryContext caller;

		if (row->number <= header_row)
			continue;
		caller = MemoryContextSwitchTo(row_context);
		source_index_cells(&judge->sources, row, cells, plan->column_count, judge->sightings);
		for (int i = 0; i < plan->column_count; i++)
			if (cells[i] != NULL && cells[i]->kind == XLSX_TEXT &&
				(plan_decides_date(&plan_columns(plan)[i]) || plan_decides_decimal(&plan_columns(plan)[i])))
				count_cell(findings, plan, i, cells[i]);
		MemoryContextSwitchTo(caller);
		MemoryContextReset(row_context);
	}
	MemoryContextDelete(row_context);
	return findings;
}

/*
 * What it says
 */

/* The only way that some values fit only; else that of the locale, unless there are two; else FOUND_NOTHING. */
static int
decision(const Tally *tally, const PlanColumn *column)
{
	int			way = FOUND_NOTHING;

	for (int i = 0; i < MOST_WAYS; i++)
	{
		if (tally->only[i] == 0)
			continue;
		if (way != FOUND_NOTHING)
			return FOUND_NOTHING;
		way = i;
	}
	if (way != FOUND_NOTHING)
		return way;
	return plan_decides_date(column) ? column->locale_order : column->locale_decimal;
}

static void
set_found(const JudgePlan *plan, int i, int way)
{
	PlanColumn *column = (PlanColumn *) &plan_columns(plan)[i];

	if (plan_decides_date(column))
		column->found_order = (int8) way;
	else if (plan_decides_decimal(column))
		column->found_decimal = (int8) way;
}

void
findings_apply(const Findings *findings, const JudgePlan *plan)
{
	for (int i = 0; i < plan->column_count; i++)
		set_found(plan, i, decision(&findings->tallies[i], &plan_columns(plan)[i]));
}

typedef struct StoredTarget
{
	const Profile *profile;
	const JudgePlan *plan;
} StoredTarget;

static void
apply_row(void *argument, const PrivateRow *row)
{
	const StoredTarget *target = argument;
	int			i = profile_column_index(target->profile, private_sql_text(row, 0));
	const char *reads = private_sql_text(row, 1);

	if (i >= 0 && reads != NULL)
		set_found(target->plan, i, names_find(plan_decides_date(&plan_columns(target->plan)[i]) ? &date_order_names :
											  &decimal_sign_names, reads));
}

void
findings_apply_stored(const char *json, const Profile *profile, const JudgePlan *plan)
{
	static PrivateStatement select = {
		"SELECT f.item ->> 'column', f.item ->> 'reads' FROM jsonb_array_elements($1::jsonb) AS f (item)", 1, {TEXTOID}, NULL
	};
	Datum		values[] = {CStringGetTextDatum(json)};
	StoredTarget target = {profile, plan};

	for (int i = 0; i < plan->column_count; i++)
		set_found(plan, i, FOUND_NOTHING);
	private_sql_each(&select, values, NULL, apply_row, &target);
}

/* "38 of 40 values only fit DD.MM.YYYY" */
static char *
sentence(const Tally *tally, int way)
{
	StringInfoData text;
	int			ways = 0;

	initStringInfo(&text);
	for (int i = 0; i < MOST_WAYS; i++)
	{
		if (tally->only[i] == 0)
			continue;
		if (ways++ == 0)
			appendStringInfo(&text, INT64_FORMAT " of " INT64_FORMAT " values only fit %s", tally->only[i], tally->values, tally->forms[i]);
		else
			appendStringInfo(&text, ", " INT64_FORMAT " only %s", tally->only[i], tally->forms[i]);
	}
	if (ways == 0)
		appendStringInfo(&text, INT64_FORMAT " of " INT64_FORMAT " values fit two ways, and none fits only one", tally->ambiguous, tally->values);
	if (ways == 0 && way >= 0 && tally->forms[way] != NULL)
		appendStringInfo(&text, "; the locale reads %s", tally->forms[way]);
	else if (ways != 1 && tally->ambiguous > 0)
		appendStringInfo(&text, "; " INT64_FORMAT " that %s refused", tally->ambiguous, tally->ambiguous == 1 ? "fits both is" : "fit both are");
	return text.data;
}

static void
put_member(StringInfo json, const char *name, const char *text)
{
	appendStringInfo(json, "%s\"%s\": ", json->data[json->len - 1] == '{' ? "" : ", ", name);
	if (text != NULL)
		escape_json(json, text);
	else
		appendStringInfoString(json, "null");
}

static void
put_column(StringInfo json, const Tally *tally, const ProfileColumn *column, const Names *ways, int way)
{

	appendStringInfoString(json, json->len > 1 ? ", {" : "{");
	put_member(json, "column", column->name);
	put_member(json, "header", column->header);
	put_member(json, "reads", way >= 0 ? ways->texts[way] : NULL);
	appendStringInfo(json, ", \"values\": " INT64_FORMAT ", \"ambiguous\": " INT64_FORMAT ", \"only\": {", tally->values, tally->ambiguous);
	for (int i = 0; i < ways->count; i++)
		appendStringInfo(json, "%s\"%s\": " INT64_FORMAT, i > 0 ? ", " : "", ways->texts[i], tally->only[i]);
	appendStringInfoChar(json, '}');
	put_member(json, "text", sentence(tally, way));
	appendStringInfoChar(json, '}');
}

char *
findings_json(const Findings *findings, const Profile *profile, const JudgePlan *plan, bool all)
{
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfoChar(&json, '[');
	for (int i = 0; i < plan->column_count; i++)
	{
		const Tally *tally = &findings->tallies[i];
		bool		certain = false;

		for (int k = 0; k < MOST_WAYS; k++)
			certain = certain || tally->only[k] > 0;
		if (tally->ambiguous > 0 || (certain && all))
			put_column(&json, tally, &profile->columns[i],
					   plan_decides_date(&plan_columns(plan)[i]) ? &date_order_names : &decimal_sign_names,
					   decision(tally, &plan_columns(plan)[i]));
	}
	appendStringInfoChar(&json, ']');
	return json.data;
}
