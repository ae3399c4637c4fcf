/*
 * error_form.c
 *	  One row that is not saved.
 */
#include "kept/error_form.h"

#include "core/ref.h"

void
error_form_init(ErrorForm *form)
{
	text_array_init(&form->values);
	violation_json_init(&form->violations);
}

void
error_form_begin(ErrorForm *form)
{
	text_array_begin(&form->values);
	violation_json_begin(&form->violations);
}

void
error_form_value(ErrorForm *form, const char *value, size_t length)
{
	text_array_add(&form->values, value, length);
}

void
error_form_violation(ErrorForm *form, const ProfileColumn *column, uint32 sheet_row, uint32 source, const char *value,
					 const Violation *violation)
{
	char		cell[19];
	const char *members[VIOLATION_MEMBERS] = {
		[VIOLATION_CELL] = source > 0 ? cell : NULL,
		[VIOLATION_CODE] = violation->code,
		[VIOLATION_HINT] = violation->hint,
		[VIOLATION_VALUE] = value,
		[VIOLATION_COLUMN] = column != NULL ? column->header : NULL,
		[VIOLATION_DETAIL] = violation->detail,
		[VIOLATION_MESSAGE] = violation->message,
		[VIOLATION_SQLSTATE] = violation->sqlstate,
		[VIOLATION_CONSTRAINT] = violation->constraint
	};

	if (source > 0)
		xlsx_ref_cell(sheet_row, source, cell);
	violation_json_add(&form->violations, members);
}
