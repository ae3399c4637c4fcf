/*
 * cell_types.c
 *	  Checks a cell that is not blank against the types that have a function of
 *	  their own.
 */
#include "check/cell_types.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "check/cell_text.h"
#include "core/datetime.h"
#include "core/number.h"
#include "pg/decimal.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

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

CellVerdict
cell_integer(CellCheck *check)
{
	double		number = check->cell->number;
	DecimalShape shape;
	int64		integer;

	if (check->cell->kind == XLSX_NUMBER)
	{
		if (number != trunc(number))
			return cell_fault(check, FAULT_NOT_INTEGER);
		if (!FLOAT8_FITS_IN_INT64(number))
			return cell_fault(check, FAULT_RANGE);
		return store_integer(check, (int64) number);
	}
	if (check->cell->kind != XLSX_TEXT || !decimal_parse(check->text, check->length, &shape) ||
		shape.fraction_digits > 0)
		return cell_fault(check, FAULT_NOT_INTEGER);
	if (!decimal_to_int64(check->text, check->length, &integer))
		return cell_fault(check, FAULT_RANGE);
	return store_integer(check, integer);
}

CellVerdict
cell_float(CellCheck *check)
{
	DecimalShape shape;
	double		number = check->cell->number;

	if (check->cell->kind == XLSX_TEXT)
	{
		if (!decimal_parse(check->text, check->length, &shape))
			return cell_fault(check, FAULT_NOT_NUMBER);
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

/* Checks a number cell by its value. CELL_OPEN if its text is needed. */
static CellVerdict
check_decimal(CellCheck *check)
{
	int64		digits;
	int64		whole;
	int			places;
	int			whole_digits = 0;
	Numeric		result;

	if (!xlsx_number_decimal(check->cell->number, &digits, &places))
		return CELL_OPEN;
	whole = digits < 0 ? -digits : digits;
	for (int i = 0; i < places; i++)
		whole /= 10;
	for (; whole > 0; whole /= 10)
		whole_digits++;
	if (digits_fit(check, whole_digits, places) != CELL_GOOD)
		return CELL_BAD;
	result = decimal_to_numeric(check->column, digits, places);
	check->value->datum = NumericGetDatum(result);
	return result != NULL ? CELL_GOOD : CELL_OPEN;
}

CellVerdict
cell_numeric(CellCheck *check)
{
	DecimalShape shape;

	if (check->cell->kind == XLSX_NUMBER)
	{
		CellVerdict by_value = check_decimal(check);

		if (by_value != CELL_OPEN)
			return by_value;
		if (check->length == 0)
			(void) cell_take_text(check);
	}
	if ((check->cell->kind != XLSX_TEXT && check->cell->kind != XLSX_NUMBER) ||
		!decimal_parse(check->text, check->length, &shape))
		return cell_fault(check, FAULT_NOT_NUMBER);
	if (shape.integer_digits > 1000 || shape.fraction_digits > 1000)
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
	else if (check->cell->kind != XLSX_TEXT || !parse_bool_with_len(check->text, check->length, &result))
		return cell_fault(check, FAULT_NOT_BOOLEAN);
	check->value->datum = BoolGetDatum(result);
	return CELL_GOOD;
}

/* Does the text look like a date in digits? "today", "epoch" and "infinity" are not accepted. */
static bool
is_date_text(const CellCheck *check)
{
	for (size_t i = 0; i < check->length; i++)
		if (check->text[i] >= '0' && check->text[i] <= '9')
			return true;
	return false;
}

CellVerdict
cell_date(CellCheck *check)
{
	XlsxDateTime moment;

	if (check->cell->kind == XLSX_TEXT)
	{
		if (!is_date_text(check))
			return cell_fault(check, FAULT_NOT_DATE);
		if (memchr(check->text, ':', check->length) != NULL)
			return cell_fault(check, FAULT_TIME_OF_DAY);
		return cell_input_text(check, &check->value->datum);
	}
	if (check->cell->kind != XLSX_DATE)
		return cell_fault(check, FAULT_NOT_DATE);
	xlsx_cell_moment(check->cell, &moment);
	if (moment.moment == XLSX_MOMENT_DATETIME)
		return cell_fault(check, FAULT_TIME_OF_DAY);
	if (moment.moment != XLSX_MOMENT_DATE || (moment.year == 1900 && moment.month == 2 && moment.day == 29))
		return cell_fault(check, FAULT_NOT_DATE);
	check->value->datum = DateADTGetDatum(date2j(moment.year, moment.month, moment.day) - POSTGRES_EPOCH_JDATE);
	return CELL_GOOD;
}

/* A wall clock time in the session's time zone. */
static CellVerdict
zoned_timestamp(CellCheck *check, struct pg_tm *tm, fsec_t fsec)
{
	int			zone;
	Timestamp	result;

	if (check->input == NULL)
		return CELL_OPEN;
	zone = DetermineTimeZoneOffset(tm, session_timezone);
	if (tm2timestamp(tm, fsec, &zone, &result) != 0)
		return cell_fault(check, FAULT_RANGE);
	check->value->datum = TimestampTzGetDatum(result);
	return CELL_GOOD;
}

CellVerdict
cell_timestamp(CellCheck *check)
{
	XlsxDateTime moment;
	struct pg_tm tm = {0};
	Timestamp	result;

	if (check->cell->kind == XLSX_TEXT)
	{
		if (!is_date_text(check))
			return cell_fault(check, FAULT_NOT_TIMESTAMP);
		return cell_input_text(check, &check->value->datum);
	}
	if (check->cell->kind != XLSX_DATE)
		return cell_fault(check, FAULT_NOT_TIMESTAMP);
	xlsx_cell_moment(check->cell, &moment);
	if ((moment.moment != XLSX_MOMENT_DATE && moment.moment != XLSX_MOMENT_DATETIME) ||
		(moment.year == 1900 && moment.month == 2 && moment.day == 29))
		return cell_fault(check, FAULT_NOT_TIMESTAMP);
	tm.tm_year = moment.year;
	tm.tm_mon = moment.month;
	tm.tm_mday = moment.day;
	tm.tm_hour = moment.hour;
	tm.tm_min = moment.minute;
	tm.tm_sec = moment.second;
	if (check->column->type == TIMESTAMPTZOID)
		return zoned_timestamp(check, &tm, moment.millisecond * 1000);
	if (tm2timestamp(&tm, moment.millisecond * 1000, NULL, &result) != 0)
		return cell_fault(check, FAULT_RANGE);
	check->value->datum = TimestampGetDatum(result);
	return CELL_GOOD;
}

