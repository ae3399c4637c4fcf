/*
 * cell_numbers.c
 *	  Checks a cell that is not blank against the types of numbers and truth.
 */
#include "check/cell_numbers.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "check/cell_text.h"
#include "check/text_number.h"
#include "core/number.h"
#include "pg/decimal.h"
#include "profile/language.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

/* A number of more whole digits in exponent form is one that a program has rounded, unless it has so few. */
#define EXACT_DIGITS	15
#define ROUND_DIGITS	9

/* Doubles below this hold each whole number. */
#define EXACT_DOUBLE	9007199254740992.0

/* Longer texts are no numbers that a column could take. */
#define MOST_DIGITS		1000

/*
 * Texts that people wrote
 */

static char *
read_with(const CellCheck *check, DecimalSign sign, size_t *length)
{
	char	   *number = palloc(TEXT_NUMBER_ROOM(check->raw_length));

	*length = text_number_read(check->raw, check->raw_length, sign, number);
	return *length > 0 ? number : NULL;
}

static CellVerdict
two_readings(CellCheck *check, const char *by_comma, const char *by_point)
{
	(void) cell_fault(check, FAULT_TWO_READINGS);
	check->readings = psprintf("%s (decimal \",\") / %s (decimal \".\")", by_comma, by_point);
	check->detail = "The other values of the column do not decide.";
	check->hint = "Give the option decimal, \",\" or \".\".";
	return CELL_BAD;
}

/* Without a declaration: the text decides, else the whole column. */
static CellVerdict
read_undeclared(CellCheck *check, CellFault fault)
{
	size_t		lengths[COUNT_DECIMAL_SIGNS];
	char	   *numbers[COUNT_DECIMAL_SIGNS];
	int			sign = check->column->found_decimal;

	for (int i = 0; i < COUNT_DECIMAL_SIGNS; i++)
		numbers[i] = read_with(check, (DecimalSign) i, &lengths[i]);
	if (numbers[DECIMAL_COMMA] == NULL && numbers[DECIMAL_POINT] == NULL)
		return cell_fault(check, fault);
	if (numbers[DECIMAL_COMMA] == NULL || numbers[DECIMAL_POINT] == NULL)
		sign = numbers[DECIMAL_COMMA] == NULL ? DECIMAL_POINT : DECIMAL_COMMA;
	else if (lengths[0] == lengths[1] && memcmp(numbers[0], numbers[1], lengths[0]) == 0)
		sign = DECIMAL_POINT;
	else if (sign == FOUND_NOT_ASKED)
		return CELL_UNDECIDED;
	else if (sign < 0)
		return two_readings(check, pnstrdup(numbers[DECIMAL_COMMA], lengths[DECIMAL_COMMA]),
							pnstrdup(numbers[DECIMAL_POINT], lengths[DECIMAL_POINT]));
	check->text = numbers[sign];
	check->length = lengths[sign];
	return CELL_GOOD;
}

CellVerdict
cell_read_number(CellCheck *check, CellFault fault)
{
	int			sign = check->column->decimal;
	char	   *number;

	if (!check->written || text_number_is_plain(check->raw, check->raw_length))
		return CELL_GOOD;
	if (sign < 0)
		return read_undeclared(check, fault);
	number = read_with(check, (DecimalSign) sign, &check->length);
	if (number == NULL)
	{
		(void) cell_fault(check, fault);
		check->hint = psprintf("The decimal sign is \"%s\".", decimal_sign_names.texts[sign]);
		return CELL_BAD;
	}
	check->text = number;
	return CELL_GOOD;
}

/* Sets check->text to the number of a text or a number cell, if it is one. */
static CellVerdict
take_digits(CellCheck *check, CellFault fault)
{
	if (check->cell->kind == XLSX_TEXT)
		return cell_read_number(check, fault);
	if (check->cell->kind != XLSX_NUMBER)
		return cell_fault(check, fault);
	if (check->length == 0)
		(void) cell_take_text(check);
	return CELL_GOOD;
}

/* The same, and its shape. */
static CellVerdict
take_number(CellCheck *check, CellFault fault, DecimalShape *shape)
{
	CellVerdict verdict = take_digits(check, fault);

	if (verdict != CELL_GOOD)
		return verdict;
	if (!decimal_parse(check->text, check->length, shape))
		return cell_fault(check, fault);
	return CELL_GOOD;
}

/* Rounds check->text to so many decimals, if the column may. */
static void
round_text(CellCheck *check, int decimals, DecimalShape *shape)
{
	Rounding	rounding = check->column->rounding;

	if (rounding == ROUNDING_ERROR || shape->fraction_digits <= decimals || shape->integer_digits > MOST_DIGITS)
		return;
	check->text = decimal_round(check->text, check->length, decimals, rounding == ROUNDING_HALF_EVEN);
	check->length = strlen(check->text);
	(void) decimal_parse(check->text, check->length, shape);
}

/*
 * Integers
 */

static CellVerdict
store_integer(CellCheck *check, int64 number)
{
	switch (check->column->type)
	{
		case INT2OID:
			if (number < PG_INT16_MIN || number > PG_INT16_MAX)
				break;
			check->value->datum = Int16GetDatum((int16) number);
			return CELL_GOOD;
		case INT4OID:
			if (number < PG_INT32_MIN || number > PG_INT32_MAX)
				break;
			check->value->datum = Int32GetDatum((int32) number);
			return CELL_GOOD;
		default:
			check->value->datum = Int64GetDatum(number);
			return CELL_GOOD;
	}
	return cell_fault(check, FAULT_RANGE);
}

/*
 * Has a program written fewer digits into the file than the number has before its point? 1.45082913759854E+18 is such a one, 1E+18 is
 * not.
 */
static bool
is_rounded_in_file(const XlsxCell *cell)
{
	DecimalShape shape;
	int			digits = 0;
	int			significant = 0;

	if (cell->kind != XLSX_NUMBER || cell->text == NULL || !decimal_parse(cell->text, cell->length, &shape) ||
		shape.integer_digits <= EXACT_DIGITS)
		return false;
	for (size_t i = 0; i < cell->length && cell->text[i] != 'e' && cell->text[i] != 'E'; i++)
	{
		if (cell->text[i] < '0' || cell->text[i] > '9')
			continue;
		digits += digits > 0 || cell->text[i] != '0';
		significant = cell->text[i] != '0' ? digits : significant;
	}
	return digits < shape.integer_digits && significant > ROUND_DIGITS;
}

CellVerdict
cell_integer(CellCheck *check)
{
	double		number = check->cell->number;
	DecimalShape shape;
	CellVerdict verdict;
	int64		integer;

	if (check->cell->kind == XLSX_NUMBER && number == trunc(number) && fabs(number) < EXACT_DOUBLE)
		return store_integer(check, (int64) number);
	if ((verdict = take_number(check, FAULT_NOT_INTEGER, &shape)) != CELL_GOOD)
		return verdict;
	round_text(check, 0, &shape);
	if (shape.fraction_digits > 0)
		return cell_fault(check, FAULT_NOT_INTEGER);
	if (!decimal_to_int64(check->text, check->length, &integer))
		return cell_fault(check, FAULT_RANGE);
	if (is_rounded_in_file(check->cell))
		return cell_fault(check, FAULT_INEXACT);
	return store_integer(check, integer);
}

CellVerdict
cell_float(CellCheck *check)
{
	DecimalShape shape;
	CellVerdict verdict;
	double		number = check->cell->number;

	if (check->cell->kind == XLSX_TEXT)
	{
		if ((verdict = take_number(check, FAULT_NOT_NUMBER, &shape)) != CELL_GOOD)
			return verdict;
		return cell_input_text(check, &check->value->datum);
	}
	if (check->cell->kind != XLSX_NUMBER)
		return cell_fault(check, FAULT_NOT_NUMBER);
	if (check->column->type == FLOAT8OID)
		check->value->datum = Float8GetDatum(number);
	else if (isinf((float4) number) || ((float4) number == 0 && number != 0))
		return cell_fault(check, FAULT_RANGE);
	else
		check->value->datum = Float4GetDatum((float4) number);
	return CELL_GOOD;
}

/*
 * Numeric
 */

/* Does the column take this many digits? */
static CellVerdict
digits_fit(CellCheck *check, int whole_digits, int decimals)
{
	const PlanColumn *column = check->column;

	if (!column->limited)
		return CELL_GOOD;
	if (whole_digits > column->whole_digits)
		return cell_fault(check, FAULT_WHOLE_DIGITS);
	if (decimals > column->decimals)
		return cell_fault(check, FAULT_DECIMALS);
	return CELL_GOOD;
}

/* A decimal as the column stores it, with zeros up to its scale. NULL if it needs more than an int64. */
static Numeric
decimal_to_numeric(const PlanColumn *column, int64 digits, int places)
{
	int			scale = column->limited ? column->decimals : places;

	/* digits have 15 places at most, so there is room for three more */
	if (scale < places || scale - places > 3)
		return NULL;
	for (; places < scale; places++)
		digits *= 10;
	return int64_div_fast_to_numeric(digits, scale);
}

/* Checks a number by its digits. CELL_OPEN if its text is needed. */
static CellVerdict
store_decimal(CellCheck *check, int64 digits, int places)
{
	int64		whole = digits < 0 ? -digits : digits;
	int			whole_digits = 0;
	Numeric		result;

	for (int i = 0; i < places; i++)
		whole /= 10;
	for (; whole > 0; whole /= 10)
		whole_digits++;
	if (check->column->limited && check->column->rounding != ROUNDING_ERROR && places > check->column->decimals)
		return CELL_OPEN;
	if (digits_fit(check, whole_digits, places) != CELL_GOOD)
		return CELL_BAD;
	result = decimal_to_numeric(check->column, digits, places);
	check->value->datum = NumericGetDatum(result);
	return result != NULL ? CELL_GOOD : CELL_OPEN;
}

/* "-1234.50" of at most 15 digits as its digits and their places, without zeros at the end; false for all else. */
static bool
short_decimal(const char *text, size_t length, int64 *digits, int *places)
{
	bool		negative = length > 0 && *text == '-';
	bool		point = false;
	int			count = 0;

	*digits = 0;
	*places = 0;
	for (size_t i = negative; i < length; i++)
	{
		if (text[i] == '.' && !point)
			point = true;
		else if (text[i] < '0' || text[i] > '9' || count++ == EXACT_DIGITS)
			return false;
		else
		{
			*digits = *digits * 10 + (text[i] - '0');
			*places += point;
		}
	}
	while (*places > 0 && *digits % 10 == 0)
	{
		*digits /= 10;
		--*places;
	}
	if (negative)
		*digits = -*digits;
	return count > 0;
}

CellVerdict
cell_numeric(CellCheck *check)
{
	DecimalShape shape;
	CellVerdict verdict;
	int64		digits;
	int			places;

	if (check->cell->kind == XLSX_NUMBER && xlsx_number_decimal(check->cell->number, &digits, &places) &&
		(verdict = store_decimal(check, digits, places)) != CELL_OPEN)
		return verdict;
	if (check->column->limited && check->written && check->column->decimal >= 0 &&
		text_number_short(check->raw, check->raw_length, (DecimalSign) check->column->decimal, &digits, &places) &&
		(verdict = store_decimal(check, digits, places)) != CELL_OPEN)
		return verdict;
	if ((verdict = take_digits(check, FAULT_NOT_NUMBER)) != CELL_GOOD)
		return verdict;
	/* For a number without limit its zeros count: 12.50 stays so. */
	if (check->column->limited && short_decimal(check->text, check->length, &digits, &places) &&
		(verdict = store_decimal(check, digits, places)) != CELL_OPEN)
		return verdict;
	if (!decimal_parse(check->text, check->length, &shape))
		return cell_fault(check, FAULT_NOT_NUMBER);
	if (check->column->limited)
		round_text(check, check->column->decimals, &shape);
	if (shape.integer_digits > MOST_DIGITS || shape.fraction_digits > MOST_DIGITS)
		return cell_fault(check, FAULT_DIGITS);
	if (digits_fit(check, shape.integer_digits, shape.fraction_digits) != CELL_GOOD)
		return CELL_BAD;
	check->value->datum = DirectFunctionCall3(numeric_in, CStringGetDatum(cell_text_copy(check)),
											  ObjectIdGetDatum(InvalidOid), Int32GetDatum(check->column->typmod));
	return CELL_GOOD;
}

CellVerdict
cell_boolean(CellCheck *check)
{
	bool		result;

	if (check->cell->kind == XLSX_BOOL)
		result = check->cell->boolean;
	else if (check->cell->kind == XLSX_NUMBER && (check->cell->number == 0 || check->cell->number == 1))
		result = check->cell->number == 1;
	else if (check->cell->kind != XLSX_TEXT ||
			 !((check->written &&
				language_truth(language_numbered(check->column->language), check->raw, check->raw_length, &result)) ||
			   parse_bool_with_len(check->text, check->length, &result)))
		return cell_fault(check, FAULT_NOT_BOOLEAN);
	check->value->datum = BoolGetDatum(result);
	return CELL_GOOD;
}
