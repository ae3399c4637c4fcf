/*
 * error_form.c
 *	  Writes one row that is not saved.
 */
#include "kept/error_form.h"

#include "check/cell_text.h"
#include "core/ref.h"
#include "pg/row_number.h"
#include "utils/builtins.h"

void
error_form_init(ErrorForm *form)
{
	text_array_init(&form->values);
	initStringInfo(&form->kinds);
	violation_json_init(&form->violations);
}

void
error_form_begin(ErrorForm *form)
{
	text_array_begin(&form->values);
	resetStringInfo(&form->kinds);
	violation_json_begin(&form->violations);
}

void
error_form_value(ErrorForm *form, const char *value, size_t length, bool number)
{
	text_array_add(&form->values, value, length);
	appendStringInfoCharMacro(&form->kinds, number ? ORIGINAL_NUMBER : ORIGINAL_TEXT);
}

text *
error_form_kinds(const ErrorForm *form)
{
	return cstring_to_text_with_len(form->kinds.data, form->kinds.len);
}

void
error_form_violation(ErrorForm *form, const char *header, uint32 sheet_row, uint32 source, const char *value,
					 const Violation *violation)
{
	char		cell[19];
	const char *members[VIOLATION_MEMBERS] = {
		[VIOLATION_CELL] = source > 0 ? cell : NULL,
		[VIOLATION_CODE] = violation->code,
		[VIOLATION_HINT] = violation->hint,
		[VIOLATION_VALUE] = value,
		[VIOLATION_COLUMN] = header,
		[VIOLATION_DETAIL] = violation->detail,
		[VIOLATION_MESSAGE] = violation->message,
		[VIOLATION_SQLSTATE] = violation->sqlstate,
		[VIOLATION_CONSTRAINT] = violation->constraint
	};

	if (source > 0)
		xlsx_ref_cell(row_in_sheet(sheet_row), source, cell);
	violation_json_add(&form->violations, members);
}

void
error_form_row(ErrorForm *form, const Judge *judge, const JudgedRow *row, bool warnings)
{
	const JudgePlan *plan = judge->plan;
	const PlanColumn *columns = plan_columns(plan);

	for (int i = 0; i < plan->column_count; i++)
	{
		size_t		length;
		const char *original = check_original_bytes(row->cells[i], columns[i].shows, &length);

		error_form_value(form, original, length, check_original_is_number(row->cells[i], columns[i].shows));
	}
	for (int i = 0; i < row->count; i++)
	{
		const RowViolation *found = &row->violations[i];
		bool		of_row = found->column < 0;

		if (found->warning == warnings)
			error_form_violation(form, of_row ? NULL : plan_text(plan, columns[found->column].header), row->number,
								 of_row ? 0 : columns[found->column].source,
								 of_row ? NULL : judge_original(judge, row, found->column), &found->violation);
	}
}
