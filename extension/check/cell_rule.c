/*
 * cell_rule.c
 *	  Rules on one cell.
 */
#include "check/cell_rule.h"

#include "catalog/pg_collation.h"
#include "check/plan_words.h"
#include "pg/text_encoding.h"
#include "utils/builtins.h"

/* The value as a datum of its type. */
static Datum
value_datum(const PlanColumn *column, FmgrInfo *input, const CheckedValue *value)
{
	if (column->class == COLUMN_TEXT)
		return PointerGetDatum(cstring_to_text_with_len(value->text, (int) value->length));
	if (column->class == COLUMN_OTHER)
		return InputFunctionCall(input, pnstrdup(value->text, value->length), column->input_param, column->typmod);
	return value->datum;
}

bool
cell_rule_fits_value(const JudgePlan *plan, const PlanRule *rule, FmgrInfo *compare, FmgrInfo *input,
					 const CheckedValue *value)
{
	Datum		bound = rule->bound_at > 0 ? PointerGetDatum((const char *) plan + rule->bound_at) : rule->bound;
	int32		order;

	if (rule->kind == RULE_REQUIRED)
		return !value->null || plan_columns(plan)[rule->column].untouched;
	if (value->null)
		return true;
	order = DatumGetInt32(FunctionCall2Coll(compare, rule->collation,
											value_datum(&plan_columns(plan)[rule->column], input, value), bound));
	return rule->kind == RULE_MIN ? order >= 0 : order <= 0;
}

static bool
has_form(const JudgePlan *plan, const PlanRule *rule, const char *text, size_t length)
{
	return DatumGetBool(DirectFunctionCall2Coll(textregexeq, DEFAULT_COLLATION_OID,
												PointerGetDatum(cstring_to_text_with_len(text, (int) length)),
												PointerGetDatum((const char *) plan + rule->pattern_at)));
}

bool
cell_rule_fits_text(const JudgePlan *plan, const PlanRule *rule, const char *text, size_t length)
{
	switch (rule->kind)
	{
		case RULE_MIN_LENGTH:
			return rule->length <= 0 || text_has_more(text, length, rule->length - 1);
		case RULE_MAX_LENGTH:
			return !text_has_more(text, length, rule->length);
		case RULE_PATTERN:
			return has_form(plan, rule, text, length);
		case RULE_ONE_OF:
			return plan_words_find(plan, &rule->words, plan_columns(plan)[rule->column].ignore_case, text, length) >= 0;
		default:
			return true;
	}
}
