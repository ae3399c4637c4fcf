/*
 * message.c
 *	  The texts of violations.
 */
#include "profile/message.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

static const JsonbValue *
member(JsonbContainer *object, const char *key, size_t length)
{
	return getKeyJsonValueFromContainer(object, key, (int) length, NULL);
}

static char *
text_of(const JsonbValue *value)
{
	return value != NULL && value->type == jbvString ? pnstrdup(value->val.string.val, value->val.string.len) : NULL;
}

/* The text of an object by locale. */
static char *
localized(JsonbContainer *object, const char *locale)
{
	char	   *text = NULL;

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

static char *
template_of(const char *messages, const char *code, const char *locale)
{
	Jsonb	   *json = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(messages)));
	const JsonbValue *of_code;

	if (code == NULL)
		return localized(&json->root, locale);
	of_code = JsonContainerIsObject(&json->root) ? member(&json->root, code, strlen(code)) : NULL;
	if (of_code != NULL && of_code->type == jbvBinary)
		return localized(of_code->val.binary.data, locale);
	return text_of(of_code);
}

char *
message_own(const char *messages, const char *code, const char *locale, const MessageValues *values)
{
	const struct
	{
		const char *name;
		const char *value;
	}			places[] = {{"{label}", values->label}, {"{value}", values->value}, {"{cell}", values->cell}};
	StringInfoData text;
	char	   *template;

	if (strcmp(messages, "{}") == 0)
		return NULL;
	template = template_of(messages, code, locale);
	if (template == NULL)
		return NULL;
	initStringInfo(&text);
	while (*template != '\0')
	{
		int			place = -1;

		for (int i = 0; i < (int) lengthof(places) && place < 0; i++)
			if (strncmp(template, places[i].name, strlen(places[i].name)) == 0)
				place = i;
		if (place < 0)
		{
			appendStringInfoChar(&text, *template++);
			continue;
		}
		appendStringInfoString(&text, places[place].value != NULL ? places[place].value : "");
		template += strlen(places[place].name);
	}
	return text.data;
}
