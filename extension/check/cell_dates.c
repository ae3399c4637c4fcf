/*
 * cell_dates.c
 *	  Checks a cell that is not blank against the types of dates.
 */
#include "check/cell_dates.h"

#include "catalog/pg_type.h"
#include "check/cell_numbers.h"
#include "check/cell_text.h"
#include "check/text_date.h"
#include "core/datetime.h"
#include "miscadmin.h"
#include "pg/subtransaction.h"
#include "profile/date_form.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

/*
 * Texts that people wrote
 */

static char *
reading(const TextDate *date, DayOrder order)
{
	const TextDay *day = &date->days[order];

	return psprintf("%04d-%02d-%02d (%s)", day->year, day->month, day->day, text_date_form(date, order));
}

static CellVerdict
two_readings(CellCheck *check, const TextDate *date)
{
	StringInfoData readings;

	(void) cell_fault(check, FAULT_TWO_READINGS);
	initStringInfo(&readings);
	for (int i = 0; i < COUNT_DATE_ORDERS; i++)
		if (date->fits & 1U << i)
			appendStringInfo(&readings, "%s%s", readings.len > 0 ? " / " : "", reading(date, (DayOrder) i));
	check->readings = readings.data;
	check->detail = "The other values of the column do not decide.";
	check->hint = "Give the option date_order: DMY, MDY or YMD.";
	return CELL_BAD;
}

static void
take_day(TextDate *date, int order)
{
	date->moment.year = date->days[order].year;
	date->moment.month = date->days[order].month;
	date->moment.day = date->days[order].day;
}

static CellVerdict
not_declared(CellCheck *check, CellFault fault, const char *option, const char *value)
{
	(void) cell_fault(check, fault);
	check->hint = psprintf("The %s of the column is %s; ISO dates such as 2024-01-31 are read, too.", option, value);
	return CELL_BAD;
}

/* Three numbers: which is the day? */
static CellVerdict
choose_order(CellCheck *check, TextDate *date, CellFault fault)
{
	const PlanColumn *column = check->column;
	int			order = column->date_order;

	if (order >= 0 && (date->fits & 1U << order) == 0)
		return not_declared(check, fault, "date_order", date_order_names.texts[order]);
	if (order < 0 && !text_date_is_ambiguous(date))
		for (order = 0; (date->fits & 1U << order) == 0; order++)
			;
	else if (order < 0)
	{
		order = column->found_order;
		if (order == FOUND_NOT_ASKED)
			return CELL_UNDECIDED;
		if (order < 0 || (date->fits & 1U << order) == 0)
			return two_readings(check, date);
	}
	take_day(date, order);
	return CELL_GOOD;
}

static CellVerdict
read_moment(CellCheck *check, TextDate *date, CellFault fault)
{
	const char *form = plan_text(check->plan, check->column->format);
	const Language *language = language_numbered(check->column->language);

	if (form != NULL)
	{
		if (date_form_read(form, check->raw, check->raw_length, language, &date->moment))
			return CELL_GOOD;
		if (!text_date_parse(check->raw, check->raw_length, language, date) || !date->certain || check->raw[0] < '0' || check->raw[0] > '9' ||
			check->raw_length < 10 || check->raw[4] != '-')
			return not_declared(check, fault, "format", form);
	}
	else if (!text_date_parse(check->raw, check->raw_length, language, date))
		return cell_fault(check, fault);
	if (!date->certain)
		return choose_order(check, date, fault);
	take_day(date, 0);
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

/*
 * Dates
 */

static CellVerdict
date_of_text(CellCheck *check)
{
	TextDate	date;
	CellVerdict verdict;

	if (!is_date_text(check))
		return cell_fault(check, FAULT_NOT_DATE);
	if (!check->written)
	{
		if (memchr(check->text, ':', check->length) != NULL)
			return cell_fault(check, FAULT_TIME_OF_DAY);
		return cell_input_text(check, &check->value->datum);
	}
	if ((verdict = read_moment(check, &date, FAULT_NOT_DATE)) != CELL_GOOD)
		return verdict;
	if (date.moment.has_time)
		return cell_fault(check, FAULT_TIME_OF_DAY);
	check->value->datum = DateADTGetDatum(date2j(date.moment.year, date.moment.month, date.moment.day) - POSTGRES_EPOCH_JDATE);
	return CELL_GOOD;
}

CellVerdict
cell_date(CellCheck *check)
{
	XlsxDateTime moment;

	if (check->cell->kind == XLSX_TEXT)
		return date_of_text(check);
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

/*
 * Timestamps
 */

static bool
has_zone(const CellCheck *check)
{
	return check->column->type == TIMESTAMPTZOID;
}

/* A wall clock time in a time zone. */
static CellVerdict
zoned_timestamp(CellCheck *check, struct pg_tm *tm, fsec_t fsec, pg_tz *zone)
{
	int			offset = DetermineTimeZoneOffset(tm, zone);
	Timestamp	result;

	if (tm2timestamp(tm, fsec, &offset, &result) != 0)
		return cell_fault(check, FAULT_RANGE);
	check->value->datum = TimestampTzGetDatum(result);
	return CELL_GOOD;
}

/* The zone in which texts without one are; NULL: this process does not know it. */
static pg_tz *
zone_of_texts(const CellCheck *check)
{
	if (check->zone != NULL)
		return check->zone;
	return check->input != NULL ? session_timezone : NULL;
}

/* The wall clock that shows a moment in the zone of texts. */
static CellVerdict
local_timestamp(CellCheck *check, TimestampTz moment)
{
	pg_tz	   *zone = zone_of_texts(check);
	struct pg_tm tm;
	fsec_t		fsec;
	int			offset;
	Timestamp	result;

	if (zone == NULL)
		return CELL_OPEN;
	if (timestamp2tm(moment, &offset, &tm, &fsec, NULL, zone) != 0 || tm2timestamp(&tm, fsec, NULL, &result) != 0)
		return cell_fault(check, FAULT_RANGE);
	check->value->datum = TimestampGetDatum(result);
	return CELL_GOOD;
}

typedef struct ZoneCall
{
	char	   *text;
	Datum		result;
} ZoneCall;

static void
call_timestamptz(void *argument)
{
	ZoneCall   *call = argument;

	call->result = DirectFunctionCall3(timestamptz_in, CStringGetDatum(call->text), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
}

/* A time in a zone that has a name, which the server knows or not. */
static CellVerdict
named_zone(CellCheck *check, const TextMoment *moment)
{
	ZoneCall	call = {psprintf("%04d-%02d-%02d %02d:%02d:%02d.%06d %.*s", moment->year, moment->month, moment->day, moment->hour,
								 moment->minute, moment->second, moment->microsecond, (int) moment->zone_length, moment->zone)};
	ErrorData  *error;

	if (check->input == NULL)
		return CELL_OPEN;
	error = subtransaction_try(call_timestamptz, &call);
	if (error != NULL && ERRCODE_TO_CATEGORY(error->sqlerrcode) != ERRCODE_DATA_EXCEPTION &&
		error->sqlerrcode != ERRCODE_INVALID_PARAMETER_VALUE)
		ReThrowError(error);
	if (error != NULL)
	{
		(void) cell_fault(check, FAULT_NOT_TIMESTAMP);
		check->detail = psprintf("Time zone \"%.*s\" is not known.", (int) moment->zone_length, moment->zone);
		return CELL_BAD;
	}
	if (!has_zone(check))
		return local_timestamp(check, DatumGetTimestampTz(call.result));
	check->value->datum = call.result;
	return CELL_GOOD;
}

static CellVerdict
timestamp_of_moment(CellCheck *check, const TextMoment *moment)
{
	struct pg_tm tm = {
		.tm_year = moment->year, .tm_mon = moment->month, .tm_mday = moment->day, .tm_hour = moment->hour, .tm_min = moment->minute,
		.tm_sec = moment->second
	};
	int			offset = -moment->offset;
	Timestamp	result;
	pg_tz	   *zone;

	if (moment->zone != NULL)
		return named_zone(check, moment);
	if (!moment->has_offset && has_zone(check))
	{
		zone = zone_of_texts(check);
		return zone != NULL ? zoned_timestamp(check, &tm, moment->microsecond, zone) : CELL_OPEN;
	}
	if (tm2timestamp(&tm, moment->microsecond, moment->has_offset ? &offset : NULL, &result) != 0)
		return cell_fault(check, FAULT_RANGE);
	if (moment->has_offset && !has_zone(check))
		return local_timestamp(check, result);
	check->value->datum = TimestampGetDatum(result);
	return CELL_GOOD;
}

/* timestamp(0) and its kin round, as the server does. */
static void
round_to_precision(CellCheck *check)
{
	if (check->column->typmod >= 0)
		check->value->datum = has_zone(check) ?
			DirectFunctionCall2(timestamptz_scale, check->value->datum, Int32GetDatum(check->column->typmod)) :
			DirectFunctionCall2(timestamp_scale, check->value->datum, Int32GetDatum(check->column->typmod));
}

static CellVerdict
timestamp_of_text(CellCheck *check)
{
	TextDate	date;
	CellVerdict verdict;

	if (!is_date_text(check))
		return cell_fault(check, FAULT_NOT_TIMESTAMP);
	if (!check->written)
		return cell_input_text(check, &check->value->datum);
	if ((verdict = read_moment(check, &date, FAULT_NOT_TIMESTAMP)) != CELL_GOOD ||
		(verdict = timestamp_of_moment(check, &date.moment)) != CELL_GOOD)
		return verdict;
	round_to_precision(check);
	return CELL_GOOD;
}

/* A t="d" cell that says UTC. Its moment has no zone (xlsx_cell_moment). */
static bool
says_utc(const XlsxCell *cell)
{
	const char *end = cell->text + cell->length;

	return cell->kind == XLSX_DATE && cell->text != NULL &&
		((cell->length > 0 && (end[-1] == 'Z' || end[-1] == 'z')) || (cell->length > 6 && memcmp(end - 6, "+00:00", 6) == 0));
}

CellVerdict
cell_timestamp(CellCheck *check)
{
	XlsxDateTime moment;
	struct pg_tm tm = {0};
	Timestamp	result;

	if (check->cell->kind == XLSX_TEXT)
		return timestamp_of_text(check);
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
	if (has_zone(check) && !says_utc(check->cell))
		return check->input != NULL ? zoned_timestamp(check, &tm, moment.millisecond * 1000, session_timezone) : CELL_OPEN;
	if (tm2timestamp(&tm, moment.millisecond * 1000, NULL, &result) != 0)
		return cell_fault(check, FAULT_RANGE);
	check->value->datum = TimestampGetDatum(result);
	return CELL_GOOD;
}

/*
 * Domains
 */

/* A moment in ISO 8601; what its zone says is in it. */
static char *
iso_text(const TextMoment *moment)
{
	StringInfoData text;
	int			offset = moment->offset < 0 ? -moment->offset : moment->offset;

	initStringInfo(&text);
	appendStringInfo(&text, "%04d-%02d-%02d", moment->year, moment->month, moment->day);
	if (moment->has_time)
		appendStringInfo(&text, " %02d:%02d:%02d.%06d", moment->hour, moment->minute, moment->second, moment->microsecond);
	if (moment->has_offset)
		appendStringInfo(&text, "%c%02d:%02d:%02d", moment->offset < 0 ? '-' : '+', offset / 3600, offset / 60 % 60, offset % 60);
	else if (moment->zone != NULL)
		appendStringInfo(&text, " %.*s", (int) moment->zone_length, moment->zone);
	return text.data;
}

/* For a domain over timestamp, whose input function would drop the offset. */
static CellVerdict
iso_local(CellCheck *check, const TextMoment *moment)
{
	CellVerdict verdict = timestamp_of_moment(check, moment);
	char		text[MAXDATELEN + 1];
	struct pg_tm tm;
	fsec_t		fsec;

	if (verdict != CELL_GOOD)
		return verdict;
	if (timestamp2tm(DatumGetTimestamp(check->value->datum), NULL, &tm, &fsec, NULL, NULL) != 0)
		return cell_fault(check, FAULT_RANGE);
	EncodeDateTime(&tm, fsec, false, 0, NULL, USE_ISO_DATES, text);
	check->text = pstrdup(text);
	return CELL_GOOD;
}

static CellVerdict
read_date_for_domain(CellCheck *check)
{
	bool		is_date = check->column->base == COLUMN_DATE;
	TextDate	date;
	CellVerdict verdict;

	if (!is_date_text(check))
		return cell_fault(check, FAULT_NOT_VALID);
	if ((verdict = read_moment(check, &date, FAULT_NOT_VALID)) != CELL_GOOD)
		return verdict;
	if (is_date && date.moment.has_time)
		return cell_fault(check, FAULT_TIME_OF_DAY);
	if (getBaseType(check->column->type) == TIMESTAMPOID && (date.moment.has_offset || date.moment.zone != NULL))
		verdict = iso_local(check, &date.moment);
	else
		check->text = iso_text(&date.moment);
	check->length = strlen(check->text);
	return verdict;
}

CellVerdict
cell_read_for_domain(CellCheck *check)
{
	if (says_utc(check->cell) && getBaseType(check->column->type) == TIMESTAMPTZOID)
	{
		check->text = psprintf("%.*sZ", (int) check->length, check->text);
		check->length++;
		return CELL_GOOD;
	}
	if (!check->written)
		return CELL_GOOD;
	switch (check->column->base)
	{
		case COLUMN_DATE:
		case COLUMN_TIMESTAMP:
			return read_date_for_domain(check);
		case COLUMN_INTEGER:
		case COLUMN_FLOAT:
		case COLUMN_NUMERIC:
			return cell_read_number(check, FAULT_NOT_VALID);
		default:
			return CELL_GOOD;
	}
}
