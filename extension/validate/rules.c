/*
 * rules.c
 *	  The rules of a profile.
 */
#include "validate/rules.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "kept/unnest.h"
#include "kept/waiting.h"
#include "lib/stringinfo.h"
#include "pg/query.h"
#include "profile/params.h"
#include "profile/sql.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "validate/seen_values.h"

/* A rule made ready. */
typedef struct CompiledRule
{
	const ProfileRule *rule;
	const ProfileColumn *column;	/* NULL: the row */
	Message		message;
	RowRule		row;			/* RULE_EXPRESSION, by itself */
	SeenValues *seen;			/* RULE_UNIQUE */
} CompiledRule;

struct Rules
{
	const Profile *profile;
	const Judge *judge;
	int			count;
	CompiledRule *items;
	int			expressions;
	SPIPlanPtr	plan;			/* one statement with all expressions, for rows without an error */
};

/*
 * Compiling
 */

/* The text of {label}: the columns that the rule reads, or its name if it reads none. */
static const char *
label_of(const CompiledRule *compiled, const Profile *profile)
{
	StringInfoData labels;

	if (compiled->column != NULL)
		return compiled->column->label;
	if (compiled->row.read_count == 0)
		return compiled->rule->name;
	initStringInfo(&labels);
	for (int i = 0; i < compiled->row.read_count; i++)
		appendStringInfo(&labels, "%s%s", i > 0 ? ", " : "", profile->columns[compiled->row.reads[i]].label);
	return labels.data;
}

static Message
message_of(const CompiledRule *compiled, const JudgeTask *task)
{
	const ProfileRule *rule = compiled->rule;
	const char *template = message_template(message_object(rule->messages), NULL, task->locale);
	MessagePlaces places = {.label = label_of(compiled, task->profile)};

	if (template != NULL)
		return message_make(template, &places);
	places.rule = rule->name;
	return message_make(fault_text_of_rule(rule->kind, task->locale), &places);
}

static void
compile_rule(CompiledRule *compiled, const ProfileRule *rule, const JudgeTask *task)
{
	compiled->rule = rule;
	compiled->column = rule->column < 0 ? NULL : &task->profile->columns[rule->column];
	if (rule->kind == RULE_UNIQUE)
		compiled->seen = seen_values_create(task->id, rule->name);
	else
		row_rule_compile(&compiled->row, task->profile, rule->argument.items[0]);
	compiled->message = message_of(compiled, task);
}

/*
 * One query for the expressions of a batch: the row's number, and the indexes of
 * the rules that are false for it.  NULL is no violation, as in a CHECK.
 */
static void
prepare_expressions(Rules *rules)
{
	const Profile *profile = rules->profile;
	Oid		   *types = palloc(sizeof(Oid) * (size_t) (profile->count + 1));
	char	   *from = unnest_from(profile, types);
	StringInfoData tests;

	types[profile->count] = JSONBOID;
	initStringInfo(&tests);
	for (int i = 0; i < rules->count; i++)
		if (rules->items[i].rule->kind == RULE_EXPRESSION)
			appendStringInfo(&tests, "%sCASE WHEN (%s\n) IS FALSE THEN %d END", tests.len > 0 ? ", " : "",
							 rules->items[i].rule->argument.items[0], i);
	rules->plan = profile_sql_prepare(profile, psprintf(
		"SELECT f.ord, f.broken FROM (SELECT r.\"$ord\" AS ord, array_remove(ARRAY[%s]::int[], NULL) AS broken"
		" FROM (SELECT %s FROM %s) AS r) AS f WHERE f.broken <> '{}'",
		tests.data, row_rule_columns(profile), from), profile->count + 1, types);
}

Rules *
rules_create(const JudgeTask *task, const Judge *judge)
{
	const Profile *profile = task->profile;
	Rules	   *rules = palloc0(sizeof(Rules));

	rules->profile = profile;
	rules->judge = judge;
	rules->items = palloc0(sizeof(CompiledRule) * (size_t) Max(profile->rule_count, 1));
	for (int i = 0; i < profile->rule_count; i++)
	{
		if (rule_is_on_cell(profile->rules[i].kind))
			continue;
		compile_rule(&rules->items[rules->count++], &profile->rules[i], task);
		rules->expressions += profile->rules[i].kind == RULE_EXPRESSION;
	}
	if (rules->expressions > 0)
		prepare_expressions(rules);
	return rules;
}

bool
rules_need_rows(const Rules *rules)
{
	return rules->count > 0;
}

/*
 * Violations
 */

static void
break_rule(const Rules *rules, const CompiledRule *compiled, JudgedRow *row, const char *detail)
{
	const ProfileRule *rule = compiled->rule;
	bool		of_row = rule->column < 0;
	Violation	violation = {
		.code = fault_code_of_rule(rule->kind),.detail = detail,.constraint = rule->name
	};

	violation.message = judge_say(rules->judge, row, &compiled->message, of_row ? compiled->row.reads : &rule->column,
								  of_row ? compiled->row.read_count : 1);
	judge_violate(row, rule->column, rule->warning, &violation);
}

/*
 * Rows
 */

/* The expressions over the rows of a packet; index: their places among the rows of the stage. */
typedef struct ExpressionCall
{
	Rules	   *rules;
	const PacketRows *packet;
	JudgedRow  *rows;
	const int  *index;
} ExpressionCall;

static void
execute_expressions(void *argument)
{
	ExpressionCall *call = argument;
	Rules	   *rules = call->rules;
	const PacketRows *packet = call->packet;
	const Profile *profile = rules->profile;
	Datum	   *arguments = palloc(sizeof(Datum) * (size_t) (profile->count + 1));
	MemoryContext caller = CurrentMemoryContext;
	RoleSql		sql;

	for (int i = 0; i < profile->count; i++)
		arguments[i] = unnest_array(&profile->columns[i], packet, 0, packet->count, i);
	arguments[profile->count] = params_datum(profile);
	role_sql_enter_query(&sql, profile->confined);
	SPI_connect();
	if (SPI_execute_plan(rules->plan, arguments, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not check the rules of profile \"%s\"", profile->name);
	for (uint64 found = 0; found < SPI_processed; found++)
	{
		TupleDesc	desc = SPI_tuptable->tupdesc;
		bool		null;
		Datum		place = SPI_getbinval(SPI_tuptable->vals[found], desc, 1, &null);
		JudgedRow  *row = &call->rows[call->index[query_index(place, null, packet->count)]];
		Datum		broken = SPI_getbinval(SPI_tuptable->vals[found], desc, 2, &null);
		MemoryContext spi = MemoryContextSwitchTo(caller);
		Datum	   *items;
		int			count;

		deconstruct_array(DatumGetArrayTypeP(broken), INT4OID, 4, true, TYPALIGN_INT, &items, NULL, &count);
		for (int k = 0; k < count; k++)
		{
			int64		rule = query_index(Int64GetDatum((int64) DatumGetInt32(items[k]) + 1), false, rules->count);

			break_rule(rules, &rules->items[rule], row, NULL);
		}
		MemoryContextSwitchTo(spi);
	}
	SPI_finish();
	role_sql_leave(&sql);
}

static void
run_expressions(Rules *rules, const PacketRows *packet, JudgedRow *rows, const int *index)
{
	ExpressionCall call = {rules, packet, rows, index};
	ErrorData  *error = profile_sql_try(rules->profile, execute_expressions, &call);

	if (error != NULL)
		ReThrowError(error);
}

/* What is compared: the text of a value. */
static GivenValue
given_value(const CompiledRule *compiled, const PacketRows *packet, int row)
{
	Datum		value = packet->values[row * packet->columns + compiled->rule->column];
	int32		number = (int32) packet->sheet_rows[row];
	const char *text;

	if (compiled->column->class == COLUMN_TEXT || compiled->column->class == COLUMN_OTHER)
		return (GivenValue) {VARDATA_ANY(DatumGetPointer(value)), VARSIZE_ANY_EXHDR(DatumGetPointer(value)), number};
	text = waiting_text(compiled->column, value);
	return (GivenValue) {text, strlen(text), number};
}

/* Collects the values of a column that must be unique, and their rows; returns their number. */
static int
take_given(const CompiledRule *compiled, const PacketRows *packet, const int *index, GivenValue *given, int *places)
{
	int			count = 0;

	for (int row = 0; row < packet->count; row++)
	{
		if (packet->nulls[row * packet->columns + compiled->rule->column])
			continue;
		places[count] = index[row];
		given[count++] = given_value(compiled, packet, row);
	}
	return count;
}

static void
check_unique(Rules *rules, const CompiledRule *compiled, const PacketRows *packet, JudgedRow *rows, const int *index)
{
	GivenValue *given = palloc(sizeof(GivenValue) * (size_t) packet->count);
	int		   *places = palloc(sizeof(int) * (size_t) packet->count);
	int			count = take_given(compiled, packet, index, given, places);

	seen_values_add(compiled->seen, given, count);
	for (int i = 0; i < count; i++)
		if (given[i].first_row != given[i].row_number)
			break_rule(rules, compiled, &rows[places[i]], psprintf("%s has the same value.", plan_row_name(rules->judge->plan, (uint32) given[i].first_row)));
}

void
rules_check_rows(Rules *rules, const PacketRows *packet, JudgedRow *rows, const int *index)
{
	if (rules->expressions > 0)
		run_expressions(rules, packet, rows, index);
	for (int i = 0; i < rules->count; i++)
		if (rules->items[i].rule->kind == RULE_UNIQUE)
			check_unique(rules, &rules->items[i], packet, rows, index);
}

/*
 * Rows that are bad already
 */

/* Has the row all that the rule reads? */
static bool
has_all(const RowRule *rule, const JudgedRow *row)
{
	for (int i = 0; i < rule->read_count; i++)
		if (row->states[rule->reads[i]] != VALUE_GOOD)
			return false;
	return true;
}

static void
ask_expression(Rules *rules, const CompiledRule *compiled, const PacketRows *gaps, JudgedRow *rows, const int *index)
{
	int		   *places = palloc(sizeof(int) * (size_t) gaps->count);
	bool	   *broken = palloc(sizeof(bool) * (size_t) gaps->count);
	ErrorData **errors = palloc(sizeof(ErrorData *) * (size_t) gaps->count);
	int			count = 0;

	for (int i = 0; i < gaps->count; i++)
		if (has_all(&compiled->row, &rows[index[i]]))
			places[count++] = i;
	row_rule_ask(&compiled->row, rules->profile, gaps, places, count, broken, errors);
	for (int i = 0; i < count; i++)
		if (broken[i])
			break_rule(rules, compiled, &rows[index[places[i]]], errors[i] != NULL ? errors[i]->message : NULL);
}

static void
ask_unique(Rules *rules, const CompiledRule *compiled, const PacketRows *gaps, JudgedRow *rows, const int *index)
{
	GivenValue *given = palloc(sizeof(GivenValue) * (size_t) gaps->count);
	int		   *places = palloc(sizeof(int) * (size_t) gaps->count);
	int			count = take_given(compiled, gaps, index, given, places);

	seen_values_find(compiled->seen, given, count);
	for (int i = 0; i < count; i++)
		if (given[i].first_row < given[i].row_number)
			break_rule(rules, compiled, &rows[places[i]], psprintf("%s has the same value.", plan_row_name(rules->judge->plan, (uint32) given[i].first_row)));
}

void
rules_check_gaps(Rules *rules, const PacketRows *gaps, JudgedRow *rows, const int *index)
{
	for (int i = 0; i < rules->count; i++)
		if (rules->items[i].rule->kind == RULE_EXPRESSION)
			ask_expression(rules, &rules->items[i], gaps, rows, index);
		else if (rules->items[i].rule->kind == RULE_UNIQUE)
			ask_unique(rules, &rules->items[i], gaps, rows, index);
}
