/*
 * written_cell.c
 *	  Converts a value of the database to a typed cell that means the same.
 */
#include "writing/written_cell.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "core/datetime.h"
#include "core/number.h"
#include "files/book_file.h"
#include "mb/pg_wchar.h"
#include "pg/numeric_form.h"
#include "pg/text_encoding.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#define TIME_FORMAT "hh:mm:ss"
#define ELAPSED_FORMAT "[h]:mm:ss"
#define PRECISE ".000"

/* A double holds every integer up to here exactly. */
#define EXACT_INTEGER (INT64CONST(1) << 53)

/* A decimal with at most this many digits is read back from a double unchanged. */
#define EXACT_DIGITS 15

/* Days from 1899-12-30, which is serial 0 from March 1900 on (ECMA-376 Part 1, 18.17.4.1). */
#define SERIAL_EPOCH_JDATE 2415019

/* Characters that the button of the filter takes in a header. */
#define HEADER_EXTRA 4
#define MOST_WIDTH 60

static uint32
style_of(XlsxWriter *writer, const char *format)
{
	XlsxError	error;
	uint32		style;

	book_file_check(xlsx_writer_style(writer, format, &style, &error), &error);
	return style;
}

static void
time_styles(CellColumn *column, XlsxWriter *writer, const char *format)
{
	column->style = style_of(writer, format);
	column->precise_style = style_of(writer, psprintf("%s%s", format, PRECISE));
}

/* As many decimals as the type has. A type without a scale shows all digits of each number. */
static void
numeric_style(CellColumn *column, int32 typmod, XlsxWriter *writer)
{
	NumericForm form = numeric_form(typmod);

	if (form.given && form.scale <= 0)
		column->style = style_of(writer, "0");
	else if (form.given && form.scale <= 15)
		column->style = style_of(writer, psprintf("0.%0*d", form.scale, 0));
}

void
cell_column_init(CellColumn *column, Oid type, int32 typmod, XlsxWriter *writer)
{
	Oid			output;
	bool		is_varlena;

	memset(column, 0, sizeof(*column));
	column->type = getBaseTypeAndTypmod(type, &typmod);
	column->style = column->precise_style = XLSX_STYLE_PLAIN;
	getTypeOutputInfo(type, &output, &is_varlena);
	fmgr_info(output, &column->output);
	column->width = CELL_WIDTH;
	switch (column->type)
	{
		case INT8OID:
		case OIDOID:
			/* Without a format, twelve digits would be shown with an exponent. */
			column->style = style_of(writer, "0");
			break;
		case NUMERICOID:
			numeric_style(column, typmod, writer);
			break;
		case DATEOID:
			column->style = style_of(writer, CELL_DATE_FORMAT);
			break;
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			time_styles(column, writer, CELL_TIMESTAMP_FORMAT);
			column->width = 20;
			break;
		case TIMEOID:
			time_styles(column, writer, TIME_FORMAT);
			break;
		case INTERVALOID:
			time_styles(column, writer, ELAPSED_FORMAT);
			break;
		case INT2OID:
		case INT4OID:
		case FLOAT4OID:
		case FLOAT8OID:
		case BOOLOID:
			break;
		default:
			column->width = 20;
	}
}

void
cell_write_text(XlsxWriter *writer, const char *text, uint32 style)
{
	char	   *utf8 = text_from_server(text);

	xlsx_writer_text(writer, utf8, strlen(utf8), style);
}

/* Bytes of the longest beginning that has at most this many UTF-16 units, in whole characters. */
static size_t
clip_units(const char *utf8, size_t most)
{
	const char *p = utf8;

	while (*p != '\0')
	{
		size_t		units = (unsigned char) *p >= 0xF0 ? 2 : 1;

		if (units > most)
			break;
		most -= units;
		p += pg_utf_mblen((const unsigned char *) p);
	}
	return (size_t) (p - utf8);
}

void
cell_write_cut(XlsxWriter *writer, const char *text)
{
	char	   *utf8 = text_from_server(text);

	xlsx_writer_text(writer, utf8, clip_units(utf8, XLSX_WRITER_TEXT), XLSX_STYLE_PLAIN);
}

/* Each of these writes the value as a number. Returns false when no cell can hold it. */

static bool
write_integer(XlsxWriter *writer, const CellColumn *column, int64 value)
{
	if (value > EXACT_INTEGER || value < -EXACT_INTEGER)
		return false;
	xlsx_writer_number(writer, (double) value, column->style);
	return true;
}

static bool
write_float(XlsxWriter *writer, const CellColumn *column, double value)
{
	if (!isfinite(value))
		return false;
	xlsx_writer_number(writer, value, column->style);
	return true;
}

/* Uses the shortest decimal: 0.1 is not 0.10000000149011612. */
static bool
write_decimal(XlsxWriter *writer, const CellColumn *column, const char *text)
{
	double		number;

	return xlsx_number_parse(text, strlen(text), &number) && write_float(writer, column, number);
}

static int
significant_digits(const char *text)
{
	int			digits = 0;

	for (; *text != '\0'; text++)
		if (*text >= '1' && *text <= '9')
			digits++;
		else if (*text == '0' && digits > 0)
			digits++;
	return digits;
}

static bool
write_numeric(XlsxWriter *writer, const CellColumn *column, Datum value)
{
	char	   *text = DatumGetCString(DirectFunctionCall1(numeric_out, value));
	char		back[32];
	double		number;

	if (!xlsx_number_parse(text, strlen(text), &number))
		return false;			/* NaN, infinity, or too large for a double */
	if (significant_digits(text) > EXACT_DIGITS)
	{
		Datum		read;

		back[xlsx_number_format(number, back, sizeof(back))] = '\0';
		read = DirectFunctionCall3(numeric_in, CStringGetDatum(back), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
		if (!DatumGetBool(DirectFunctionCall2(numeric_eq, value, read)))
			return false;
	}
	return write_float(writer, column, number);
}

/*
 * Serial number of a day; 0 when it has none. Spreadsheets have a 29 February 1900, so days
 * before it differ by one.
 */
static int32
serial_of_day(int32 days_since_epoch)
{
	int64		serial = (int64) days_since_epoch + POSTGRES_EPOCH_JDATE - SERIAL_EPOCH_JDATE;

	if (serial < 61)
		serial--;
	return serial >= 1 && serial <= XLSX_LAST_DAY_1900 ? (int32) serial : 0;
}

static bool
write_date(XlsxWriter *writer, const CellColumn *column, DateADT day)
{
	int32		serial = DATE_NOT_FINITE(day) ? 0 : serial_of_day(day);

	if (serial != 0)
		xlsx_writer_number(writer, serial, column->style);
	return serial != 0;
}

/* Milliseconds, rounded. */
static int64
milliseconds_of(int64 microseconds)
{
	return microseconds >= 0 ? (microseconds + 500) / 1000 : -((-microseconds + 500) / 1000);
}

static void
write_time(XlsxWriter *writer, const CellColumn *column, double days, int64 milliseconds)
{
	xlsx_writer_number(writer, days + (double) milliseconds / (SECS_PER_DAY * 1000.0),
					   milliseconds % 1000 == 0 ? column->style : column->precise_style);
}

static bool
write_timestamp(XlsxWriter *writer, const CellColumn *column, Timestamp moment)
{
	int64		milliseconds;
	int64		day;
	int32		serial;

	if (TIMESTAMP_NOT_FINITE(moment))
		return false;
	milliseconds = milliseconds_of(moment);
	day = milliseconds / (SECS_PER_DAY * 1000);
	milliseconds -= day * SECS_PER_DAY * 1000;
	if (milliseconds < 0)
	{
		milliseconds += SECS_PER_DAY * 1000;
		day--;
	}
	serial = serial_of_day((int32) day);
	if (serial != 0)
		write_time(writer, column, serial, milliseconds);
	return serial != 0;
}

/* A spreadsheet reads 24:00 as the next day. */
static bool
write_time_of_day(XlsxWriter *writer, const CellColumn *column, TimeADT clock)
{
	int64		milliseconds = milliseconds_of(clock);

	if (milliseconds >= SECS_PER_DAY * INT64CONST(1000))
		return false;
	write_time(writer, column, 0, milliseconds);
	return true;
}

/* Local time in the session's time zone. */
static bool
write_timestamptz(XlsxWriter *writer, const CellColumn *column, Datum value)
{
	if (TIMESTAMP_NOT_FINITE(DatumGetTimestampTz(value)))
		return false;
	return write_timestamp(writer, column, DatumGetTimestamp(DirectFunctionCall1(timestamptz_timestamp, value)));
}

/* A month has no fixed length, and spreadsheets cannot show a negative duration. */
static bool
write_interval(XlsxWriter *writer, const CellColumn *column, const Interval *interval)
{
	int64		milliseconds = milliseconds_of(interval->time);

	if (interval->month != 0 || interval->day < 0 || interval->day > XLSX_LAST_DAY_1900 || milliseconds < 0 ||
		interval->time > INT64CONST(1000000) * XLSX_LAST_DAY_1900)
		return false;
	write_time(writer, column, interval->day, milliseconds);
	return true;
}

static bool
write_typed(const CellColumn *column, XlsxWriter *writer, Datum value)
{
	switch (column->type)
	{
		case BOOLOID:
			xlsx_writer_boolean(writer, DatumGetBool(value));
			return true;
		case INT2OID:
			return write_integer(writer, column, DatumGetInt16(value));
		case INT4OID:
			return write_integer(writer, column, DatumGetInt32(value));
		case INT8OID:
			return write_integer(writer, column, DatumGetInt64(value));
		case OIDOID:
			return write_integer(writer, column, DatumGetObjectId(value));
		case FLOAT4OID:
			return write_decimal(writer, column, DatumGetCString(DirectFunctionCall1(float4out, value)));
		case FLOAT8OID:
			return write_float(writer, column, DatumGetFloat8(value));
		case NUMERICOID:
			return write_numeric(writer, column, value);
		case DATEOID:
			return write_date(writer, column, DatumGetDateADT(value));
		case TIMESTAMPOID:
			return write_timestamp(writer, column, DatumGetTimestamp(value));
		case TIMESTAMPTZOID:
			return write_timestamptz(writer, column, value);
		case TIMEOID:
			return write_time_of_day(writer, column, DatumGetTimeADT(value));
		case INTERVALOID:
			return write_interval(writer, column, DatumGetIntervalP(value));
		default:
			return false;
	}
}

double
cell_column_width(double width, const char *header)
{
	return Min(Max(width, pg_mbstrlen(header) + HEADER_EXTRA), MOST_WIDTH);
}

void
cell_write(const CellColumn *column, XlsxWriter *writer, Datum value, bool null)
{
	if (null)
		xlsx_writer_blank(writer);
	else if (!write_typed(column, writer, value))
		cell_write_text(writer, OutputFunctionCall(unconstify(FmgrInfo *, &column->output), value), XLSX_STYLE_PLAIN);
}

bool
cell_write_original_number(XlsxWriter *writer, const char *text)
{
	double		number = strtod(text, NULL);

	if (!isfinite(number) || (strpbrk(text, ".eE") == NULL && strcmp(psprintf("%.0f", number), text) != 0))
		return false;
	xlsx_writer_number(writer, number, XLSX_STYLE_PLAIN);
	return true;
}
