/*
 * json.h
 *	  Reads JSON text (RFC 8259) in place.
 *
 * json_parse() checks a whole document once: grammar, UTF-8, nesting.  It and
 * the iterators return slices of that text, which live as long as the text.
 * Iterators do not check again, so give them only values of a checked
 * document. Nothing is allocated.
 *
 * libwebsockets' LEJP is not used because it accepts documents that
 * JSON.parse refuses, and cuts long strings in pieces.
 */
#ifndef NOTIFIER_JSON_H
#define NOTIFIER_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_MAX_DEPTH 256

typedef enum JsonType
{
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT
} JsonType;

typedef struct JsonValue
{
	JsonType	type;
	const char *text;			/* with its quotes or brackets */
	size_t		len;
} JsonValue;

typedef struct JsonIterator
{
	const char *at;
	const char *end;
} JsonIterator;

/* False unless text is exactly one JSON value, with or without white space around it. */
extern bool json_parse(const char *text, size_t len, JsonValue *value);

/* Iterates over an array or object; a value of another type has no members. */
extern JsonIterator json_iterate(const JsonValue *value);
extern bool json_next_element(JsonIterator *iterator, JsonValue *element);
extern bool json_next_member(JsonIterator *iterator, JsonValue *key, JsonValue *member);

/* Finds the member named key; the last one counts, as in JavaScript. False if there is none or the value is not an object. */
extern bool json_get(const JsonValue *object, const char *key, JsonValue *member);

/* Is value the string text? Escapes in value are decoded. */
extern bool json_equals(const JsonValue *value, const char *text);

/* A number without a fraction, in any notation (7, 7.0, 70e-1); false if value is no such number or is too large. */
extern bool json_integer(const JsonValue *value, int64_t *integer);

#endif							/* NOTIFIER_JSON_H */
