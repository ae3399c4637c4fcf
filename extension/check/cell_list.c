/*
 * cell_list.c
 *	  A cell that holds the elements of an array.
 */
#include "check/cell_list.h"

#include "catalog/pg_type.h"
#include "check/cell_dates.h"
#include "check/cell_text.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "pg/text_encoding.h"
#include "pg/text_trim.h"

/* One element -> its text as the type's input function reads it, in check->text. */
static CellVerdict
read_element(CellCheck *check, PlanColumn *element, const char *text, size_t length)
{
	check->column = element;
	check->text = text;
	check->length = length;
	check->raw = text_from_server(pnstrdup(text, length));
	check->raw_length = strlen(check->raw);
	return cell_read_for_domain(check);
}

static void
append_element(StringInfo array, const char *text, size_t length)
{
	appendStringInfoString(array, array->len > 1 ? ",\"" : "\"");
	for (size_t i = 0; i < length; i++)
	{
		if (text[i] == '"' || text[i] == '\\')
			appendStringInfoChar(array, '\\');
		appendStringInfoChar(array, text[i]);
	}
	appendStringInfoChar(array, '"');
}

/* The elements of text, in braces. */
static CellVerdict
read_elements(CellCheck *check, PlanColumn *element, const char *text, size_t length, StringInfo array)
{
	PlanText	split = element->split;
	const char *separator = plan_text(check->plan, split);
	const char *end = text + length;

	appendStringInfoChar(array, '{');
	while (text <= end)
	{
		const char *next = memmem(text, (size_t) (end - text), separator, split.length);
		const char *word = text;
		size_t		word_length = (size_t) ((next != NULL ? next : end) - text);

		CHECK_FOR_INTERRUPTS();
		text_trim(&word, &word_length);
		if (word_length > 0)
		{
			if (read_element(check, element, word, word_length) != CELL_GOOD)
			{
				if (check->detail == NULL)
					check->detail = psprintf("The element \"%.*s\" does not fit.", (int) word_length, word);
				return CELL_BAD;
			}
			append_element(array, check->text, check->length);
		}
		if (next == NULL)
			break;
		text = next + split.length;
	}
	appendStringInfoChar(array, '}');
	return CELL_GOOD;
}

/* Any text is an element, so the input function need not be asked. */
static bool
takes_all(const PlanColumn *column)
{
	return column->type == TEXTARRAYOID || (column->type == VARCHARARRAYOID && column->typmod < 0);
}

CellVerdict
cell_list(CellCheck *check)
{
	const PlanColumn *column = check->column;
	PlanColumn	element = *column;
	StringInfoData array;
	Datum		ignored;
	CellVerdict verdict;

	element.base = column->element;
	element.type = column->element_type;
	/* Only columns of single values are looked at as a whole. */
	element.found_order = element.found_decimal = FOUND_NOTHING;
	initStringInfo(&array);
	verdict = read_elements(check, &element, check->text, check->length, &array);
	check->column = column;
	if (verdict != CELL_GOOD)
		return verdict;
	if (array.len == 2)
		return cell_blank(check);
	check->value->text = check->text = array.data;
	check->value->length = check->length = (size_t) array.len;
	return takes_all(column) ? CELL_GOOD : cell_input_text(check, &ignored);
}
