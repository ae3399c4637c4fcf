/*
 * cell.c
 *	  One cell against one column.
 */
#include "check/cell.h"

#include "catalog/pg_type.h"
#include "check/cell_text.h"
#include "check/cell_dates.h"
#include "check/cell_list.h"
#include "check/cell_numbers.h"
#include "check/plan_words.h"
#include "pg/text_encoding.h"
#include "utils/lsyscache.h"

static CellVerdict
check_text_class(CellCheck *check)
{
	int			limit = check->column->max_characters;

	if (limit < 0 || !text_has_more(check->text, check->length, limit))
		return CELL_GOOD;
	return cell_fault(check, FAULT_LENGTH);
}

/*
 * Is it a type of times? It would read a number in another sense than the
 * cell means: 0.5 as half a second, 930 as half past nine.
 */
static bool
is_time_type(Oid type)
{
	return type == INTERVALOID || type == TIMEOID || type == TIMETZOID;
}

/* Days of an elapsed time that a time of day can hold. */
static bool
is_in_a_day(const XlsxCell *cell)
{
	return cell->number >= 0 && cell->number < 1;
}

static CellVerdict
check_time(CellCheck *check)
{
	const XlsxCell *cell = check->cell;

	if (cell->kind == XLSX_NUMBER)
	{
		(void) cell_fault(check, FAULT_NOT_TIME);
		check->hint = "Give the cell a format of times, such as [h]:mm:ss, or write the unit: 12 hours.";
		return CELL_BAD;
	}
	if (cell->kind == XLSX_DATE && cell->shape == XLSX_DATE_ELAPSED && !is_in_a_day(cell) &&
		getBaseType(check->column->type) != INTERVALOID)
		return cell_fault(check, FAULT_RANGE);
	return CELL_GOOD;
}

/* The label of an enum; it waits as its text. */
static CellVerdict
check_label(CellCheck *check)
{
	const PlanWords *labels = &check->column->labels;
	int			place = plan_words_find(check->plan, labels, check->column->ignore_case, check->text, check->length);
	PlanText	label;

	if (place == WORD_AMBIGUOUS)
		return cell_fault(check, FAULT_AMBIGUOUS);
	if (place == WORD_UNKNOWN)
	{
		(void) cell_fault(check, FAULT_NOT_WORD);
		check->hint = plan_words_hint(check->plan, labels, check->text, check->length);
		return CELL_BAD;
	}
	label = plan_text_of(check->plan, labels->texts, (uint32) place);
	check->value->text = plan_text(check->plan, label);
	check->value->length = label.length;
	return CELL_GOOD;
}

/* Any other type: its input function reads the text; the value waits as text. */
static CellVerdict
check_other(CellCheck *check)
{
	Datum		ignored;
	CellVerdict verdict;

	if (check->column->labels.texts.count > 0)
		return check_label(check);
	if (check->column->split.at > 0)
		return cell_list(check);
	if (check->input == NULL)
		return CELL_OPEN;
	if (is_time_type(getBaseType(check->column->type)))
	{
		verdict = check_time(check);
		if (verdict != CELL_GOOD)
			return verdict;
	}
	verdict = cell_read_for_domain(check);
	if (verdict != CELL_GOOD)
		return verdict;
	check->value->text = check->text;
	check->value->length = check->length;
	return cell_input_text(check, &ignored);
}

static CellVerdict (*const class_checks[]) (CellCheck *) = {
	[COLUMN_TEXT] = check_text_class,
	[COLUMN_INTEGER] = cell_integer,
	[COLUMN_FLOAT] = cell_float,
	[COLUMN_BOOLEAN] = cell_boolean,
	[COLUMN_DATE] = cell_date,
	[COLUMN_TIMESTAMP] = cell_timestamp,
	[COLUMN_NUMERIC] = cell_numeric,
	[COLUMN_OTHER] = check_other,
};

/* The classes that take numbers and dates by value, because making a text costs more than the rest of the check. */
static bool
takes_value(const PlanColumn *column, const XlsxCell *cell)
{
	ColumnClass class = column->class;

	if (cell->kind != XLSX_NUMBER && cell->kind != XLSX_DATE && cell->kind != XLSX_BOOL)
		return false;
	/* A word that means NULL, or clears, may be a number too. */
	if (column->null_tokens.count > 0 || column->clear_token.at > 0)
		return false;
	return class == COLUMN_INTEGER || class == COLUMN_FLOAT || class == COLUMN_BOOLEAN ||
		class == COLUMN_DATE || class == COLUMN_TIMESTAMP || (class == COLUMN_NUMERIC && cell->kind == XLSX_NUMBER);
}

/* Do blank cells leave the column alone where the row is there? */
static bool
keeps(const PlanColumn *column)
{
	return column->absent || column->blank_cells == BLANK_KEEP;
}

static CellVerdict
check_by_text(CellCheck *check)
{
	CellVerdict verdict = check->cell != NULL ? cell_take_text(check) : CELL_GOOD;

	if (verdict != CELL_GOOD)
		return verdict;
	if (check->length == 0)
		return cell_blank(check);
	check->value->text = check->text;
	check->value->length = check->length;
	return class_checks[check->column->class] (check);
}

/* With a cell, NULL for a blank one. */
static CellVerdict
check_given(CellCheck *check)
{
	const XlsxCell *cell = check->cell;

	check->value->null = check->value->blank = check->cleared = false;
	check->value->text = NULL;
	check->length = 0;
	if (cell != NULL && cell->kind == XLSX_ERROR)
		return cell_fault_error(check);
	if (cell != NULL && cell->kind == XLSX_NO_VALUE)
	{
		if (!check->column->ignores_no_value)
			return cell_fault_no_value(check);
		check->cell = cell = NULL;
	}
	if (cell != NULL && takes_value(check->column, cell))
		return class_checks[check->column->class] (check);
	return check_by_text(check);
}

CellVerdict
check_cell_text(CellCheck *check, const char *text)
{
	check->written = false;
	check->cell = NULL;
	if (text != NULL)
	{
		text = text_from_server(text);
		check->own = (XlsxCell) {.kind = XLSX_TEXT,.text = text,.length = strlen(text)};
		check->cell = &check->own;
	}
	return check_given(check);
}

CellVerdict
check_default(CellCheck *check, const char *text)
{
	CellVerdict verdict = check_cell_text(check, text);

	check->value->blank = check->value->blank || keeps(check->column);
	return verdict;
}

CellVerdict
check_cleared(CellCheck *check)
{
	check->value->text = NULL;
	check->cleared = true;
	return cell_blank(check);
}

CellVerdict
check_cell(CellCheck *check)
{
	CellVerdict verdict;

	check->written = check->cell != NULL && check->cell->kind == XLSX_TEXT;
	verdict = check_given(check);

	if (!check->value->blank || check->column->default_value.at == 0)
		return verdict;
	return check_default(check, plan_text(check->plan, check->column->default_value));
}
