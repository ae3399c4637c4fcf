/*
 * judge.c
 *	  One row of a sheet.
 */
#include "check/judge.h"

#include "check/cell_rule.h"
#include "check/cell_text.h"
#include "check/extra.h"
#include "check/plan_words.h"
#include "core/ref.h"
#include "pg/row_number.h"

static pg_tz *
zone_called(const char *name)
{
	return name != NULL ? pg_tzset(name) : NULL;
}

void
judge_ask(Judge *judge, JudgeDecide decide, void *argument)
{
	judge->decide = decide;
	judge->decide_argument = argument;
}

Judge *
judge_create(const JudgePlan *plan, const Profile *profile)
{
	Judge	   *judge = palloc0(sizeof(Judge));
	size_t		columns = (size_t) Max(plan->column_count, 1);
	uint32	   *source = palloc(sizeof(uint32) * columns);

	judge->plan = judge->check.plan = plan;
	judge->sightings = palloc0(sizeof(Sightings));
	judge->classes = palloc(sizeof(ColumnClass) * columns);
	judge->compares = palloc0(sizeof(FmgrInfo) * (size_t) Max(plan->rule_count, 1));
	judge->zones = palloc0(sizeof(pg_tz *) * columns);
	if (profile != NULL)
		judge->inputs = palloc(sizeof(FmgrInfo *) * columns);
	for (int i = 0; i < plan->column_count; i++)
	{
		source[i] = plan_columns(plan)[i].source;
		judge->classes[i] = plan_columns(plan)[i].class;
		judge->zones[i] = zone_called(plan_text(plan, plan_columns(plan)[i].time_zone));
		if (profile != NULL)
			judge->inputs[i] = (FmgrInfo *) &profile->columns[i].input;
	}
	source_index_create(&judge->sources, source, plan->column_count);
	pfree(source);
	for (int i = 0; i < plan->rule_count; i++)
		if (OidIsValid(plan_rules(plan)[i].compare))
			fmgr_info(plan_rules(plan)[i].compare, &judge->compares[i]);
	return judge;
}

/*
 * Rows in
 */

void
judge_row_init(const Judge *judge, JudgedRow *row)
{
	size_t		columns = (size_t) Max(judge->plan->column_count, 1);

	*row = (JudgedRow) {
		.cells = palloc0(sizeof(XlsxCell *) * columns),.states = palloc0(sizeof(ValueState) * columns)
	};
}

void
judge_take(const Judge *judge, JudgedRow *row, const XlsxRow *given)
{
	int			columns = judge->plan->column_count;

	if (row->count > 0 || row->deletes)
		memset(row->states, 0, sizeof(ValueState) * (size_t) columns);
	row->number = given->number;
	row->count = row->room = 0;
	row->bad = row->warned = row->deletes = false;
	source_index_cells(&judge->sources, given, row->cells, columns, judge->sightings);
	sightings_row(judge->sightings, given);
	row->extra = judge->plan->wants_extra ? extra_json(judge->plan, given) : NULL;
}

/*
 * Violations
 */

void
judge_violate(JudgedRow *row, int column, bool warning, const Violation *violation)
{
	if (row->count == row->room)
	{
		row->room = Max(4, 2 * row->room);
		row->violations = row->count == 0 ? palloc(sizeof(RowViolation) * (size_t) row->room) :
			repalloc(row->violations, sizeof(RowViolation) * (size_t) row->room);
	}
	row->violations[row->count++] = (RowViolation) {column, warning, *violation};
	row->bad = row->bad || !warning;
	row->warned = row->warned || warning;
}

char *
judge_original(const Judge *judge, const JudgedRow *row, int column)
{
	return check_original(row->cells[column], plan_columns(judge->plan)[column].shows);
}

/* Adds to a list of texts. */
static void
list_text(StringInfo list, const char *text)
{
	if (text != NULL && text[0] != '\0')
		appendStringInfo(list, "%s%s", list->len > 0 ? ", " : "", text);
}

const char *
judge_say(const Judge *judge, const JudgedRow *row, const Message *message, const int *columns, int count)
{
	StringInfoData values;
	StringInfoData cells;

	if (!message->has_places)
		return message->text;
	initStringInfo(&values);
	initStringInfo(&cells);
	for (int i = 0; i < count; i++)
	{
		uint32		source = plan_columns(judge->plan)[columns[i]].source;
		char		cell[19] = "";

		if (source > 0)
			xlsx_ref_cell(row_in_sheet(row->number), source, cell);
		list_text(&values, judge_original(judge, row, columns[i]));
		list_text(&cells, cell);
	}
	return message_say(message, values.data, cells.data);
}

/* The message with the readings of an ambiguous text. */
static const char *
with_readings(const char *message, const char *readings)
{
	const char *place = readings != NULL ? strstr(message, "{readings}") : NULL;

	if (place == NULL)
		return message;
	return psprintf("%.*s%s%s", (int) (place - message), message, readings, place + strlen("{readings}"));
}

/* comment: what people have written about the constraint that is broken; NULL: nothing. */
static void
violate_fault(const Judge *judge, JudgedRow *row, int column, CellFault fault, const char *comment, const Violation *more)
{
	Violation	violation = *more;
	Message		message = plan_fault_message(judge->plan, column, fault);

	if (comment != NULL && !plan_fault_is_own(judge->plan, column, fault))
		message = message_make(comment, &(MessagePlaces) {.label = plan_text(judge->plan, plan_columns(judge->plan)[column].label)});
	violation.code = fault_code(fault);
	violation.message = judge_say(judge, row, &message, &column, 1);
	judge_violate(row, column, false, &violation);
	row->states[column] = fault_is_without_text(fault) ? VALUE_UNKNOWN : VALUE_MISFIT;
}

void
judge_fault(const Judge *judge, JudgedRow *row, int column, CellFault fault, const char *detail, const char *hint)
{
	violate_fault(judge, row, column, fault, NULL, &(Violation) {.detail = detail,.hint = hint});
	row->states[column] = VALUE_UNKNOWN;
}

static void
violate_cell(Judge *judge, JudgedRow *row, int column)
{
	const CellCheck *check = &judge->check;
	RowViolation *added;

	violate_fault(judge, row, column, check->fault, check->comment,
				  &(Violation) {.detail = check->detail,.hint = check->hint,.constraint = check->constraint});
	added = &row->violations[row->count - 1];
	added->violation.message = with_readings(added->violation.message, check->readings);
}

/*
 * Cells
 */

static inline CellCheck *
begin_check(Judge *judge, const JudgedRow *row, int column)
{
	CellCheck  *check = &judge->check;

	check->input = judge->inputs != NULL ? judge->inputs[column] : NULL;
	check->column = &plan_columns(judge->plan)[column];
	check->cell = row->cells[column];
	check->zone = judge->zones[column];
	check->written = false;
	return check;
}

/* The text of a source that is no cell. */
static const char *
own_text(const JudgePlan *plan, const PlanColumn *column, const JudgedRow *row)
{
	switch (column->takes)
	{
		case SOURCE_ROW_NUMBER:
			return psprintf("%u", row_in_sheet(row->number));
		case SOURCE_SHEET_NAME:
			return row_sheet(row->number) < plan->sheet_names.count ?
				plan_text(plan, plan_text_of(plan, plan->sheet_names, row_sheet(row->number))) : NULL;
		case SOURCE_EXTRA:
			return row->extra;
		default:
			return plan_text(plan, column->fixed);
	}
}

static CellVerdict
judge_once(Judge *judge, const JudgedRow *row, int i, CheckedValue *value)
{
	CellCheck  *check = begin_check(judge, row, i);
	CellVerdict verdict;

	check->value = value;
	if (check->column->computed && row->marks[i] == MARK_CLEARED)
		return check_cleared(check);
	if (check->column->computed)
		return row->marks[i] == MARK_DEFAULT ? check_default(check, row->texts[i]) : check_cell_text(check, row->texts[i]);
	if (check->column->takes == SOURCE_CELL)
		return check_cell(check);
	verdict = check_cell_text(check, own_text(judge->plan, check->column, row));
	/* A parameter that is not given is like a blank cell. */
	if (check->column->takes == SOURCE_PARAM && value->blank && check->column->default_value.at > 0)
		return check_default(check, plan_text(judge->plan, check->column->default_value));
	return verdict;
}

static CellVerdict
judge_cell(Judge *judge, const JudgedRow *row, int i, CheckedValue *value)
{
	CellVerdict verdict = judge_once(judge, row, i, value);

	if (verdict != CELL_UNDECIDED)
		return verdict;
	if (judge->decide == NULL)
		return CELL_OPEN;
	judge->decide(judge->decide_argument);
	verdict = judge_once(judge, row, i, value);
	Assert(verdict != CELL_UNDECIDED);
	return verdict;
}

char *
judge_text(Judge *judge, JudgedRow *row, int column)
{
	CellCheck  *check = begin_check(judge, row, column);
	const PlanColumn *plan = check->column;
	const char *text = NULL;

	check->length = 0;
	check->cleared = false;
	row->marks[column] = MARK_GIVEN;
	if (plan->takes != SOURCE_CELL)
		text = own_text(judge->plan, plan, row);
	else if (check->cell != NULL && cell_take_text(check) == CELL_BAD)
	{
		if (plan->computed)
			violate_cell(judge, row, column);
		return NULL;
	}
	else if (check->length > 0)
		return cell_text_copy(check);
	if (check->cleared)
		row->marks[column] = MARK_CLEARED;
	else if (text == NULL && plan->default_value.at > 0 && (plan->absent || plan->blank_cells != BLANK_NULL))
	{
		row->marks[column] = MARK_DEFAULT;
		text = plan_text(judge->plan, plan->default_value);
	}
	return text != NULL ? pstrdup(text) : NULL;
}

/*
 * Rules
 */

/* The text that a person sees, for a number or a date that was taken by its value. */
static void
read_text(Judge *judge, const JudgedRow *row, int column, CheckedValue *value)
{
	CellCheck  *check = begin_check(judge, row, column);

	(void) cell_take_text(check);
	value->text = check->text;
	value->length = check->length;
}

/* Without case, a word that is written otherwise is stored as the rule has it. */
static bool
take_word(const Judge *judge, const JudgedRow *row, const PlanRule *rule, CheckedValue *value)
{
	ColumnClass class = judge->classes[rule->column];
	int			place = plan_words_find(judge->plan, &rule->words, true, value->text, value->length);
	PlanText	word;

	if (place < 0)
		return false;
	word = plan_text_of(judge->plan, rule->words.texts, (uint32) place);
	if (row->states[rule->column] == VALUE_GOOD && (class == COLUMN_TEXT || class == COLUMN_OTHER))
	{
		value->text = plan_text(judge->plan, word);
		value->length = word.length;
	}
	return true;
}

static inline bool
is_obeyed(Judge *judge, const JudgedRow *row, const PlanRule *rule, FmgrInfo *compare, CheckedValue *value)
{
	ValueState	state = row->states[rule->column];

	if (!rule->reads_text)
		return state != VALUE_GOOD ||
			cell_rule_fits_value(judge->plan, rule, compare, judge->inputs != NULL ? judge->inputs[rule->column] : NULL, value);
	if (state == VALUE_UNKNOWN || (state == VALUE_GOOD && value->null))
		return true;
	if (value->text == NULL)
		read_text(judge, row, rule->column, value);
	if (rule->kind == RULE_ONE_OF && plan_columns(judge->plan)[rule->column].ignore_case)
		return take_word(judge, row, rule, value);
	return cell_rule_fits_text(judge->plan, rule, value->text, value->length);
}

static void
break_rule(const Judge *judge, JudgedRow *row, const PlanRule *rule, const CheckedValue *value)
{
	Message		message = plan_rule_message(judge->plan, rule);
	Violation	violation = {
		.code = fault_code_of_rule(rule->kind),.message = judge_say(judge, row, &message, &rule->column, 1),
		.constraint = plan_text(judge->plan, rule->name)
	};

	if (rule->kind == RULE_ONE_OF)
		violation.hint = plan_words_hint(judge->plan, &rule->words, value->text, value->length);
	judge_violate(row, rule->column, rule->warning, &violation);
}

/* All rules see the values of the cells. Only afterwards columns whose values broke a rule become bad. */
static void
judge_rules(Judge *judge, JudgedRow *row, CheckedValue *values)
{
	const PlanRule *rules = plan_rules(judge->plan);
	int			first = row->count;

	for (int i = 0; i < judge->plan->rule_count; i++)
		if (!is_obeyed(judge, row, &rules[i], &judge->compares[i], &values[rules[i].column]))
			break_rule(judge, row, &rules[i], &values[rules[i].column]);
	for (int i = first; i < row->count; i++)
		if (!row->violations[i].warning && row->states[row->violations[i].column] == VALUE_GOOD)
			row->states[row->violations[i].column] = VALUE_MISFIT;
}

RowVerdict
judge_row(Judge *judge, JudgedRow *row, CheckedValue *values)
{
	for (int i = 0; i < judge->plan->column_count; i++)
	{
		CellVerdict verdict;

		if (row->states[i] != VALUE_GOOD)
		{
			values[i] = (CheckedValue) {.null = true};
			continue;
		}
		verdict = judge_cell(judge, row, i, &values[i]);
		if (verdict == CELL_GOOD)
			continue;
		if (verdict == CELL_OPEN)
			return ROW_OPEN;
		violate_cell(judge, row, i);
		values[i].null = true;
	}
	judge_rules(judge, row, values);
	return row->bad ? ROW_BAD : ROW_GOOD;
}

void
judge_only_key(const Judge *judge, JudgedRow *row)
{
	int			count = 0;

	row->bad = row->warned = false;
	for (int i = 0; i < row->count; i++)
	{
		const RowViolation *violation = &row->violations[i];

		if (violation->column < 0 || !plan_columns(judge->plan)[violation->column].is_key)
			continue;
		row->bad = row->bad || !violation->warning;
		row->warned = row->warned || violation->warning;
		row->violations[count++] = *violation;
	}
	row->count = count;
	for (int i = 0; i < judge->plan->column_count; i++)
		if (!plan_columns(judge->plan)[i].is_key)
			row->states[i] = VALUE_UNKNOWN;
}

void
judge_kept(const Judge *judge, const JudgedRow *row, CheckedValue *values)
{
	for (int i = 0; i < judge->plan->column_count; i++)
		if (!plan_columns(judge->plan)[i].is_key || row->states[i] != VALUE_GOOD)
			values[i] = (CheckedValue) {.null = true};
}
