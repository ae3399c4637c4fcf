/*
 * row_check.c
 *	  One row against a profile that takes cells as they are.
 */
#include "row_check.h"

void
row_check_init(RowCheck *check, const Profile *profile, const uint32 *source, bool date1904)
{
	size_t		count = (size_t) profile->count;

	check->profile = profile;
	check->source = source;
	check->date1904 = date1904;
	source_index_create(&check->sources, source, profile->count);
	check->cells = palloc0(sizeof(XlsxCell *) * count);
	check->values = palloc0(sizeof(CheckedValue) * count);
	check->violations = palloc0(sizeof(Violation) * count);
}

RowVerdict
row_check(RowCheck *check, const XlsxRow *row)
{
	const Profile *profile = check->profile;
	RowVerdict	verdict = ROW_GOOD;

	source_index_cells(&check->sources, row, check->cells, profile->count);
	for (int i = 0; i < profile->count; i++)
	{
		check->violations[i].code = NULL;
		if (!check_cell(&profile->columns[i], check->cells[i], check->date1904, &check->values[i], &check->violations[i]))
			verdict = ROW_BAD;
	}
	return verdict;
}

RowVerdict
row_check_alone(RowCheck *check, const XlsxRow *row)
{
	const Profile *profile = check->profile;
	RowVerdict	verdict = ROW_GOOD;
	bool		empty = true;

	source_index_cells(&check->sources, row, check->cells, profile->count);
	for (int i = 0; i < profile->count; i++)
	{
		Violation  *violation = &check->violations[i];
		bool		good = check_cell_alone(&profile->columns[i], check->cells[i], check->date1904, &check->values[i], violation);

		if (good)
			violation->code = NULL;
		else if (violation->code == NULL)
			return ROW_OPEN;
		else
			verdict = ROW_BAD;
		empty = empty && check->values[i].null;
	}
	return empty ? ROW_OPEN : verdict;
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
