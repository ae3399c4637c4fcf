/*
 * options.c
 *	  Options of an import, as people give them.
 */
#include "profile/options.h"

#include "catalog/pg_collation.h"
#include "files/range.h"
#include "fmgr.h"
#include "pgtime.h"
#include "profile/date_form.h"
#include "profile/header_row.h"
#include "profile/profile.h"
#include "profile/sql.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

PG_FUNCTION_INFO_V1(pg_xlsx_check_options);
PG_FUNCTION_INFO_V1(pg_xlsx_check_reading);
PG_FUNCTION_INFO_V1(pg_xlsx_check_text_options);

void
options_check_header_row(const char *header_row)
{
	HeaderRow	wanted;

	if (header_row == NULL || header_row_parse(header_row, &wanted))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("\"%s\" is not a header row", header_row),
			 errdetail("header_row is the row of the sheet that holds the headers."),
			 errhint("It is \"first\", \"auto\", or the number of a row.")));
}

void
options_check_mapping(const char *mapping)
{
	if (mapping == NULL)
		return;
	if (!JB_ROOT_IS_OBJECT(DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(mapping)))))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("mapping must be a JSON object"),
				 errdetail("It says which column a header goes to."),
				 errhint("Write it as {\"Header\": \"column_name\"}.")));
}

void
options_check_max_errors(int64 max_errors)
{
	if (max_errors < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("max_errors must not be negative"),
				 errdetail("It is " INT64_FORMAT ".", max_errors),
				 errhint("It is the number of bad rows above which the task fails; leave it out for the option of the profile.")));
}

/*
 * Options of reading
 */

typedef enum ReadingType
{
	READING_TEXT,
	READING_NUMBER,
	READING_BOOLEAN
} ReadingType;

static const struct
{
	const char *name;
	ReadingType type;
}			reading_options[] = {
	{"header_check", READING_TEXT},
	{"header_rows", READING_NUMBER},
	{"fill_merged", READING_BOOLEAN},
	{"skip_hidden", READING_BOOLEAN},
	{"stop_at", READING_TEXT},
	{"sheets", READING_TEXT},
	{"date_order", READING_TEXT},
	{"decimal", READING_TEXT},
	{"time_zone", READING_TEXT},
};

char *
options_reading(FunctionCallInfo fcinfo, int first)
{
	StringInfoData json;

	initStringInfo(&json);
	for (int i = 0; i < (int) lengthof(reading_options); i++)
	{
		if (PG_ARGISNULL(first + i))
			continue;
		appendStringInfo(&json, "%c\"%s\":", json.len > 0 ? ',' : '{', reading_options[i].name);
		if (reading_options[i].type == READING_TEXT)
			escape_json(&json, text_to_cstring(PG_GETARG_TEXT_PP(first + i)));
		else if (reading_options[i].type == READING_NUMBER)
			appendStringInfo(&json, "%d", PG_GETARG_INT32(first + i));
		else
			appendStringInfoString(&json, PG_GETARG_BOOL(first + i) ? "true" : "false");
	}
	if (json.len == 0)
		return NULL;
	appendStringInfoChar(&json, '}');
	return json.data;
}

/* A member of a JSON object as text; NULL if there is none. */
static char *
member(Jsonb *json, const char *name)
{
	JsonbValue	found;

	if (getKeyJsonValueFromContainer(&json->root, name, (int) strlen(name), &found) == NULL)
		return NULL;
	if (found.type == jbvNumeric)
		return DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(found.val.numeric)));
	return found.type == jbvString ? pnstrdup(found.val.string.val, (Size) found.val.string.len) : NULL;
}

static void
check_header_check(const char *check)
{
	if (check != NULL && names_find(&header_check_names, check) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("header_check \"%s\" does not exist", check),
				 errdetail("header_check says how the headers of a sheet must agree with the profile."),
				 errhint("It is \"any\", \"known\" or \"exact\".")));
}

static void
check_header_rows(const char *rows)
{
	if (rows != NULL && (strlen(rows) != 1 || rows[0] < '1' || rows[0] > '0' + MOST_HEADER_ROWS))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("header_rows must be between 1 and %d", MOST_HEADER_ROWS),
				 errdetail("It is %s.", rows),
				 errhint("It is the number of rows that the headers take.")));
}

/* "~" and a regular expression. */
static void
check_pattern(const char *what, const char *pattern, const char *hint)
{
	if (pattern == NULL)
		return;
	if (pattern[0] != '~' || pattern[1] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s cannot be \"%s\"", what, pattern),
				 errdetail("It begins with \"~\", and a regular expression follows."),
				 errhint("%s", hint)));
	(void) DirectFunctionCall2Coll(textregexeq, DEFAULT_COLLATION_OID, CStringGetTextDatum(""), CStringGetTextDatum(pattern + 1));
}

bool
options_is_stop_expression(const char *stop_at)
{
	return stop_at != NULL && stop_at[0] != '~' && strcmp(stop_at, "blank_row") != 0;
}

void
options_check_reading(const char *reading)
{
	Jsonb	   *json;
	char	   *stop_at;

	if (reading == NULL)
		return;
	json = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(reading)));
	check_header_check(member(json, "header_check"));
	check_header_rows(member(json, "header_rows"));
	stop_at = member(json, "stop_at");
	if (options_is_stop_expression(stop_at))
		profile_sql_check(stop_at, "expression");
	else if (stop_at != NULL && strcmp(stop_at, "blank_row") != 0)
		check_pattern("stop_at", stop_at, "Write it as \"blank_row\", \"~^Total\" or \"item = 'Total'\".");
	check_pattern("sheets", member(json, "sheets"), "Write it as \"~^(Jan|Feb)\".");
	options_check_date_order(member(json, "date_order"));
	options_check_decimal(member(json, "decimal"));
	options_check_time_zone(member(json, "time_zone"));
}

char *
options_of_reading(const char *reading, const char *name)
{
	if (reading == NULL)
		return NULL;
	return member(DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(reading))), name);
}

Datum
pg_xlsx_check_reading(PG_FUNCTION_ARGS)
{
	if (!PG_ARGISNULL(0))
		options_check_reading(JsonbToCString(NULL, &PG_GETARG_JSONB_P(0)->root, VARSIZE(PG_GETARG_JSONB_P(0))));
	PG_RETURN_VOID();
}

/* Is the word in a list? NULL and "" pass. */
static void
check_word(const Names *names, const char *word, const char *option, const char *detail)
{
	StringInfoData choices;

	if (word == NULL || word[0] == '\0' || names_find(names, word) >= 0)
		return;
	initStringInfo(&choices);
	for (int i = 0; i < names->count; i++)
		appendStringInfo(&choices, "%s\"%s\"", i == 0 ? "" : i + 1 < names->count ? ", " : " or ", names->texts[i]);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s \"%s\" does not exist", option, word),
			 errdetail("%s", detail),
			 errhint("It is %s.", choices.data)));
}

void
options_check_date_order(const char *date_order)
{
	check_word(&date_order_names, date_order, "date_order",
			   "It says how day, month and year follow each other in dates that are texts.");
}

void
options_check_decimal(const char *decimal)
{
	check_word(&decimal_sign_names, decimal, "decimal", "It is the decimal sign of numbers that are texts.");
}

/* Would the server take any text of that form for a zone? "UTC+2" is such a one, and means two hours west. */
static bool
is_posix_zone(const char *name)
{
	return strpbrk(name, "0123456789<,") != NULL && strncmp(name, "Etc/", 4) != 0;
}

void
options_check_time_zone(const char *time_zone)
{
	if (time_zone == NULL || time_zone[0] == '\0' || (!is_posix_zone(time_zone) && pg_tzset(time_zone) != NULL))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("time_zone \"%s\" does not exist", time_zone),
			 errdetail("It is the time zone of times in texts that name none."),
			 errhint("Write a name of pg_timezone_names, such as \"Europe/Berlin\" or \"UTC\".")));
}

/* date_order, decimal, time_zone, format, rounding, no_value */
Datum
pg_xlsx_check_text_options(PG_FUNCTION_ARGS)
{
	const char *format = PG_XLSX_GETARG_STRING(3, NULL);

	options_check_date_order(PG_XLSX_GETARG_STRING(0, NULL));
	options_check_decimal(PG_XLSX_GETARG_STRING(1, NULL));
	options_check_time_zone(PG_XLSX_GETARG_STRING(2, NULL));
	if (format != NULL && format[0] != '\0')
		date_form_check(format);
	check_word(&rounding_names, PG_XLSX_GETARG_STRING(4, NULL), "rounding",
			   "It says what becomes of digits for which the column has no room.");
	check_word(&no_value_names, PG_XLSX_GETARG_STRING(5, NULL), "no_value",
			   "It says what a formula is that was never calculated.");
	PG_RETURN_VOID();
}

/* mode, max_errors, header_row, mapping, range */
Datum
pg_xlsx_check_options(PG_FUNCTION_ARGS)
{
	Jsonb	   *mapping = PG_ARGISNULL(3) ? NULL : PG_GETARG_JSONB_P(3);

	if (!PG_ARGISNULL(0))
		(void) save_mode_called(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	if (!PG_ARGISNULL(1))
		options_check_max_errors(PG_GETARG_INT64(1));
	options_check_header_row(PG_XLSX_GETARG_STRING(2, NULL));
	if (mapping != NULL)
		options_check_mapping(JsonbToCString(NULL, &mapping->root, VARSIZE(mapping)));
	(void) range_parse(PG_XLSX_GETARG_STRING(4, NULL));
	PG_RETURN_VOID();
}
