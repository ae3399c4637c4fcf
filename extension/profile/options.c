/*
 * options.c
 *	  The options of profiles, of their columns, and of tasks.
 */
#include "profile/options.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "pg/nearest.h"
#include "pg/text_fold.h"
#include "profile/absent_options.h"
#include "profile/option_checks.h"
#include "profile/params.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(pg_xlsx_checked_options);
PG_FUNCTION_INFO_V1(pg_xlsx_form_options);
PG_FUNCTION_INFO_V1(pg_xlsx_nearest_of);

typedef enum OptionType
{
	OPTION_TEXT,
	OPTION_INTEGER,				/* int */
	OPTION_BIGINT,
	OPTION_BOOLEAN,
	OPTION_TIME,				/* timestamptz */
	OPTION_JSON,
	OPTION_LIST					/* texts */
} OptionType;

/* What an empty text, an empty list, or a number below 0 does in an option of a profile or a column. */
typedef enum OptionEmpty
{
	EMPTY_IS_VALUE,
	EMPTY_RESETS
} OptionEmpty;

typedef struct Option
{
	const char *name;
	int			of;				/* OptionsOf, as bits */
	OptionType	type;
	OptionEmpty empty;
	void		(*check) (const char *value);	/* NULL: all values of the type */
} Option;

#define ALL (OPTIONS_PROFILE | OPTIONS_COLUMN | OPTIONS_TASK)
#define BOTH (OPTIONS_PROFILE | OPTIONS_TASK)

static const Option options[] = {
	{"sheet", BOTH, OPTION_TEXT, EMPTY_RESETS, NULL},
	{"header_row", BOTH, OPTION_TEXT, EMPTY_IS_VALUE, option_check_header_row},
	{"range", BOTH, OPTION_TEXT, EMPTY_RESETS, option_check_range},
	{"mode", BOTH, OPTION_TEXT, EMPTY_IS_VALUE, option_check_mode},
	{"locale", BOTH, OPTION_TEXT, EMPTY_RESETS, NULL},
	{"header_check", BOTH, OPTION_TEXT, EMPTY_IS_VALUE, option_check_header_check},
	{"header_rows", BOTH, OPTION_INTEGER, EMPTY_IS_VALUE, option_check_header_rows},
	{"fill_merged", BOTH, OPTION_BOOLEAN, EMPTY_IS_VALUE, NULL},
	{"skip_hidden", BOTH, OPTION_BOOLEAN, EMPTY_IS_VALUE, NULL},
	{"stop_at", BOTH, OPTION_TEXT, EMPTY_RESETS, option_check_stop_at},
	{"hold", BOTH, OPTION_BOOLEAN, EMPTY_IS_VALUE, NULL},
	{"on_duplicate", BOTH, OPTION_TEXT, EMPTY_RESETS, option_check_on_duplicate},
	{"keep_rows", BOTH, OPTION_BOOLEAN, EMPTY_IS_VALUE, NULL},
	{"keep_changes", BOTH, OPTION_BOOLEAN, EMPTY_IS_VALUE, NULL},
	{"returning", BOTH, OPTION_LIST, EMPTY_RESETS, NULL},
	{"sheets", BOTH, OPTION_TEXT, EMPTY_RESETS, option_check_sheets},
	{"scope", BOTH, OPTION_TEXT, EMPTY_RESETS, option_check_scope},
	{"absent", BOTH, OPTION_TEXT, EMPTY_RESETS, option_check_absent},
	{"max_absent", BOTH, OPTION_TEXT, EMPTY_RESETS, option_check_max_absent},
	{"allow_empty", BOTH, OPTION_BOOLEAN, EMPTY_IS_VALUE, NULL},
	{"duplicate_keys", BOTH, OPTION_TEXT, EMPTY_RESETS, option_check_duplicate_keys},
	{"date_order", ALL, OPTION_TEXT, EMPTY_RESETS, option_check_date_order},
	{"decimal", ALL, OPTION_TEXT, EMPTY_RESETS, option_check_decimal},
	{"time_zone", ALL, OPTION_TEXT, EMPTY_RESETS, option_check_time_zone},
	{"blank_cells", ALL, OPTION_TEXT, EMPTY_RESETS, option_check_blank_cells},
	{"clear_token", ALL, OPTION_TEXT, EMPTY_RESETS, NULL},

	{"run_at", OPTIONS_TASK, OPTION_TIME, EMPTY_IS_VALUE, NULL},
	{"priority", OPTIONS_TASK, OPTION_INTEGER, EMPTY_IS_VALUE, NULL},
	{"after", OPTIONS_TASK, OPTION_BIGINT, EMPTY_IS_VALUE, NULL},
	{"set", OPTIONS_TASK, OPTION_JSON, EMPTY_IS_VALUE, option_check_set},
	{"idempotency_key", OPTIONS_TASK, OPTION_TEXT, EMPTY_IS_VALUE, option_check_idempotency_key},
	{"dry_run", OPTIONS_TASK, OPTION_BOOLEAN, EMPTY_IS_VALUE, NULL},
	{"mapping", OPTIONS_TASK, OPTION_JSON, EMPTY_IS_VALUE, option_check_mapping},
	{"params", OPTIONS_TASK, OPTION_JSON, EMPTY_IS_VALUE, params_check},
	{"max_errors", OPTIONS_TASK, OPTION_BIGINT, EMPTY_IS_VALUE, option_check_max_errors},

	{"max_errors", OPTIONS_PROFILE, OPTION_BIGINT, EMPTY_RESETS, NULL},
	{"delete_when", OPTIONS_PROFILE, OPTION_TEXT, EMPTY_RESETS, option_check_delete_when},
	{"four_eyes", OPTIONS_PROFILE, OPTION_BOOLEAN, EMPTY_IS_VALUE, NULL},
	{"on_end", OPTIONS_PROFILE, OPTION_TEXT, EMPTY_RESETS, NULL},
	{"skip_end", OPTIONS_PROFILE, OPTION_INTEGER, EMPTY_IS_VALUE, option_check_skip_end},
	{"key_columns", OPTIONS_PROFILE, OPTION_LIST, EMPTY_RESETS, NULL},
	{"key_index", OPTIONS_PROFILE, OPTION_TEXT, EMPTY_RESETS, NULL},
	{"update_columns", OPTIONS_PROFILE, OPTION_LIST, EMPTY_RESETS, NULL},
	{"keep_old", OPTIONS_PROFILE, OPTION_BOOLEAN, EMPTY_IS_VALUE, NULL},
	{"follow", OPTIONS_PROFILE, OPTION_BOOLEAN, EMPTY_IS_VALUE, NULL},
	{"index_after_load", OPTIONS_PROFILE, OPTION_TEXT, EMPTY_IS_VALUE, option_check_index_after_load},
	{"settings", OPTIONS_PROFILE, OPTION_LIST, EMPTY_RESETS, option_check_settings},
	{"no_value", OPTIONS_PROFILE, OPTION_TEXT, EMPTY_RESETS, option_check_no_value},
	{"target_by", OPTIONS_PROFILE, OPTION_TEXT, EMPTY_IS_VALUE, option_check_target_by},
	{"webhooks", OPTIONS_PROFILE, OPTION_LIST, EMPTY_RESETS, option_check_webhooks},
	{"target", OPTIONS_PROFILE, OPTION_BIGINT, EMPTY_IS_VALUE, NULL},	/* number of the relation */

	{"null_tokens", OPTIONS_PROFILE | OPTIONS_COLUMN, OPTION_LIST, EMPTY_IS_VALUE, NULL},
	{"trim_cells", OPTIONS_PROFILE | OPTIONS_COLUMN, OPTION_BOOLEAN, EMPTY_IS_VALUE, NULL},

	{"header", OPTIONS_COLUMN, OPTION_TEXT, EMPTY_IS_VALUE, option_check_header},
	{"label", OPTIONS_COLUMN, OPTION_TEXT, EMPTY_IS_VALUE, option_check_label},
	{"source", OPTIONS_COLUMN, OPTION_TEXT, EMPTY_IS_VALUE, option_check_source},
	{"transform", OPTIONS_COLUMN, OPTION_TEXT, EMPTY_RESETS, option_check_transform},
	{"pattern", OPTIONS_COLUMN, OPTION_TEXT, EMPTY_RESETS, option_check_pattern},
	{"lookup", OPTIONS_COLUMN, OPTION_TEXT, EMPTY_RESETS, option_check_lookup},
	{"lookup_table", OPTIONS_COLUMN, OPTION_TEXT, EMPTY_RESETS, NULL},
	{"lookup_key", OPTIONS_COLUMN, OPTION_LIST, EMPTY_RESETS, NULL},
	{"lookup_value", OPTIONS_COLUMN, OPTION_TEXT, EMPTY_RESETS, NULL},
	{"aliases", OPTIONS_COLUMN, OPTION_LIST, EMPTY_IS_VALUE, NULL},
	{"position", OPTIONS_COLUMN, OPTION_INTEGER, EMPTY_IS_VALUE, NULL},
	{"required", OPTIONS_COLUMN, OPTION_BOOLEAN, EMPTY_IS_VALUE, NULL},
	{"default_value", OPTIONS_COLUMN, OPTION_TEXT, EMPTY_RESETS, NULL},
	{"messages", OPTIONS_COLUMN, OPTION_JSON, EMPTY_IS_VALUE, option_check_messages},
	{"multiple", OPTIONS_COLUMN, OPTION_TEXT, EMPTY_RESETS, NULL},
	{"param", OPTIONS_COLUMN, OPTION_TEXT, EMPTY_RESETS, NULL},
	{"split", OPTIONS_COLUMN, OPTION_TEXT, EMPTY_RESETS, NULL},
	{"ignore_case", OPTIONS_COLUMN, OPTION_BOOLEAN, EMPTY_IS_VALUE, NULL},
	{"format", OPTIONS_COLUMN, OPTION_TEXT, EMPTY_RESETS, option_check_format},
	{"rounding", OPTIONS_COLUMN, OPTION_TEXT, EMPTY_RESETS, option_check_rounding},
};

/*
 * Names
 */

/* In the form of REST: dryRun. */
static char *
camel_case(const char *name)
{
	char	   *camel = palloc(strlen(name) + 1);
	char	   *end = camel;

	for (; *name != '\0'; name++)
		*end++ = name[0] == '_' && name[1] != '\0' ? pg_toupper((unsigned char) *++name) : *name;
	*end = '\0';
	return camel;
}

static const Option *
find_option(OptionsOf of, const char *name, bool form)
{
	for (size_t i = 0; i < lengthof(options); i++)
		if (options[i].of & of && (strcmp(options[i].name, name) == 0 || (form && strcmp(camel_case(options[i].name), name) == 0)))
			return &options[i];
	return NULL;
}

__attribute__((noreturn)) static void
refuse_name(OptionsOf of, const char *name, bool form)
{
	Nearest		nearest;
	StringInfoData known;

	initStringInfo(&known);
	nearest_begin(&nearest, name, strlen(name));
	for (size_t i = 0; i < lengthof(options); i++)
	{
		const char *word = form ? camel_case(options[i].name) : options[i].name;
		char	   *folded = text_fold(word, strlen(word));

		if (!(options[i].of & of))
			continue;
		nearest_try(&nearest, folded, strlen(folded), (int) i);
		appendStringInfo(&known, "%s%s", known.len > 0 ? ", " : "", word);
	}
	if (nearest.found >= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown field \"%s\"; did you mean \"%s\"?", name,
						form ? camel_case(options[nearest.found].name) : options[nearest.found].name)));
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown field \"%s\"", name),
			 errhint("Known are %s.", known.data)));
}

/*
 * Values
 */

static char *
json_text(const JsonbValue *value)
{
	Jsonb	   *json = JsonbValueToJsonb((JsonbValue *) value);

	return JsonbToCString(NULL, &json->root, (int) VARSIZE(json));
}

/* The text of a scalar; a list or an object as JSON. */
static char *
value_text(const JsonbValue *value)
{
	if (value->type == jbvString)
		return pnstrdup(value->val.string.val, (Size) value->val.string.len);
	if (value->type == jbvNumeric)
		return DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(value->val.numeric)));
	if (value->type == jbvBool)
		return pstrdup(value->val.boolean ? "true" : "false");
	return json_text(value);
}

__attribute__((noreturn)) static void
refuse_type(const Option *option, const char *wanted, const char *text)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s cannot be \"%s\"", option->name, text),
			 errdetail("It is %s.", wanted)));
}

/* The number as JSON has it: without a plus, blanks and zeros in front. */
static char *
integer_text(const Option *option, const char *text)
{
	int64		least = option->type == OPTION_INTEGER ? PG_INT32_MIN : PG_INT64_MIN;
	int64		most = option->type == OPTION_INTEGER ? PG_INT32_MAX : PG_INT64_MAX;
	char	   *end;
	int64		number;

	errno = 0;
	number = strtoi64(text, &end, 10);
	if (text[0] == '\0' || *end != '\0' || errno != 0 || number < least || number > most)
		refuse_type(option, psprintf("an integer between " INT64_FORMAT " and " INT64_FORMAT, least, most), text);
	return psprintf(INT64_FORMAT, number);
}

static char *
time_text(const char *text)
{
	char		buffer[MAXDATELEN + 1];
	Datum		moment = DirectFunctionCall3(timestamptz_in, CStringGetDatum(text), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));

	return pstrdup(JsonEncodeDateTime(buffer, moment, TIMESTAMPTZOID, NULL));
}

/* A list of texts as JSON. It may be given as JSON, as a text that holds JSON, or as SQL writes arrays, '{a,b}'. */
static char *
list_text(const Option *option, const char *given)
{
	Jsonb	   *list;
	JsonbIterator *it;
	JsonbValue	item;
	JsonbIteratorToken token;

	if (given[0] == '{')
		given = TextDatumGetCString(DirectFunctionCall1(array_to_json, OidInputFunctionCall(F_ARRAY_IN, (char *) given, TEXTOID, -1)));
	list = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(given)));
	if (!JB_ROOT_IS_ARRAY(list) || JB_ROOT_IS_SCALAR(list))
		refuse_type(option, "a list of texts", given);
	it = JsonbIteratorInit(&list->root);
	while ((token = JsonbIteratorNext(&it, &item, true)) != WJB_DONE)
		if (token == WJB_ELEM && item.type != jbvString)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%s must be a list of texts", option->name),
					 errdetail("It has more than one dimension, or holds NULL."),
					 errhint("Write it as ARRAY['one', 'another'].")));
	return JsonbToCString(NULL, &list->root, (int) VARSIZE(list));
}

/* Does the value reset the option? */
static bool
resets(const Option *option, const char *text)
{
	if (option->empty == EMPTY_IS_VALUE)
		return false;
	if (option->type == OPTION_BIGINT)
		return text[0] == '-';
	return text[0] == '\0' || (option->type == OPTION_LIST && strcmp(text, "[]") == 0);
}

/* Writes a value as JSON, after its check. */
static void
put_value(StringInfo json, const Option *option, OptionsOf of, const JsonbValue *value)
{
	char	   *text = value_text(value);
	bool		flag = false;

	switch (option->type)
	{
		case OPTION_TEXT:
			if (value->type == jbvBinary)
				refuse_type(option, "a text", text);
			break;
		case OPTION_INTEGER:
		case OPTION_BIGINT:
			text = integer_text(option, text);
			break;
		case OPTION_BOOLEAN:
			if (!parse_bool(text, &flag))
				refuse_type(option, "true or false", text);
			text = flag ? "true" : "false";
			break;
		case OPTION_TIME:
			text = time_text(text);
			break;
		case OPTION_JSON:
			break;
		case OPTION_LIST:
			text = list_text(option, text);
			break;
	}
	if (of != OPTIONS_TASK && resets(option, text))
	{
		appendStringInfoString(json, "null");
		return;
	}
	if (option->check != NULL)
		option->check(text);
	if (option->type == OPTION_TEXT || option->type == OPTION_TIME)
		escape_json(json, text);
	else
		appendStringInfoString(json, text);
}

static Jsonb *
checked(OptionsOf of, Jsonb *given, bool form)
{
	JsonbIterator *it = JsonbIteratorInit(&given->root);
	JsonbValue	item;
	JsonbIteratorToken token;
	StringInfoData json;

	if (!JB_ROOT_IS_OBJECT(given))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("options must be a JSON object"),
				 errdetail("They are %s.", JsonbToCString(NULL, &given->root, (int) VARSIZE(given)))));
	initStringInfo(&json);
	while ((token = JsonbIteratorNext(&it, &item, true)) != WJB_DONE)
	{
		const Option *option;
		char	   *name;

		if (token != WJB_KEY)
			continue;
		name = pnstrdup(item.val.string.val, (Size) item.val.string.len);
		(void) JsonbIteratorNext(&it, &item, true);
		option = find_option(of, name, form);
		if (option == NULL)
			refuse_name(of, name, form);
		if (item.type == jbvNull || (form && item.type == jbvString && item.val.string.len == 0))
			continue;
		appendStringInfo(&json, "%c\"%s\":", json.len > 0 ? ',' : '{', option->name);
		put_value(&json, option, of, &item);
	}
	appendStringInfoString(&json, json.len > 0 ? "}" : "{}");
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data)));
}

Jsonb *
options_check(OptionsOf of, Jsonb *given)
{
	return checked(of, given, false);
}

Jsonb *
options_of_form(Jsonb *given)
{
	if (given == NULL || JB_ROOT_IS_SCALAR(given))
		given = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum("{}")));
	return checked(OPTIONS_TASK, given, true);
}

char *
options_member(Jsonb *json, const char *name)
{
	JsonbValue	found;

	if (getKeyJsonValueFromContainer(&json->root, name, (int) strlen(name), &found) == NULL || found.type == jbvNull)
		return NULL;
	return value_text(&found);
}

char *
options_text(const char *text, const char *name)
{
	if (text == NULL)
		return NULL;
	return options_member(DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text))), name);
}

/* what (profile, column or task), options */
Datum
pg_xlsx_checked_options(PG_FUNCTION_ARGS)
{
	char	   *what = text_to_cstring(PG_GETARG_TEXT_PP(0));
	OptionsOf	of = strcmp(what, "profile") == 0 ? OPTIONS_PROFILE : strcmp(what, "column") == 0 ? OPTIONS_COLUMN : OPTIONS_TASK;

	PG_RETURN_JSONB_P(options_check(of, PG_GETARG_JSONB_P(1)));
}

Datum
pg_xlsx_form_options(PG_FUNCTION_ARGS)
{
	PG_RETURN_JSONB_P(options_of_form(PG_GETARG_JSONB_P(0)));
}

/* word, words */
Datum
pg_xlsx_nearest_of(PG_FUNCTION_ARGS)
{
	char	   *word = text_to_cstring(PG_GETARG_TEXT_PP(0));
	Datum	   *words;
	bool	   *nulls;
	int			count;
	Nearest		nearest;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(1), TEXTOID, -1, false, TYPALIGN_INT, &words, &nulls, &count);
	nearest_begin(&nearest, word, strlen(word));
	for (int i = 0; i < count; i++)
	{
		char	   *one = nulls[i] ? "" : TextDatumGetCString(words[i]);
		char	   *folded = text_fold(one, strlen(one));

		CHECK_FOR_INTERRUPTS();
		nearest_try(&nearest, folded, strlen(folded), i);
	}
	if (nearest.found < 0)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(words[nearest.found]);
}
