/*
 * cell_text.c
 *	  The text of a cell.
 */
#include "check/cell_text.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "pg/constraint_comment.h"
#include "pg/subtransaction.h"
#include "pg/text_encoding.h"
#include "pg/text_trim.h"
#include "utils/lsyscache.h"

CellVerdict
cell_fault(CellCheck *check, CellFault fault)
{
	check->fault = fault;
	check->detail = check->hint = check->constraint = check->comment = check->readings = NULL;
	return CELL_BAD;
}

CellVerdict
cell_blank(CellCheck *check)
{
	const PlanColumn *column = check->column;

	check->value->null = true;
	check->value->blank = !check->cleared && (column->absent || column->blank_cells != BLANK_NULL);
	return column->required || (check->cleared && column->not_null) ? cell_fault(check, FAULT_REQUIRED) : CELL_GOOD;
}

CellVerdict
cell_fault_error(CellCheck *check)
{
	if (!check->cell->boolean)
		return cell_fault(check, FAULT_CELL_ERROR);
	(void) cell_fault(check, FAULT_RICH_VALUE);
	check->hint = "Write the value as text or as a number into the cell.";
	return CELL_BAD;
}

CellVerdict
cell_fault_no_value(CellCheck *check)
{
	(void) cell_fault(check, FAULT_NO_VALUE);
	check->detail = "The program that wrote the file stored the formula without its result.";
	check->hint = "Open the file in a spreadsheet program, save it there, and upload it again.";
	return CELL_BAD;
}

/* The text of a number, a date or a boolean -> *length. */
static const char *
value_text(const XlsxCell *cell, bool shows, bool exact, size_t *length)
{
	size_t		room = XLSX_SEEN_BYTES(cell);
	const char *shown = xlsx_cell_shown(cell, length);
	char	   *buffer;

	if (shows && shown != NULL)
		return shown;
	buffer = palloc(room);
	*length = 0;
	if (cell->kind == XLSX_DATE && cell->shape == XLSX_DATE_ELAPSED && !shows)
		*length = xlsx_serial_to_clock(cell->number, buffer, room);
	if (*length == 0)
		*length = exact && cell->number != trunc(cell->number) ? xlsx_cell_text(cell, buffer, room) :
			xlsx_cell_seen(cell, buffer, room);
	return buffer;
}

/*
 * As it stands in the file
 */

const char *
check_original_bytes(const XlsxCell *cell, bool shows, size_t *length)
{
	const char *text;
	bool		valid;

	*length = 0;
	if (cell == NULL || cell->kind == XLSX_NO_VALUE)
		return NULL;
	if (cell->kind == XLSX_TEXT || cell->kind == XLSX_ERROR)
	{
		text = text_to_server(cell->text, cell->length, length, &valid);
		if (valid)
			return text;
		text = text_for_people(cell->text, cell->length);
	}
	else
		return value_text(cell, shows, false, length);
	*length = strlen(text);
	return text;
}

char *
check_original(const XlsxCell *cell, bool shows)
{
	size_t		length;
	const char *text = check_original_bytes(cell, shows, &length);

	return text != NULL ? pnstrdup(text, length) : NULL;
}

bool
check_original_is_number(const XlsxCell *cell, bool shows)
{
	size_t		length;

	return cell != NULL && cell->kind == XLSX_NUMBER && !(shows && xlsx_cell_shown(cell, &length) != NULL);
}

/*
 * As a column takes it
 */

static CellVerdict
fault_of_text(CellCheck *check)
{
	(void) cell_fault(check, FAULT_TEXT);
	if (GetDatabaseEncoding() != PG_UTF8)
		check->detail = psprintf("The encoding of the database is %s.", GetDatabaseEncodingName());
	return CELL_BAD;
}

CellVerdict
cell_take_text(CellCheck *check)
{
	const XlsxCell *cell = check->cell;
	const PlanColumn *column = check->column;
	bool		valid;

	if (cell->kind == XLSX_TEXT)
	{
		check->text = cell->text;
		check->length = cell->length;
		if (column->trim)
			text_trim(&check->text, &check->length);
		check->raw = check->text;
		check->raw_length = check->length;
		check->text = text_to_server(check->text, check->length, &check->length, &valid);
		if (!valid)
			return fault_of_text(check);
	}
	else if (cell->kind == XLSX_BOOL)
	{
		check->text = cell->boolean ? "TRUE" : "FALSE";
		check->length = strlen(check->text);
	}
	else if (cell->kind == XLSX_NO_VALUE)
	{
		check->length = 0;
		if (!column->ignores_no_value)
			return cell_fault_no_value(check);
	}
	else
		check->text = value_text(cell, column->shows, column->exact && !column->limited, &check->length);
	check->cleared = plan_text_is(check->plan, column->clear_token, check->text, check->length);
	if (check->cleared ||
		(column->null_tokens.count > 0 && plan_texts_have(check->plan, column->null_tokens, check->text, check->length)))
		check->length = 0;
	return CELL_GOOD;
}

char *
cell_text_copy(const CellCheck *check)
{
	return pnstrdup(check->text, check->length);
}

/*
 * As the input function of a type reads it
 */

/* A call of an input function, which may throw. */
typedef struct InputCall
{
	CellCheck  *check;
	Datum		result;
} InputCall;

static void
call_input(void *argument)
{
	InputCall  *call = argument;
	const PlanColumn *column = call->check->column;

	call->result = InputFunctionCall(call->check->input, cell_text_copy(call->check), column->input_param, column->typmod);
}

CellVerdict
cell_input_text(CellCheck *check, Datum *datum)
{
	InputCall	call = {check, (Datum) 0};
	ErrorData  *error;

	if (check->input == NULL)
		return CELL_OPEN;
	error = subtransaction_try(call_input, &call);
	*datum = call.result;
	if (error == NULL)
		return CELL_GOOD;
	/* Only an error of the data is a fault of the cell. */
	if (ERRCODE_TO_CATEGORY(error->sqlerrcode) != ERRCODE_DATA_EXCEPTION &&
		ERRCODE_TO_CATEGORY(error->sqlerrcode) != ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION)
		ReThrowError(error);
	(void) cell_fault(check, error->sqlerrcode == ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE ? FAULT_RANGE : FAULT_NOT_VALID);
	check->detail = error->message;
	check->hint = error->hint;
	check->constraint = error->constraint_name;
	if (error->constraint_name != NULL && error->datatype_name != NULL)
		check->comment = constraint_comment_of_domain(error->schema_name, error->datatype_name, error->constraint_name);
	return CELL_BAD;
}
