/*
 * option_checks.c
 *	  The values that options may have.
 */
#include "profile/option_checks.h"

#include "catalog/pg_collation.h"
#include "files/range.h"
#include "pgtime.h"
#include "profile/date_form.h"
#include "profile/header_row.h"
#include "profile/sql.h"
#include "profile/words.h"
#include "tables/carried.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"

/* Tasks of a set. */
#define MOST_MEMBERS 100

/* A longer key does not fit into an index. */
#define MAX_KEY_BYTES 1024

/* Of a profile. */
#define MAX_WEBHOOKS 10
#define MAX_WEBHOOK_BYTES 2000

/* Is the word in a list? */
static void
check_word(const Names *names, const char *word, const char *option, const char *detail)
{
	StringInfoData choices;

	if (names_find(names, word) >= 0)
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

static int64
number_of(const char *digits)
{
	return DatumGetInt64(DirectFunctionCall1(int8in, CStringGetDatum(digits)));
}

static void
check_regexp(const char *pattern)
{
	(void) DirectFunctionCall2Coll(textregexeq, DEFAULT_COLLATION_OID, CStringGetTextDatum(""), CStringGetTextDatum(pattern));
}

/* "~" and a regular expression. */
static void
check_tilde(const char *option, const char *pattern, const char *hint)
{
	if (pattern[0] != '~' || pattern[1] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s cannot be \"%s\"", option, pattern),
				 errdetail("It begins with \"~\", and a regular expression follows."),
				 errhint("%s", hint)));
	check_regexp(pattern + 1);
}

/*
 * How a sheet is read
 */

void
option_check_mode(const char *mode)
{
	(void) save_mode_called(mode);
}

void
option_check_header_row(const char *header_row)
{
	HeaderRow	wanted;

	if (header_row_parse(header_row, &wanted))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("\"%s\" is not a header row", header_row),
			 errdetail("header_row is the row of the sheet that holds the headers."),
			 errhint("It is \"first\", \"auto\", or the number of a row.")));
}

void
option_check_header_check(const char *check)
{
	check_word(&header_check_names, check, "header_check", "header_check says how the headers of a sheet must agree with the profile.");
}

void
option_check_header_rows(const char *rows)
{
	if (strlen(rows) != 1 || rows[0] < '1' || rows[0] > '0' + MOST_HEADER_ROWS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("header_rows must be between 1 and %d", MOST_HEADER_ROWS),
				 errdetail("It is %s.", rows),
				 errhint("It is the number of rows that the headers take.")));
}

void
option_check_range(const char *range)
{
	(void) range_parse(range);
}

void
option_check_mapping(const char *mapping)
{
	if (JB_ROOT_IS_OBJECT(DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(mapping)))))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("mapping must be a JSON object"),
			 errdetail("It says which column a header goes to."),
			 errhint("Write it as {\"Header\": \"column_name\"}.")));
}

void
option_check_set(const char *set)
{
	Jsonb	   *members = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(set)));

	if (JB_ROOT_IS_ARRAY(members) && !JB_ROOT_IS_SCALAR(members) && JB_ROOT_COUNT(members) > 0 && JB_ROOT_COUNT(members) <= MOST_MEMBERS)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("set must be a JSON array of 1 to %d objects", MOST_MEMBERS),
			 errhint("Write it as [{\"profile\": \"departments\", \"sheet\": \"Departments\"}, {\"profile\": \"employees\", \"sheet\": \"Employees\"}].")));
}

void
option_check_max_errors(const char *max_errors)
{
	if (number_of(max_errors) >= 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("max_errors must not be negative"),
			 errdetail("It is %s.", max_errors),
			 errhint("It is the number of bad rows above which the task fails; leave it out for the option of the profile.")));
}

void
option_check_skip_end(const char *rows)
{
	int64		number = number_of(rows);

	if (number >= 0 && number <= MOST_SKIP_END)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("skip_end must be between 0 and %d", MOST_SKIP_END),
			 errdetail("It is %s.", rows),
			 errhint("It is the number of rows to leave out at the end of the sheet.")));
}

bool
option_is_stop_expression(const char *stop_at)
{
	return stop_at != NULL && stop_at[0] != '~' && strcmp(stop_at, "blank_row") != 0;
}

void
option_check_stop_at(const char *stop_at)
{
	if (option_is_stop_expression(stop_at))
		profile_sql_check(stop_at, "expression");
	else if (strcmp(stop_at, "blank_row") != 0)
		check_tilde("stop_at", stop_at, "Write it as \"blank_row\", \"~^Total\" or \"item = 'Total'\".");
}

void
option_check_sheets(const char *sheets)
{
	check_tilde("sheets", sheets, "Write it as \"~^(Jan|Feb)\".");
}

void
option_check_index_after_load(const char *word)
{
	check_word(&late_index_names, word, "index_after_load", "It says when indexes are built after the rows are in.");
}

void
option_check_duplicate_keys(const char *word)
{
	if (word[0] != '\0')
		check_word(&duplicate_keys_names, word, "duplicate_keys", "It says which of the rows of a file counts that have the same key.");
}

void
option_check_target_by(const char *word)
{
	check_word(&target_by_names, word, "target_by", "It says what the profile means by its target.");
}

void
option_check_no_value(const char *word)
{
	check_word(&no_value_names, word, "no_value", "It says what a formula is that was never calculated.");
}

/* http or https, a host, and what a request may be sent to: no user, no blank. */
static bool
is_webhook(const char *url)
{
	size_t		scheme = strncmp(url, "https://", 8) == 0 ? 8 : strncmp(url, "http://", 7) == 0 ? 7 : 0;
	size_t		host = scheme == 0 ? 0 : strcspn(url + scheme, "/?#");

	if (host == 0 || memchr(url + scheme, '@', host) != NULL || strlen(url) > MAX_WEBHOOK_BYTES)
		return false;
	for (; *url != '\0'; url++)
		if ((unsigned char) *url <= ' ' || (unsigned char) *url >= 0x7F)
			return false;
	return true;
}

/* Gives each text of a JSON list to check. Returns how many there are; more than most if there are more, the others are not looked at. */
static int
check_each(const char *json, int most, void (*check) (const char *text))
{
	Jsonb	   *list = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(json)));
	JsonbIterator *it = JsonbIteratorInit(&list->root);
	JsonbIteratorToken token;
	JsonbValue	item;
	int			count = 0;

	while (count <= most && (token = JsonbIteratorNext(&it, &item, true)) != WJB_DONE)
	{
		if (token != WJB_ELEM)
			continue;
		check(pnstrdup(item.val.string.val, (Size) item.val.string.len));
		count++;
	}
	return count;
}

static void
check_webhook(const char *url)
{
	if (!is_webhook(url))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" is no address of a webhook", url),
				 errdetail("An address begins with https:// or http://, and has a host, at most %d bytes, no user, and no blank.", MAX_WEBHOOK_BYTES),
				 errhint("Write it as https://host/path.")));
}

void
option_check_webhooks(const char *urls)
{
	if (check_each(urls, MAX_WEBHOOKS, check_webhook) > MAX_WEBHOOKS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("webhooks must have at most %d addresses", MAX_WEBHOOKS)));
}

void
option_check_on_duplicate(const char *word)
{
	check_word(&on_duplicate_names, word, "on_duplicate", "It says what becomes of a file that was imported before.");
}

void
option_check_idempotency_key(const char *key)
{
	if (strlen(key) <= MAX_KEY_BYTES)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("idempotency key must have at most %d bytes", MAX_KEY_BYTES)));
}

/*
 * How texts are read
 */

void
option_check_blank_cells(const char *word)
{
	if (word[0] != '\0')
		check_word(&blank_cells_names, word, "blank_cells", "It says what a blank cell does to its column.");
}

void
option_check_date_order(const char *date_order)
{
	if (date_order[0] != '\0')
		check_word(&date_order_names, date_order, "date_order",
				   "It says how day, month and year follow each other in dates that are texts.");
}

void
option_check_decimal(const char *decimal)
{
	if (decimal[0] != '\0')
		check_word(&decimal_sign_names, decimal, "decimal", "It is the decimal sign of numbers that are texts.");
}

/* Would the server take any text of that form for a zone? "UTC+2" is such a one, and means two hours west. */
static bool
is_posix_zone(const char *name)
{
	return strpbrk(name, "0123456789<,") != NULL && strncmp(name, "Etc/", 4) != 0;
}

void
option_check_time_zone(const char *time_zone)
{
	if (time_zone[0] == '\0' || (!is_posix_zone(time_zone) && pg_tzset(time_zone) != NULL))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("time_zone \"%s\" does not exist", time_zone),
			 errdetail("It is the time zone of times in texts that name none."),
			 errhint("Write a name of pg_timezone_names, such as \"Europe/Berlin\" or \"UTC\".")));
}

/*
 * Columns
 */

static void
check_not_empty(const char *option, const char *text)
{
	if (text[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not be empty", option),
				 errdetail("The header finds the column in the sheet. The label names it in messages."),
				 errhint("NULL leaves it unchanged.")));
}

void
option_check_header(const char *header)
{
	check_not_empty("header", header);
}

void
option_check_label(const char *label)
{
	check_not_empty("label", label);
}

void
option_check_source(const char *source)
{
	if (names_find(&column_source_names, source) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("source \"%s\" does not exist", source),
				 errdetail("A source says where the value of a column comes from."),
				 errhint("The sources are %s.", names_sentence(&column_source_names))));
}

void
option_check_pattern(const char *pattern)
{
	check_regexp(pattern);
}

void
option_check_transform(const char *expression)
{
	profile_sql_check(expression, "transform");
}

void
option_check_lookup(const char *query)
{
	profile_sql_check(query, "lookup");
}

void
option_check_messages(const char *messages)
{
	Datum		json = DirectFunctionCall1(jsonb_in, CStringGetDatum(messages));

	if (!JB_ROOT_IS_OBJECT(DatumGetJsonbP(json)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("messages must be a JSON object"),
				 errdetail("It is of type %s.", TextDatumGetCString(DirectFunctionCall1(jsonb_typeof, json))),
				 errhint("Write it as {\"required\": \"…\"}, or by locale as {\"de\": \"…\"}.")));
}

void
option_check_format(const char *format)
{
	date_form_check(format);
}

void
option_check_rounding(const char *word)
{
	check_word(&rounding_names, word, "rounding", "It says what becomes of digits for which the column has no room.");
}

void
option_check_settings(const char *names)
{
	if (check_each(names, CARRIED_MOST, carried_check) > CARRIED_MOST)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("settings must name at most %d settings", CARRIED_MOST)));
}
