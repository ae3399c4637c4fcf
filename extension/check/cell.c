/*
 * cell.c
 *	  One cell against one column.
 */
#include "check/cell.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "core/datetime.h"
#include "core/number.h"
#include "mb/pg_wchar.h"
#include "pg/decimal.h"
#include "pg/subtransaction.h"
#include "pg/text_encoding.h"
#include "pg/text_trim.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

/* Labels of an enum that a hint lists. */
#define LISTED_LABELS 20

/* Digits after the point of numeric(p, s), from its modifier. */
#define NUMERIC_SCALE(typmod) (((((typmod) - (int32) VARHDRSZ) & 0x7ff) ^ 1024) - 1024)

/* What one check works on. */
typedef struct Check
{
	ProfileColumn *column;
	const XlsxCell *cell;
	bool		date1904;
	const char *text;			/* what a person sees: trimmed, server encoding */
	size_t		length;
	CheckedValue *value;
	Violation  *violation;
	bool		alone;			/* nobody may be asked */
} Check;

static bool violate(Check *check, const char *code, const char *format,...) 
			__attribute__((format(printf, 3, 4)));

/* Fills the violation; the message gets the column's label in front. Returns false. */
static bool
violate(Check *check, const char *code, const char *format,...)
{
	size_t		label_length = strlen(check->column->label);
	size_t		room = 0;
	size_t		length;
	char	   *message = NULL;

	/* Most have a few words to say, and half of a sheet may say them. */
	for (length = strlen(format); length >= room;)
	{
		va_list		arguments;

		room = length + 1;
		message = palloc(label_length + 1 + room);
		va_start(arguments, format);
		length = (size_t) vsnprintf(message + label_length + 1, room, format, arguments);
		va_end(arguments);
	}
	memcpy(message, check->column->label, label_length);
	message[label_length] = ' ';
	*check->violation = (Violation){.code = code, .message = message};
	return false;
}

/* What is wrong, or whether anything is, is for somebody to find out who may ask. Returns false. */
static bool
leave_open(Check *check)
{
	*check->violation = (Violation){.code = NULL};
	return false;
}

static bool
violate_range(Check *check)
{
	if (check->alone)
		return leave_open(check);
	return violate(check, "range", "is out of the range of %s", format_type_be(check->column->type));
}

/*
 * Text of cells
 */

#define SHORT_TEXT 64			/* holds any number, date or boolean */

const char *
check_original_bytes(const XlsxCell *cell, bool date1904, size_t *length)
{
	char		buffer[SHORT_TEXT];
	const char *text;
	bool		valid;

	*length = 0;
	if (cell == NULL)
		return NULL;
	if (cell->kind == XLSX_TEXT || cell->kind == XLSX_ERROR)
	{
		text = text_to_server(cell->text, cell->length, length, &valid);
		if (valid)
			return text;
		text = text_for_people(cell->text, cell->length);
	}
	else
	{
		xlsx_cell_text(cell, date1904, buffer, sizeof(buffer));
		text = pstrdup(buffer);
	}
	*length = strlen(text);
	return text;
}

char *
check_original(const XlsxCell *cell, bool date1904)
{
	size_t		length;
	const char *text = check_original_bytes(cell, date1904, &length);

	return text != NULL ? pnstrdup(text, length) : NULL;
}

static bool
violate_text(Check *check)
{
	violate(check, "text", "holds characters that a database cannot keep");
	if (GetDatabaseEncoding() != PG_UTF8)
		check->violation->detail = psprintf("The encoding of the database is %s.", GetDatabaseEncodingName());
	return false;
}

/* What a person sees in the cell -> check->text. False with a violation when it cannot be text. */
static bool
take_text(Check *check)
{
	const XlsxCell *cell = check->cell;
	bool		valid;

	if (cell->kind == XLSX_TEXT)
	{
		check->text = cell->text;
		check->length = cell->length;
		if (check->column->trim)
			text_trim(&check->text, &check->length);
		check->text = text_to_server(check->text, check->length, &check->length, &valid);
		if (!valid)
			return violate_text(check);
	}
	else if (cell->kind == XLSX_BOOL)
	{
		check->text = cell->boolean ? "TRUE" : "FALSE";
		check->length = strlen(check->text);
	}
	else
	{
		char	   *buffer = palloc(SHORT_TEXT);

		check->length = xlsx_cell_text(cell, check->date1904, buffer, SHORT_TEXT);
		check->text = buffer;
	}
	if (check->column->null_tokens.count > 0 &&
		text_list_has(&check->column->null_tokens, check->text, check->length))
		check->length = 0;
	return true;
}

static char *
text_cstring(const Check *check)
{
	return pnstrdup(check->text, check->length);
}

char *
check_text(const ProfileColumn *column, const XlsxCell *cell, bool date1904)
{
	Violation	ignored;
	Check		check = {(ProfileColumn *) column, cell, date1904, "", 0, NULL, &ignored, false};

	if (cell == NULL || !take_text(&check) || check.length == 0)
		return NULL;
	return text_cstring(&check);
}

/*
 * Input functions of types, for what has no path of its own
 */

/* "Use one of: a, b"; NULL when the type is no enum. */
static char *
enum_hint(Oid type)
{
	StringInfoData hint;
	CatCList   *labels;

	if (get_typtype(type) != TYPTYPE_ENUM)
		return NULL;
	initStringInfo(&hint);
	labels = SearchSysCacheList1(ENUMTYPOIDNAME, ObjectIdGetDatum(type));
	for (int i = 0; i < labels->n_members && i < LISTED_LABELS; i++)
	{
		Form_pg_enum label = (Form_pg_enum) GETSTRUCT(&labels->members[i]->tuple);

		appendStringInfo(&hint, "%s%s", i > 0 ? ", " : "Use one of: ", NameStr(label->enumlabel));
	}
	appendStringInfoString(&hint, labels->n_members > LISTED_LABELS ? ", …" : ".");
	ReleaseSysCacheList(labels);
	return hint.data;
}

static bool
violate_by_input(Check *check, ErrorData *error)
{
	if (error->sqlerrcode == ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE)
		violate_range(check);
	else
		violate(check, "type", "is not a valid %s", format_type_be(check->column->type));
	check->violation->detail = psprintf("%s", error->message);
	check->violation->hint = error->hint != NULL ? error->hint : enum_hint(check->column->type);
	check->violation->constraint = error->constraint_name;
	return false;
}

/* A call of an input function: any may throw. */
typedef struct InputCall
{
	Check	   *check;
	Datum		result;
} InputCall;

static void
call_input(void *argument)
{
	InputCall  *call = argument;
	ProfileColumn *column = call->check->column;

	call->result = InputFunctionCall(&column->input, text_cstring(call->check), column->input_param, column->typmod);
}

static bool
input_text(Check *check, Datum *datum)
{
	InputCall	call = {check, (Datum) 0};
	ErrorData  *error;

	if (check->alone)
		return leave_open(check);
	error = subtransaction_try(call_input, &call);
	*datum = call.result;
	if (error == NULL)
		return true;
	/* Only what is wrong with the data is the cell's fault. */
	if (ERRCODE_TO_CATEGORY(error->sqlerrcode) != ERRCODE_DATA_EXCEPTION &&
		ERRCODE_TO_CATEGORY(error->sqlerrcode) != ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION)
		ReThrowError(error);
	return violate_by_input(check, error);
}

/*
 * The classes
 */

static bool
check_text_class(Check *check)
{
	int			limit = check->column->max_characters;

	check->value->text = check->text;
	check->value->length = check->length;
	if (limit < 0 || !text_has_more(check->text, check->length, limit))
		return true;
	return violate(check, "length", "must have at most %d characters", limit);
}

static bool
store_integer(Check *check, int64 number)
{
	switch (check->column->type)
	{
		case INT2OID:
			if (number < PG_INT16_MIN || number > PG_INT16_MAX)
				break;
			check->value->datum = Int16GetDatum((int16) number);
			return true;
		case INT4OID:
			if (number < PG_INT32_MIN || number > PG_INT32_MAX)
				break;
			check->value->datum = Int32GetDatum((int32) number);
			return true;
		default:
			check->value->datum = Int64GetDatum(number);
			return true;
	}
	return violate_range(check);
}

static bool
check_integer(Check *check)
{
	double		number = check->cell->number;
	DecimalShape shape;
	int64		integer;

	if (check->cell->kind == XLSX_NUMBER)
	{
		if (number != trunc(number))
			return violate(check, "type", "must be an integer");
		if (!FLOAT8_FITS_IN_INT64(number))
			return violate_range(check);
		return store_integer(check, (int64) number);
	}
	if (check->cell->kind != XLSX_TEXT || !decimal_parse(check->text, check->length, &shape) ||
		shape.fraction_digits > 0)
		return violate(check, "type", "must be an integer");
	if (!decimal_to_int64(check->text, check->length, &integer))
		return violate_range(check);
	return store_integer(check, integer);
}

static bool
check_float(Check *check)
{
	DecimalShape shape;
	double		number = check->cell->number;

	if (check->cell->kind == XLSX_TEXT)
	{
		if (!decimal_parse(check->text, check->length, &shape))
			return violate(check, "type", "must be a number");
		return input_text(check, &check->value->datum);
	}
	if (check->cell->kind != XLSX_NUMBER)
		return violate(check, "type", "must be a number");
	if (check->column->type == FLOAT8OID)
		check->value->datum = Float8GetDatum(number);
	else if (isinf((float4) number) || ((float4) number == 0 && number != 0))
		return violate(check, "range", "is out of the range of real");
	else
		check->value->datum = Float4GetDatum((float4) number);
	return true;
}

/* Has the column room for so many digits? */
static bool
digits_fit(Check *check, int integer_digits, int fraction_digits)
{
	int32		typmod = check->column->typmod;
	int			precision;
	int			scale;

	if (typmod < (int32) VARHDRSZ)
		return true;
	precision = ((typmod - (int32) VARHDRSZ) >> 16) & 0xffff;
	scale = NUMERIC_SCALE(typmod);
	if (integer_digits > precision - scale)
		return violate(check, "range", "must have at most %d digits before the decimal point", Max(precision - scale, 0));
	if (fraction_digits > scale)
		return violate(check, "exactness", "must have at most %d digits after the decimal point", Max(scale, 0));
	return true;
}

/* A decimal as the column holds it, with zeros up to its scale. NULL where that takes more than an int64. */
static Numeric
decimal_to_numeric(int32 typmod, int64 digits, int places)
{
	int			scale = typmod < (int32) VARHDRSZ ? places : NUMERIC_SCALE(typmod);

	/* digits have 15 places at most, so there is room for three more */
	if (scale < places || scale - places > 3)
		return NULL;
	for (; places < scale; places++)
		digits *= 10;
	return int64_div_fast_to_numeric(digits, scale);
}

/* A number cell by its value. *done is false when it must go by its text. */
static bool
check_decimal(Check *check, bool *done)
{
	int64		digits;
	int64		whole;
	int			places;
	int			integer_digits = 0;
	Numeric		result;

	*done = false;
	if (!xlsx_number_decimal(check->cell->number, &digits, &places))
		return false;
	whole = digits < 0 ? -digits : digits;
	for (int i = 0; i < places; i++)
		whole /= 10;
	for (; whole > 0; whole /= 10)
		integer_digits++;
	*done = true;
	if (!digits_fit(check, integer_digits, places))
		return false;
	result = decimal_to_numeric(check->column->typmod, digits, places);
	*done = result != NULL;
	check->value->datum = NumericGetDatum(result);
	return *done;
}

static bool
check_numeric(Check *check)
{
	DecimalShape shape;

	if (check->cell->kind == XLSX_NUMBER)
	{
		bool		done;
		bool		good = check_decimal(check, &done);

		if (done)
			return good;
		if (check->length == 0 && !take_text(check))
			return false;
	}
	if ((check->cell->kind != XLSX_TEXT && check->cell->kind != XLSX_NUMBER) ||
		!decimal_parse(check->text, check->length, &shape))
		return violate(check, "type", "must be a number");
	if (shape.integer_digits > 1000 || shape.fraction_digits > 1000)
		return violate(check, "range", "has too many digits");
	if (!digits_fit(check, shape.integer_digits, shape.fraction_digits))
		return false;
	check->value->datum = DirectFunctionCall3(numeric_in, CStringGetDatum(text_cstring(check)),
											  ObjectIdGetDatum(InvalidOid), Int32GetDatum(check->column->typmod));
	return true;
}

static bool
check_boolean(Check *check)
{
	bool		result;

	if (check->cell->kind == XLSX_BOOL)
		result = check->cell->boolean;
	else if (check->cell->kind == XLSX_NUMBER && (check->cell->number == 0 || check->cell->number == 1))
		result = check->cell->number == 1;
	else if (check->cell->kind != XLSX_TEXT || !parse_bool_with_len(check->text, check->length, &result))
		return violate(check, "type", "must be true or false");
	check->value->datum = BoolGetDatum(result);
	return true;
}

/* Does the text look like a date of digits?  "today", "epoch" and "infinity" are no data. */
static bool
is_date_text(const Check *check)
{
	for (size_t i = 0; i < check->length; i++)
		if (check->text[i] >= '0' && check->text[i] <= '9')
			return true;
	return false;
}

static bool
check_date(Check *check)
{
	XlsxDateTime moment;

	if (check->cell->kind == XLSX_TEXT)
	{
		if (!is_date_text(check))
			return violate(check, "type", "must be a date");
		if (memchr(check->text, ':', check->length) != NULL)
			return violate(check, "exactness", "must be a date without a time of day");
		return input_text(check, &check->value->datum);
	}
	if (check->cell->kind != XLSX_DATE)
		return violate(check, "type", "must be a date");
	xlsx_cell_moment(check->cell, check->date1904, &moment);
	if (moment.moment == XLSX_MOMENT_DATETIME)
		return violate(check, "exactness", "must be a date without a time of day");
	if (moment.moment != XLSX_MOMENT_DATE || (moment.year == 1900 && moment.month == 2 && moment.day == 29))
		return violate(check, "type", "must be a date");
	check->value->datum = DateADTGetDatum(date2j(moment.year, moment.month, moment.day) - POSTGRES_EPOCH_JDATE);
	return true;
}

/* A wall clock time in the session's time zone. */
static bool
zoned_timestamp(Check *check, struct pg_tm *tm, fsec_t fsec)
{
	int			zone;
	Timestamp	result;

	if (check->alone)
		return leave_open(check);
	zone = DetermineTimeZoneOffset(tm, session_timezone);
	if (tm2timestamp(tm, fsec, &zone, &result) != 0)
		return violate_range(check);
	check->value->datum = TimestampTzGetDatum(result);
	return true;
}

static bool
check_timestamp(Check *check)
{
	XlsxDateTime moment;
	struct pg_tm tm = {0};
	Timestamp	result;

	if (check->cell->kind == XLSX_TEXT)
	{
		if (!is_date_text(check))
			return violate(check, "type", "must be a date and time");
		return input_text(check, &check->value->datum);
	}
	if (check->cell->kind != XLSX_DATE)
		return violate(check, "type", "must be a date and time");
	xlsx_cell_moment(check->cell, check->date1904, &moment);
	if ((moment.moment != XLSX_MOMENT_DATE && moment.moment != XLSX_MOMENT_DATETIME) ||
		(moment.year == 1900 && moment.month == 2 && moment.day == 29))
		return violate(check, "type", "must be a date and time");
	tm.tm_year = moment.year;
	tm.tm_mon = moment.month;
	tm.tm_mday = moment.day;
	tm.tm_hour = moment.hour;
	tm.tm_min = moment.minute;
	tm.tm_sec = moment.second;
	if (check->column->type == TIMESTAMPTZOID)
		return zoned_timestamp(check, &tm, moment.millisecond * 1000);
	if (tm2timestamp(&tm, moment.millisecond * 1000, NULL, &result) != 0)
		return violate(check, "range", "is out of the range of timestamp");
	check->value->datum = TimestampGetDatum(result);
	return true;
}

/* Is it a type of times, as which a number would be read otherwise than it is meant: 0.5 as half a second, 930 as half past nine? */
static bool
is_time_type(Oid type)
{
	return type == INTERVALOID || type == TIMEOID || type == TIMETZOID;
}

/* Any other type: what its input function makes of the text; it waits as text. */
static bool
check_other(Check *check)
{
	Datum		ignored;

	if (check->alone)
		return leave_open(check);
	if (check->cell->kind == XLSX_NUMBER && is_time_type(getBaseType(check->column->type)))
	{
		violate(check, "type", "must be a time, not a plain number");
		check->violation->hint = "Give the cell a format of times, such as [h]:mm:ss, or write the unit: 12 hours.";
		return false;
	}
	check->value->text = check->text;
	check->value->length = check->length;
	return input_text(check, &ignored);
}

static bool (*const class_checks[]) (Check *) = {
	[COLUMN_TEXT] = check_text_class,
	[COLUMN_INTEGER] = check_integer,
	[COLUMN_FLOAT] = check_float,
	[COLUMN_BOOLEAN] = check_boolean,
	[COLUMN_DATE] = check_date,
	[COLUMN_TIMESTAMP] = check_timestamp,
	[COLUMN_NUMERIC] = check_numeric,
	[COLUMN_OTHER] = check_other,
};

/* Which classes take numbers and dates by value; making their text costs more than all the rest. */
static bool
takes_value(const ProfileColumn *column, const XlsxCell *cell)
{
	ColumnClass class = column->class;

	if (cell->kind != XLSX_NUMBER && cell->kind != XLSX_DATE && cell->kind != XLSX_BOOL)
		return false;
	/* A word that stands for NULL may be a number, too. */
	if (column->null_tokens.count > 0)
		return false;
	return class == COLUMN_INTEGER || class == COLUMN_FLOAT || class == COLUMN_BOOLEAN ||
		class == COLUMN_DATE || class == COLUMN_TIMESTAMP || (class == COLUMN_NUMERIC && cell->kind == XLSX_NUMBER);
}

static bool
check_value(Check *check)
{
	const ProfileColumn *column = check->column;
	const XlsxCell *cell = check->cell;

	check->value->null = false;
	if (cell != NULL && cell->kind == XLSX_ERROR)
		return violate(check, "cell_error", "holds the error %s", check_original(cell, check->date1904));
	if (cell != NULL && takes_value(column, cell))
		return class_checks[column->class] (check);
	if (cell != NULL && !take_text(check))
		return false;
	if (check->length == 0)
	{
		check->value->null = true;
		return column->required ? violate(check, "required", "is required") : true;
	}
	return class_checks[column->class] (check);
}

bool
check_cell(ProfileColumn *column, const XlsxCell *cell, bool date1904, CheckedValue *value, Violation *violation)
{
	Check		check = {column, cell, date1904, "", 0, value, violation, false};

	return check_value(&check);
}

bool
check_cell_alone(ProfileColumn *column, const XlsxCell *cell, bool date1904, CheckedValue *value, Violation *violation)
{
	Check		check = {column, cell, date1904, "", 0, value, violation, true};

	return check_value(&check);
}
