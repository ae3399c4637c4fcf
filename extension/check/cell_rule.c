/*
 * cell_rule.c
 *	  Rules on one cell.
 */
#include "check/cell_rule.h"

#include "catalog/pg_collation.h"
#include "pg/text_encoding.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

bool
rule_is_on_cell(RuleKind kind)
{
	return kind != RULE_UNIQUE && kind != RULE_EXPRESSION;
}

bool
cell_rule_stands_alone(const Profile *profile, const ProfileRule *rule)
{
	ColumnClass class;

	if (!rule_is_on_cell(rule->kind))
		return false;
	class = profile->columns[rule->column].class;
	switch (rule->kind)
	{
		case RULE_REQUIRED:
			return true;
		case RULE_MIN:
		case RULE_MAX:
			return class == COLUMN_INTEGER || class == COLUMN_FLOAT || class == COLUMN_DATE ||
				class == COLUMN_TIMESTAMP || class == COLUMN_NUMERIC;
		default:
			return class == COLUMN_TEXT;	/* a rule on texts */
	}
}

static void
compile_bound(CellRule *compiled, const ProfileRule *rule, const ProfileColumn *column)
{
	TypeCacheEntry *type = lookup_type_cache(column->type, TYPECACHE_CMP_PROC_FINFO);

	if (!OidIsValid(type->cmp_proc_finfo.fn_oid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("rule \"%s\" cannot compare values of type %s", rule->name, format_type_be(column->type))));
	fmgr_info(type->cmp_proc_finfo.fn_oid, &compiled->compare);
	compiled->collation = get_typcollation(column->type);
	compiled->bound = InputFunctionCall((FmgrInfo *) &column->input, rule->argument.items[0], column->input_param,
										column->typmod);
}

void
cell_rule_compile(CellRule *compiled, const ProfileRule *rule, const ProfileColumn *column)
{
	*compiled = (CellRule) {.kind = rule->kind, .column = rule->column};
	switch (rule->kind)
	{
		case RULE_MIN:
		case RULE_MAX:
			compile_bound(compiled, rule, column);
			break;
		case RULE_MIN_LENGTH:
		case RULE_MAX_LENGTH:
			compiled->length = pg_strtoint32(rule->argument.items[0]);
			break;
		case RULE_PATTERN:
			compiled->texts = rule->argument;
			compiled->pattern = cstring_to_text(rule->argument.items[0]);
			break;
		case RULE_ONE_OF:
			compiled->texts = rule->argument;
			break;
		default:
			break;
	}
}

CellRules
cell_rules_compile(const Profile *profile)
{
	CellRules	rules = {profile->rule_count, palloc(sizeof(CellRule) * (size_t) Max(profile->rule_count, 1))};

	for (int i = 0; i < rules.count; i++)
		cell_rule_compile(&rules.items[i], &profile->rules[i], &profile->columns[profile->rules[i].column]);
	return rules;
}

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

static int
compare_bound(CellRule *rule, const ProfileColumn *column, const CheckedValue *value)
{
	return DatumGetInt32(FunctionCall2Coll(&rule->compare, rule->collation, value_datum(column, value), rule->bound));
}

static bool
has_form(const CellRule *rule, const char *text, size_t length)
{
	return DatumGetBool(DirectFunctionCall2Coll(textregexeq, DEFAULT_COLLATION_OID,
												PointerGetDatum(cstring_to_text_with_len(text, (int) length)),
												PointerGetDatum(rule->pattern)));
}

bool
cell_rule_obeyed(CellRule *rule, const ProfileColumn *column, const CheckedValue *value, const char *text, size_t length)
{
	if (rule->kind == RULE_REQUIRED)
		return !value->null;
	if (value->null)
		return true;
	switch (rule->kind)
	{
		case RULE_MIN:
			return compare_bound(rule, column, value) >= 0;
		case RULE_MAX:
			return compare_bound(rule, column, value) <= 0;
		case RULE_MIN_LENGTH:
			return rule->length <= 0 || text_has_more(text, length, rule->length - 1);
		case RULE_MAX_LENGTH:
			return !text_has_more(text, length, rule->length);
		case RULE_PATTERN:
			return has_form(rule, text, length);
		case RULE_ONE_OF:
			return text_list_has(&rule->texts, text, length);
		default:
			return true;
	}
}
