/*
 * rules.c
 *	  The rules of a profile.
 */
#include "rules.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "core/ref.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "message.h"
#include "owner.h"
#include "profile_sql.h"
#include "save.h"
#include "seen_values.h"
#include "unnest.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

/* A rule made ready. */
typedef struct CompiledRule
{
	const ProfileRule *rule;
	const ProfileColumn *column;	/* NULL: the row */
	Datum		bound;			/* RULE_MIN, RULE_MAX */
	FmgrInfo   *compare;
	int			length;			/* RULE_MIN_LENGTH, RULE_MAX_LENGTH */
	text	   *pattern;		/* RULE_PATTERN */
	SeenValues *seen;			/* RULE_UNIQUE */
} CompiledRule;

struct Rules
{
	const StageTask *task;
	int			count;
	CompiledRule *items;
	int			expressions;
	int			uniques;
	SPIPlanPtr	plan;			/* of the expressions */
};

/*
 * Compiling
 */

/* A rule's argument as a value of its column. */
static Datum
argument_datum(const ProfileRule *rule, const ProfileColumn *column)
{
	return InputFunctionCall((FmgrInfo *) &column->input, rule->argument.items[0], column->input_param, column->typmod);
}

static void
compile_rule(CompiledRule *compiled, const ProfileRule *rule, const StageTask *task)
{
	const Profile *profile = task->profile;
	TypeCacheEntry *type;

	compiled->rule = rule;
	compiled->column = rule->column < 0 ? NULL : &profile->columns[rule->column];
	switch (rule->kind)
	{
		case RULE_MIN:
		case RULE_MAX:
			type = lookup_type_cache(compiled->column->type, TYPECACHE_CMP_PROC_FINFO);
			if (!OidIsValid(type->cmp_proc_finfo.fn_oid))
				ereport(ERROR,
						(errcode(ERRCODE_UNDEFINED_FUNCTION),
						 errmsg("rule \"%s\" cannot compare values of type %s", rule->name,
								format_type_be(compiled->column->type))));
			compiled->compare = &type->cmp_proc_finfo;
			compiled->bound = argument_datum(rule, compiled->column);
			break;
		case RULE_MIN_LENGTH:
		case RULE_MAX_LENGTH:
			compiled->length = pg_strtoint32(rule->argument.items[0]);
			break;
		case RULE_UNIQUE:
			compiled->seen = seen_values_create(task->id, rule->name);
			break;
		case RULE_PATTERN:
			compiled->pattern = cstring_to_text(rule->argument.items[0]);
			break;
		default:
			break;
	}
}

/*
 * One query for the expressions of a batch: number of the row, and the
 * places of the rules that are false for it.  NULL is no violation, as in a CHECK.
 */
static void
prepare_expressions(Rules *rules)
{
	const Profile *profile = rules->task->profile;
	Oid		   *types = palloc(sizeof(Oid) * (size_t) profile->count);
	char	   *from = unnest_from(profile, types);
	StringInfoData columns;
	StringInfoData tests;

	initStringInfo(&columns);
	initStringInfo(&tests);
	for (int i = 0; i < profile->count; i++)
		appendStringInfo(&columns, "CAST(u.c%d AS %s) AS %s, ", i, unnest_type_name(profile->columns[i].type),
						 quote_identifier(profile->columns[i].name));
	for (int i = 0; i < rules->count; i++)
		if (rules->items[i].rule->kind == RULE_EXPRESSION)
			appendStringInfo(&tests, "%sCASE WHEN (%s\n) IS FALSE THEN %d END", tests.len > 0 ? ", " : "",
							 rules->items[i].rule->argument.items[0], i);
	rules->plan = profile_sql_prepare(profile, psprintf(
		"SELECT f.ord, f.broken FROM (SELECT r.\"$ord\" AS ord, array_remove(ARRAY[%s]::int[], NULL) AS broken"
		" FROM (SELECT %su.ord AS \"$ord\" FROM %s) AS r) AS f WHERE f.broken <> '{}'",
		tests.data, columns.data, from), profile->count, types);
}

Rules *
rules_create(const StageTask *task)
{
	const Profile *profile = task->profile;
	Rules	   *rules = palloc0(sizeof(Rules));

	rules->task = task;
	rules->count = profile->rule_count;
	rules->items = palloc0(sizeof(CompiledRule) * (size_t) Max(rules->count, 1));
	for (int i = 0; i < rules->count; i++)
	{
		compile_rule(&rules->items[i], &profile->rules[i], task);
		rules->expressions += profile->rules[i].kind == RULE_EXPRESSION;
		rules->uniques += profile->rules[i].kind == RULE_UNIQUE;
	}
	if (rules->expressions > 0)
		prepare_expressions(rules);
	return rules;
}

bool
rules_need_rows(const Rules *rules)
{
	return rules->expressions > 0 || rules->uniques > 0;
}

/*
 * Violations
 */

static const char *const rule_codes[] = {
	[RULE_REQUIRED] = "required",[RULE_MIN] = "min",[RULE_MAX] = "max",[RULE_MIN_LENGTH] = "min_length",
	[RULE_MAX_LENGTH] = "max_length",[RULE_PATTERN] = "pattern",[RULE_ONE_OF] = "one_of",[RULE_UNIQUE] = "unique",
	[RULE_EXPRESSION] = "rule"
};

static char *
list_of(const TextList *texts)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < texts->count; i++)
		appendStringInfo(&list, "%s%s", i > 0 ? ", " : "", texts->items[i]);
	return list.data;
}

static char *
default_message(const CompiledRule *compiled)
{
	const ProfileRule *rule = compiled->rule;
	const char *label = compiled->column != NULL ? compiled->column->label : NULL;

	switch (rule->kind)
	{
		case RULE_REQUIRED:
			return psprintf("%s is required", label);
		case RULE_MIN:
			return psprintf("%s must be at least %s", label, rule->argument.items[0]);
		case RULE_MAX:
			return psprintf("%s must be at most %s", label, rule->argument.items[0]);
		case RULE_MIN_LENGTH:
			return psprintf("%s must have at least %s characters", label, rule->argument.items[0]);
		case RULE_MAX_LENGTH:
			return psprintf("%s must have at most %s characters", label, rule->argument.items[0]);
		case RULE_PATTERN:
			return psprintf("%s does not have the expected form", label);
		case RULE_ONE_OF:
			return psprintf("%s must be one of %s", label, list_of(&rule->argument));
		case RULE_UNIQUE:
			return psprintf("%s must be unique in the file", label);
		case RULE_EXPRESSION:
			break;
	}
	return psprintf("Row breaks the rule \"%s\"", rule->name);
}

static void
break_rule(Rules *rules, const CompiledRule *compiled, StageRow *row, char *detail)
{
	int			column = compiled->rule->column;
	char		cell[19] = "";
	MessageValues values = {NULL, NULL, cell};
	Violation	violation = {
		.code = rule_codes[compiled->rule->kind], .detail = detail, .constraint = compiled->rule->name
	};

	if (column >= 0)
	{
		values.label = compiled->column->label;
		values.value = row->originals[column];
		if (rules->task->source[column] > 0)
			xlsx_ref_cell(row->number, rules->task->source[column], cell);
	}
	violation.message = message_own(compiled->rule->messages, NULL, rules->task->locale, &values);
	if (violation.message == NULL)
		violation.message = default_message(compiled);
	stage_violate(row, column, compiled->rule->warning, &violation);
}

/*
 * Cells
 */

/* The value as a datum of its type. */
static Datum
value_datum(const ProfileColumn *column, const CheckedValue *value)
{
	if (column->class == COLUMN_TEXT)
		return PointerGetDatum(cstring_to_text_with_len(value->text, (int) value->length));
	if (column->class == COLUMN_OTHER)
		return InputFunctionCall((FmgrInfo *) &column->input, pnstrdup(value->text, value->length), column->input_param,
								 column->typmod);
	return value->datum;
}

/* The text that a person sees: of the cell, or what was computed. */
static const char *
seen_text(const StageRow *row, int column)
{
	return row->texts[column] != NULL ? row->texts[column] : "";
}

static bool
is_one_of(const TextList *texts, const char *text)
{
	for (int i = 0; i < texts->count; i++)
		if (strcmp(texts->items[i], text) == 0)
			return true;
	return false;
}

static int
compare_bound(const CompiledRule *compiled, const CheckedValue *value)
{
	return DatumGetInt32(FunctionCall2Coll(compiled->compare, get_typcollation(compiled->column->type),
										   value_datum(compiled->column, value), compiled->bound));
}

static bool
obeys(const CompiledRule *compiled, const StageRow *row, const CheckedValue *value)
{
	const char *text = seen_text(row, compiled->rule->column);

	if (compiled->rule->kind == RULE_REQUIRED)
		return !value->null;
	if (value->null)
		return true;
	switch (compiled->rule->kind)
	{
		case RULE_MIN:
			return compare_bound(compiled, value) >= 0;
		case RULE_MAX:
			return compare_bound(compiled, value) <= 0;
		case RULE_MIN_LENGTH:
			return pg_mbstrlen(text) >= compiled->length;
		case RULE_MAX_LENGTH:
			return pg_mbstrlen(text) <= compiled->length;
		case RULE_PATTERN:
			return DatumGetBool(DirectFunctionCall2Coll(textregexeq, DEFAULT_COLLATION_OID, CStringGetTextDatum(text),
														PointerGetDatum(compiled->pattern)));
		case RULE_ONE_OF:
			return is_one_of(&compiled->rule->argument, text);
		default:
			return true;		/* a rule on rows */
	}
}

void
rules_check_cells(Rules *rules, StageRow *row, const CheckedValue *values)
{
	for (int i = 0; i < rules->count; i++)
	{
		const CompiledRule *compiled = &rules->items[i];

		if (compiled->column != NULL && !obeys(compiled, row, &values[compiled->rule->column]))
			break_rule(rules, compiled, row, NULL);
	}
}

/*
 * Rows
 */

static void
run_expressions(Rules *rules, const PacketRows *packet, StageRow *rows, const int *index)
{
	const Profile *profile = rules->task->profile;
	Datum	   *arguments = palloc(sizeof(Datum) * (size_t) profile->count);
	MemoryContext caller = CurrentMemoryContext;
	OwnerState	role;

	for (int i = 0; i < profile->count; i++)
		arguments[i] = unnest_array(&profile->columns[i], packet, 0, packet->count, i);
	profile_sql_enter(&role);
	SPI_connect();
	if (SPI_execute_plan(rules->plan, arguments, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not check the rules of profile \"%s\"", profile->name);
	for (uint64 found = 0; found < SPI_processed; found++)
	{
		TupleDesc	desc = SPI_tuptable->tupdesc;
		bool		null;
		int64		ord = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[found], desc, 1, &null));
		Datum		broken = SPI_getbinval(SPI_tuptable->vals[found], desc, 2, &null);
		MemoryContext spi = MemoryContextSwitchTo(caller);
		Datum	   *items;
		int			count;

		deconstruct_array(DatumGetArrayTypeP(broken), INT4OID, 4, true, TYPALIGN_INT, &items, NULL, &count);
		for (int k = 0; k < count; k++)
			break_rule(rules, &rules->items[DatumGetInt32(items[k])], &rows[index[ord - 1]], NULL);
		MemoryContextSwitchTo(spi);
	}
	SPI_finish();
	profile_sql_leave(&role);
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
	text = save_value_text(compiled->column, value);
	return (GivenValue) {text, strlen(text), number};
}

static void
check_unique(Rules *rules, const CompiledRule *compiled, const PacketRows *packet, StageRow *rows, const int *index)
{
	GivenValue *given = palloc(sizeof(GivenValue) * (size_t) packet->count);
	int		   *places = palloc(sizeof(int) * (size_t) packet->count);
	int			count = 0;

	for (int row = 0; row < packet->count; row++)
	{
		if (packet->nulls[row * packet->columns + compiled->rule->column])
			continue;
		places[count] = index[row];
		given[count++] = given_value(compiled, packet, row);
	}
	seen_values_add(compiled->seen, given, count);
	for (int i = 0; i < count; i++)
		if (given[i].first_row != given[i].row_number)
			break_rule(rules, compiled, &rows[places[i]], psprintf("Row %d has the same value.", given[i].first_row));
}

void
rules_check_rows(Rules *rules, const PacketRows *packet, StageRow *rows, const int *index)
{
	if (rules->expressions > 0)
		run_expressions(rules, packet, rows, index);
	for (int i = 0; i < rules->count; i++)
		if (rules->items[i].rule->kind == RULE_UNIQUE)
			check_unique(rules, &rules->items[i], packet, rows, index);
}
