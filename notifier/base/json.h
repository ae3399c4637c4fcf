/*
 * json.h
 *	  Reads JSON text (RFC 8259) in place.
 *
 * json_parse() checks a whole document once: grammar, UTF-8, nesting.  What it
 * and the iterators hand out are slices of that text and live as long as it
 * does; iterators trust it, so they must only see values that come from a
 * checked document.  Nothing is allocated.
 *
 * libwebsockets' LEJP is not used because it is lenient: it takes documents
 * that JSON.parse refuses, and cuts long strings in pieces.
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

/* False unless text is exactly one JSON value with white space around it. */
extern bool json_parse(const char *text, size_t len, JsonValue *value);

/* Over an array or object; a value of another type has no members. */
extern JsonIterator json_iterate(const JsonValue *value);
extern bool json_next_element(JsonIterator *iterator, JsonValue *element);
extern bool json_next_member(JsonIterator *iterator, JsonValue *key, JsonValue *member);

/* The member of that name, the last one as in JavaScript; false when there is none or it is no object. */
extern bool json_get(const JsonValue *object, const char *key, JsonValue *member);

/* Is it this string?  Escapes are understood. */
extern bool json_equals(const JsonValue *value, const char *text);

/* A number without a fraction, however it is written (7, 7.0, 70e-1); false when it is none or too large. */
extern bool json_integer(const JsonValue *value, int64_t *integer);

#endif							/* NOTIFIER_JSON_H */
