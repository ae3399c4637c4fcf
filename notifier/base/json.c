/*
 * json.c
 *	  Reads JSON text (RFC 8259) in place.
 */
#include "base/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

/* Integers that a JavaScript number holds exactly. */
#define JSON_SAFE_INTEGER 9007199254740992.0

/* Longest number that is converted; a task id is never longer. */
#define JSON_NUMBER_TEXT 64

typedef struct Scanner
{
	const char *at;
	const char *end;
	int			depth;
} Scanner;

static bool scan_value(Scanner *scan, JsonValue *value);

/*
 * Scanner: consumes one construct and says whether it was well formed
 */

static void
skip_space(Scanner *scan)
{
	while (scan->at < scan->end &&
		   (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\n' || *scan->at == '\r'))
		scan->at++;
}

static bool
take(Scanner *scan, char c)
{
	if (scan->at == scan->end || *scan->at != c)
		return false;
	scan->at++;
	return true;
}

static bool
take_word(Scanner *scan, const char *word)
{
	size_t		len = strlen(word);

	if ((size_t) (scan->end - scan->at) < len || memcmp(scan->at, word, len) != 0)
		return false;
	scan->at += len;
	return true;
}

static bool
take_digits(Scanner *scan)
{
	const char *start = scan->at;

	while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9')
		scan->at++;
	return scan->at > start;
}

static bool
scan_number(Scanner *scan)
{
	take(scan, '-');
	if (!take(scan, '0') && !take_digits(scan))
		return false;
	if (take(scan, '.') && !take_digits(scan))
		return false;
	if (take(scan, 'e') || take(scan, 'E'))
	{
		if (!take(scan, '+'))
			take(scan, '-');
		return take_digits(scan);
	}
	return true;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The value of four hexadecimal digits; -1 if they are not. */
static int
hex_code(const char *text, size_t len)
{
	int			code = 0;

	if (len < 4)
		return -1;
	for (int i = 0; i < 4; i++)
	{
		int			digit = hex_digit(text[i]);

		if (digit < 0)
			return -1;
		code = code * 16 + digit;
	}
	return code;
}

static bool
scan_escape(Scanner *scan)
{
	if (scan->at == scan->end)
		return false;
	if (*scan->at != 'u')
		return strchr("\"\\/bfnrt", *scan->at++) != NULL;
	scan->at++;
	if (hex_code(scan->at, (size_t) (scan->end - scan->at)) < 0)
		return false;
	scan->at += 4;
	return true;
}

static bool
scan_string(Scanner *scan)
{
	if (!take(scan, '"'))
		return false;
	while (scan->at < scan->end)
	{
		size_t		step;

		if (take(scan, '"'))
			return true;
		if (take(scan, '\\'))
		{
			if (!scan_escape(scan))
				return false;
			continue;
		}
		step = utf8_sequence(scan->at, (size_t) (scan->end - scan->at));
		if (step == 0 || (unsigned char) *scan->at < 0x20)
			return false;
		scan->at += step;
	}
	return false;
}

static bool
scan_array(Scanner *scan)
{
	JsonValue	element;

	take(scan, '[');
	skip_space(scan);
	if (take(scan, ']'))
		return true;
	for (;;)
	{
		if (!scan_value(scan, &element))
			return false;
		if (take(scan, ']'))
			return true;
		if (!take(scan, ','))
			return false;
	}
}

static bool
scan_object(Scanner *scan)
{
	JsonValue	member;

	take(scan, '{');
	skip_space(scan);
	if (take(scan, '}'))
		return true;
	for (;;)
	{
		skip_space(scan);
		if (!scan_string(scan))
			return false;
		skip_space(scan);
		if (!take(scan, ':') || !scan_value(scan, &member))
			return false;
		if (take(scan, '}'))
			return true;
		if (!take(scan, ','))
			return false;
	}
}

static bool
scan_nested(Scanner *scan, JsonType type)
{
	bool		good;

	if (scan->depth == JSON_MAX_DEPTH)
		return false;
	scan->depth++;
	good = type == JSON_ARRAY ? scan_array(scan) : scan_object(scan);
	scan->depth--;
	return good;
}

static bool
scan_typed(Scanner *scan, JsonType *type)
{
	switch (*scan->at)
	{
		case '{':
			return scan_nested(scan, *type = JSON_OBJECT);
		case '[':
			return scan_nested(scan, *type = JSON_ARRAY);
		case '"':
			*type = JSON_STRING;
			return scan_string(scan);
		case 't':
			*type = JSON_TRUE;
			return take_word(scan, "true");
		case 'f':
			*type = JSON_FALSE;
			return take_word(scan, "false");
		case 'n':
			*type = JSON_NULL;
			return take_word(scan, "null");
		default:
			*type = JSON_NUMBER;
			return scan_number(scan);
	}
}

/* Scans one value and the white space around it. */
static bool
scan_value(Scanner *scan, JsonValue *value)
{
	skip_space(scan);
	if (scan->at == scan->end)
		return false;
	value->text = scan->at;
	if (!scan_typed(scan, &value->type))
		return false;
	value->len = (size_t) (scan->at - value->text);
	skip_space(scan);
	return true;
}

bool
json_parse(const char *text, size_t len, JsonValue *value)
{
	Scanner		scan = {.at = text,.end = text + len};

	return scan_value(&scan, value) && scan.at == scan.end;
}

/*
 * Iterators: over text that json_parse() has checked
 */

JsonIterator
json_iterate(const JsonValue *value)
{
	JsonIterator iterator = {0};

	if (value->type == JSON_ARRAY || value->type == JSON_OBJECT)
	{
		iterator.at = value->text + 1;
		iterator.end = value->text + value->len - 1;
	}
	return iterator;
}

bool
json_next_element(JsonIterator *iterator, JsonValue *element)
{
	Scanner		scan = {.at = iterator->at,.end = iterator->end};
	bool		found = iterator->at != NULL && scan_value(&scan, element);

	take(&scan, ',');
	iterator->at = scan.at;
	return found;
}

bool
json_next_member(JsonIterator *iterator, JsonValue *key, JsonValue *member)
{
	Scanner		scan = {.at = iterator->at,.end = iterator->end};
	bool		found;

	found = iterator->at != NULL && scan_value(&scan, key) && take(&scan, ':') && scan_value(&scan, member);
	take(&scan, ',');
	iterator->at = scan.at;
	return found;
}

bool
json_get(const JsonValue *object, const char *key, JsonValue *member)
{
	JsonIterator iterator;
	JsonValue	name;
	JsonValue	value;
	bool		found = false;

	if (object->type != JSON_OBJECT)
		return false;
	iterator = json_iterate(object);
	while (json_next_member(&iterator, &name, &value))
	{
		if (json_equals(&name, key))
		{
			*member = value;
			found = true;
		}
	}
	return found;
}

/* The ASCII character of an escape, 0 for any other character; moves *at behind the escape. */
static char
unescape(const char **at)
{
	char		c = *(*at)++;
	int			code;

	switch (c)
	{
		case 'b':
			return '\b';
		case 'f':
			return '\f';
		case 'n':
			return '\n';
		case 'r':
			return '\r';
		case 't':
			return '\t';
		case 'u':
			code = hex_code(*at, 4);
			*at += 4;
			return code < 0x80 ? (char) code : '\0';
		default:
			return c;
	}
}

bool
json_equals(const JsonValue *value, const char *text)
{
	const char *at = value->text + 1;
	const char *end = value->text + value->len - 1;

	if (value->type != JSON_STRING)
		return false;
	while (at < end)
	{
		char		c = *at++;

		if (c == '\\')
			c = unescape(&at);
		if (c == '\0' || c != *text++)
			return false;
	}
	return *text == '\0';
}

bool
json_integer(const JsonValue *value, int64_t *integer)
{
	char		text[JSON_NUMBER_TEXT];
	char	   *end;
	double		real;

	if (value->type != JSON_NUMBER || value->len >= sizeof(text))
		return false;
	memcpy(text, value->text, value->len);
	text[value->len] = '\0';

	errno = 0;
	*integer = strtoll(text, &end, 10);
	if (*end == '\0')
		return errno == 0;
	real = strtod(text, NULL);
	if (!(real > -JSON_SAFE_INTEGER && real < JSON_SAFE_INTEGER) || real != (double) (int64_t) real)
		return false;
	*integer = (int64_t) real;
	return true;
}
