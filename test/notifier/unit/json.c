/*
 * json.c
 *	  The scanner agrees with JSON.parse; iterators find every member.
 */
#include "testing.h"

#include "base/buf.h"
#include "base/json.h"

static bool
parses(const char *text)
{
	JsonValue	value;

	return json_parse(text, strlen(text), &value);
}

static void
valid_documents(void **state)
{
	static const char *const valid[] = {
		"null", " true ", "false", "0", "-0", "10", "1.5", "1e3", "1E+3", "1e-3", "-0.0e0",
		"\"\"", "\"a\\\"b\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"", "\"\\ud800\"", "\"\xC3\xA9\xF0\x9F\x98\x80\"",
		"[]", "[ ]", "[1]", "[1 , 2]", "{}", "{ }", "{\"a\":1}", " { \"a\" : [ {} , null ] , \"b\" : \"c\" } ",
		"\"\x7F\"",
	};

	(void) state;
	for (size_t i = 0; i < sizeof(valid) / sizeof(valid[0]); i++)
	{
		if (!parses(valid[i]))
			fail_msg("refused: %s", valid[i]);
	}
}

static void
invalid_documents(void **state)
{
	static const char *const invalid[] = {
		"", " ", "nul", "nulls", "truefalse", "1 2", "01", "-", "+1", ".5", "1.", "1e", "1e+", "0x1", "NaN", "Infinity",
		"\"", "\"\\\"", "\"\\x\"", "\"\\u12g4\"", "\"\\u12", "\"a\nb\"", "'a'",
		"\"\xC3\"", "\"\xC0\xAF\"", "\"\xED\xA0\x80\"", "\"\xF5\x80\x80\x80\"", "\"\xE2\x82\"", "\"\x80\"",
		"[", "]", "[1", "[1,]", "[,1]", "[1 2]", "{", "}", "{a:1}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{1:2}", "[1}", "{\"a\":1]",
		"\xEF\xBB\xBF{}", "[1]\x00x" "y", "//\n1",
	};

	(void) state;
	for (size_t i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++)
	{
		if (parses(invalid[i]) && strcmp(invalid[i], "[1]") != 0)
			fail_msg("taken: %s", invalid[i]);
	}
	{
		JsonValue	value;

		assert_false(json_parse("[1]\0", 4, &value));
		assert_false(json_parse("\"a\0b\"", 5, &value));
	}
}

static void
nesting_is_limited(void **state)
{
	Buf			text = {0};

	(void) state;
	for (int i = 0; i < JSON_MAX_DEPTH; i++)
		buf_putc(&text, '[');
	for (int i = 0; i < JSON_MAX_DEPTH; i++)
		buf_putc(&text, ']');
	assert_true(parses(text.data));
	buf_clear(&text);
	for (int i = 0; i < JSON_MAX_DEPTH + 1; i++)
		buf_puts(&text, "{\"a\":");
	buf_puts(&text, "1");
	for (int i = 0; i < JSON_MAX_DEPTH + 1; i++)
		buf_putc(&text, '}');
	assert_false(parses(text.data));
	buf_free(&text);
}

static void
iterates_arrays(void **state)
{
	const char *text = " [ \"a,]\" , [1,[2]] , {\"x\":[]} , 7 ] ";
	const JsonType types[] = {JSON_STRING, JSON_ARRAY, JSON_OBJECT, JSON_NUMBER};
	JsonValue	value;
	JsonValue	element;
	JsonIterator iterator;

	(void) state;
	assert_true(json_parse(text, strlen(text), &value));
	iterator = json_iterate(&value);
	for (int i = 0; i < 4; i++)
	{
		assert_true(json_next_element(&iterator, &element));
		assert_int_equal(element.type, types[i]);
	}
	assert_int_equal(element.len, 1);
	assert_false(json_next_element(&iterator, &element));
	assert_false(json_next_element(&iterator, &element));

	assert_true(json_parse("[]", 2, &value));
	iterator = json_iterate(&value);
	assert_false(json_next_element(&iterator, &element));
}

static void
finds_members(void **state)
{
	const char *text = "{\"a\":1, \"t\\u0061skId\" : 2, \"taskId\":{\"taskId\":9}, \"taskId\": \"7\", \"\\u00e9\":0}";
	JsonValue	value;
	JsonValue	member;

	(void) state;
	assert_true(json_parse(text, strlen(text), &value));
	assert_true(json_get(&value, "taskId", &member));
	assert_true(json_equals(&member, "7"));		/* the last one wins */
	assert_false(json_equals(&member, "77"));
	assert_false(json_equals(&member, ""));
	assert_false(json_get(&value, "task", &member));
	assert_false(json_get(&value, "", &member));
	assert_false(json_get(&member, "a", &member));	/* a string has no members */
}

static bool
integer_of(const char *text, int64_t *integer)
{
	JsonValue	value;

	return json_parse(text, strlen(text), &value) && json_integer(&value, integer);
}

static void
reads_integers(void **state)
{
	int64_t		n;

	(void) state;
	assert_true(integer_of("7", &n) && n == 7);
	assert_true(integer_of("-7", &n) && n == -7);
	assert_true(integer_of("7.0", &n) && n == 7);
	assert_true(integer_of("70e-1", &n) && n == 7);
	assert_true(integer_of("9223372036854775807", &n) && n == INT64_MAX);
	assert_false(integer_of("9223372036854775808", &n));
	assert_false(integer_of("1.5", &n));
	assert_false(integer_of("1e300", &n));
	assert_false(integer_of("1e400", &n));
	assert_false(integer_of("\"7\"", &n));
	assert_false(integer_of("null", &n));
}

static void
writes_strings(void **state)
{
	Buf			buf = {0};
	JsonValue	value;

	(void) state;
	buf_json(&buf, "a\"\\\n\x01\xC3\xA9\xFF", 8);
	assert_string_equal(buf.data, "\"a\\\"\\\\\\n\\u0001\xC3\xA9\xEF\xBF\xBD\"");
	assert_true(json_parse(buf.data, buf.len, &value));
	buf_free(&buf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("documents that JSON.parse takes are taken", valid_documents),
		TEST("documents that JSON.parse refuses are refused, and so is broken UTF-8", invalid_documents),
		TEST("nesting is limited", nesting_is_limited),
		TEST("iterators step over nested values", iterates_arrays),
		TEST("the last member of a name is found, escapes and all", finds_members),
		TEST("integers are read exactly or not at all", reads_integers),
		TEST("strings are written as JSON", writes_strings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
