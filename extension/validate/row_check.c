/*
 * row_check.c
 *	  One row against a profile that takes cells as they are and has no rules
 *	  but on single cells.
 */
#include "validate/row_check.h"

bool
row_check_suits(const Profile *profile)
{
	if (!profile->takes_cells)
		return false;
	for (int i = 0; i < profile->rule_count; i++)
		if (!cell_rule_stands_alone(profile, &profile->rules[i]))
			return false;
	return true;
}

void
row_check_init(RowCheck *check, const Profile *profile, const CellRules *rules, const uint32 *source, bool date1904)
{
	size_t		count = (size_t) profile->count;

	check->profile = profile;
	check->rules = *rules;
	check->source = source;
	check->date1904 = date1904;
	source_index_create(&check->sources, source, profile->count);
	check->cells = palloc0(sizeof(XlsxCell *) * count);
	check->values = palloc0(sizeof(CheckedValue) * count);
	check->violations = palloc0(sizeof(Violation) * count);
}

/* check_cell or check_cell_alone */
typedef bool (*CellCheck) (ProfileColumn *column, const XlsxCell *cell, bool date1904, CheckedValue *value,
						   Violation *violation);

static inline RowVerdict
check_cells(RowCheck *check, const XlsxRow *row, CellCheck cell_check)
{
	const Profile *profile = check->profile;
	RowVerdict	verdict = ROW_GOOD;

	source_index_cells(&check->sources, row, check->cells, profile->count);
	for (int i = 0; i < profile->count; i++)
	{
		Violation  *violation = &check->violations[i];

		violation->code = NULL;
		if (cell_check(&profile->columns[i], check->cells[i], check->date1904, &check->values[i], violation))
			continue;
		if (violation->code == NULL)
			return ROW_OPEN;
		verdict = ROW_BAD;
	}
	return verdict;
}

/* The text that counts is that of the value: rules on texts stand alone for texts only. */
static bool
obeys_rules(RowCheck *check)
{
	for (int i = 0; i < check->rules.count; i++)
	{
		CellRule   *rule = &check->rules.items[i];
		const CheckedValue *value = &check->values[rule->column];

		if (!cell_rule_obeyed(rule, &check->profile->columns[rule->column], value, value->text, value->length))
			return false;
	}
	return true;
}

/* What the cells came to, and the rules after them. */
static RowVerdict
verdict_of(RowCheck *check, RowVerdict cells)
{
	if (check->profile->plain || (cells == ROW_GOOD && obeys_rules(check)))
		return cells;
	return ROW_OPEN;
}

static bool
is_empty(const RowCheck *check)
{
	for (int i = 0; i < check->profile->count; i++)
		if (!check->values[i].null)
			return false;
	return true;
}

RowVerdict
row_check(RowCheck *check, const XlsxRow *row)
{
	return verdict_of(check, check_cells(check, row, check_cell));
}

RowVerdict
row_check_alone(RowCheck *check, const XlsxRow *row)
{
	RowVerdict	verdict = check_cells(check, row, check_cell_alone);

	return is_empty(check) ? ROW_OPEN : verdict_of(check, verdict);
}

void
row_check_report(const RowCheck *check, uint32 number, ErrorForm *form)
{
	const Profile *profile = check->profile;

	for (int i = 0; i < profile->count; i++)
	{
		size_t		length;
		const char *original = check_original_bytes(check->cells[i], check->date1904, &length);

		error_form_value(form, original, length);
		if (check->violations[i].code != NULL)
			error_form_violation(form, &profile->columns[i], number, check->source[i],
								 original != NULL ? pnstrdup(original, length) : NULL, &check->violations[i]);
	}
}
