/*
 * message.c
 *	  The texts of violations.
 */
#include "profile/message.h"

#include "fmgr.h"
#include "utils/builtins.h"

/* Behind the NUL of a place that is left. */
#define PLACE_VALUE 'v'
#define PLACE_CELL	'c'

/*
 * Templates
 */

const Jsonb *
message_object(const char *messages)
{
	if (strcmp(messages, "{}") == 0)
		return NULL;
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(messages)));
}

static const JsonbValue *
member(JsonbContainer *object, const char *key, size_t length)
{
	return getKeyJsonValueFromContainer(object, key, (int) length, NULL);
}

static const char *
text_of(const JsonbValue *value)
{
	return value != NULL && value->type == jbvString ? pnstrdup(value->val.string.val, value->val.string.len) : NULL;
}

/* The text of an object by locale. */
static const char *
localized(JsonbContainer *object, const char *locale)
{
	const char *text = NULL;

	if (!JsonContainerIsObject(object))
		return NULL;
	if (locale != NULL && locale[0] != '\0')
	{
		text = text_of(member(object, locale, strlen(locale)));
		if (text == NULL)
			text = text_of(member(object, locale, strcspn(locale, "-_")));
	}
	return text != NULL ? text : text_of(member(object, "", 0));
}

const char *
message_template(const Jsonb *messages, const char *code, const char *locale)
{
	JsonbContainer *root;
	const JsonbValue *of_code;

	if (messages == NULL)
		return NULL;
	root = (JsonbContainer *) &messages->root;
	if (code == NULL)
		return localized(root, locale);
	of_code = JsonContainerIsObject(root) ? member(root, code, strlen(code)) : NULL;
	if (of_code != NULL && of_code->type == jbvBinary)
		return localized(of_code->val.binary.data, locale);
	return text_of(of_code);
}

/*
 * Compiling
 */

typedef struct Place
{
	const char *name;
	const char *text;			/* NULL: it is left, or is none */
	char		mark;			/* where it is left */
} Place;

/* The place at the start of the text; NULL if there is none. */
static const Place *
find_place(const char *text, const Place *places, int count)
{
	if (*text != '{')
		return NULL;
	for (int i = 0; i < count; i++)
		if ((places[i].text != NULL || places[i].mark != '\0') && strncmp(text, places[i].name, strlen(places[i].name)) == 0)
			return &places[i];
	return NULL;
}

bool
message_compile(StringInfo out, const char *template, const MessagePlaces *places)
{
	const Place all[] = {
		{"{label}", places->label}, {"{type}", places->type}, {"{limit}", places->limit}, {"{rule}", places->rule},
		{"{value}", NULL, PLACE_VALUE}, {"{cell}", NULL, PLACE_CELL}
	};
	bool		left = false;

	while (*template != '\0')
	{
		const Place *place = find_place(template, all, lengthof(all));

		if (place == NULL)
		{
			appendStringInfoChar(out, *template++);
			continue;
		}
		template += strlen(place->name);
		if (place->text != NULL)
			appendStringInfoString(out, place->text);
		else
		{
			appendStringInfoChar(out, '\0');
			appendStringInfoChar(out, place->mark);
			left = true;
		}
	}
	appendStringInfoChar(out, '\0');
	return left;
}

Message
message_make(const char *template, const MessagePlaces *places)
{
	StringInfoData text;
	Message		message;

	initStringInfo(&text);
	message.has_places = message_compile(&text, template, places);
	message.text = text.data;
	message.length = (uint32) text.len - 1;
	return message;
}

/*
 * Saying
 */

const char *
message_say(const Message *message, const char *value, const char *cell)
{
	const char *from = message->text;
	const char *end = from + message->length;
	const char *place;
	StringInfoData text;

	if (!message->has_places)
		return message->text;
	initStringInfo(&text);
	while ((place = memchr(from, '\0', (size_t) (end - from))) != NULL)
	{
		const char *filled = place[1] == PLACE_VALUE ? value : cell;

		appendBinaryStringInfo(&text, from, (int) (place - from));
		if (filled != NULL)
			appendStringInfoString(&text, filled);
		from = place + 2;
	}
	appendBinaryStringInfo(&text, from, (int) (end - from));
	return text.data;
}
