/*
 * text.c
 *	  UTF-8 and _xHHHH_.
 */
#include "text.h"

#include <string.h>

#include "support.h"

static void
assert_unescaped(const char *text, const char *expected)
{
	char		buffer[64];
	size_t		length = strlen(text);

	strcpy(buffer, text);
	buffer[xlsx_text_unescape(buffer, length, buffer)] = '\0';
	assert_string_equal(buffer, expected);
	if (strcmp(text, expected) != 0)
		assert_true(xlsx_text_has_escape(text, length));
}

static void
escapes_are_code_units(void **state)
{
	(void) state;
	assert_unescaped("", "");
	assert_unescaped("a_x0041_b", "aAb");
	assert_unescaped("_x000D_\n", "\r\n");
	assert_unescaped("_x00e9_", "\xC3\xA9");
	assert_unescaped("_x20AC_", "\xE2\x82\xAC");
	assert_unescaped("_xD83D__xDE00_", "\xF0\x9F\x98\x80");
	assert_unescaped("_xFFFF_", "\xEF\xBF\xBF");
}

static void
one_pass_from_left_to_right(void **state)
{
	(void) state;
	assert_unescaped("_x005F_x000D_", "_x000D_");
	assert_unescaped("_x005F__x0041_", "_A");
	assert_unescaped("_x0041_x0042_", "Ax0042_");
	assert_unescaped("__x0041__", "_A_");
}

static void
what_is_no_escape_stays(void **state)
{
	(void) state;
	assert_unescaped("_x004_", "_x004_");
	assert_unescaped("_x00041_", "_x00041_");
	assert_unescaped("_X0041_", "_X0041_");
	assert_unescaped("_x004g_", "_x004g_");
	assert_unescaped("_x0041", "_x0041");
	assert_unescaped("first_name", "first_name");
}

static void
what_no_text_can_hold_is_replaced(void **state)
{
	(void) state;
	assert_unescaped("_x0000_", "\xEF\xBF\xBD");
	assert_unescaped("_xD83D_", "\xEF\xBF\xBD");
	assert_unescaped("_xDE00_", "\xEF\xBF\xBD");
	assert_unescaped("_xDE00__xD83D_", "\xEF\xBF\xBD\xEF\xBF\xBD");
	assert_unescaped("_xD83D_ _xDE00_", "\xEF\xBF\xBD \xEF\xBF\xBD");
	assert_unescaped("_xD83D__x0041_", "\xEF\xBF\xBD" "A");
}

static void
characters_are_those_of_xml(void **state)
{
	static const struct
	{
		const char *bytes;
		size_t		length;
	}			cases[] = {
		{"a", 1}, {"\t", 1}, {"\n", 1}, {"\r", 1}, {"\x7F", 1}, {"\xC2\x80", 2}, {"\xDF\xBF", 2}, {"\xE0\xA0\x80", 3},
		{"\xED\x9F\xBF", 3}, {"\xEE\x80\x80", 3}, {"\xEF\xBF\xBD", 3}, {"\xF0\x90\x80\x80", 4}, {"\xF4\x8F\xBF\xBF", 4},
		{"", 0}, {"\x01", 0}, {"\x1F", 0}, {"\x80", 0}, {"\xBF", 0}, {"\xC0\x80", 0}, {"\xC1\xBF", 0}, {"\xC2", 0},
		{"\xC2" "a", 0}, {"\xE0\x9F\xBF", 0}, {"\xED\xA0\x80", 0}, {"\xEF\xBF\xBE", 0}, {"\xEF\xBF\xBF", 0}, {"\xE2\x82", 0},
		{"\xF0\x8F\xBF\xBF", 0}, {"\xF4\x90\x80\x80", 0}, {"\xF5\x80\x80\x80", 0}, {"\xFF", 0}, {"\xF0\x9F\x98", 0}
	};
	size_t		i;

	(void) state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (xlsx_text_character(cases[i].bytes, cases[i].bytes + strlen(cases[i].bytes)) != cases[i].length)
			fail_msg("case %zu", i);
}

static void
put_and_character_agree(void **state)
{
	char		bytes[4];
	uint32_t	c;

	(void) state;
	for (c = 0x20; c <= 0x10FFFF; c += c < 0x3000 ? 1 : 61)
	{
		if ((c >= 0xD800 && c <= 0xDFFF) || (c & 0xFFFE) == 0xFFFE)
			continue;
		assert_int_equal(xlsx_text_character(bytes, bytes + xlsx_text_put(c, bytes)), xlsx_text_put(c, bytes));
	}
}

static void
characters_are_counted_not_bytes(void **state)
{
	(void) state;
	assert_int_equal(xlsx_text_count("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", 10), 4);
	assert_int_equal(xlsx_text_count("", 0), 0);
}

static void
names_are_the_same_in_any_case(void **state)
{
	(void) state;
	assert_true(xlsx_text_same("Data", "dATA"));
	assert_true(xlsx_text_same("\xC3\x84rger", "\xC3\xA4RGER"));
	assert_true(xlsx_text_same("\xD0\x9B\xD0\xB8\xD1\x81\xD1\x82", "\xD0\xBB\xD0\x98\xD0\xA1\xD0\xA2"));
	assert_true(xlsx_text_same("\xC5\xBD", "\xC5\xBE"));
	assert_true(xlsx_text_same("\xCE\xA3", "\xCF\x83"));
	assert_false(xlsx_text_same("Data", "Data "));
	assert_false(xlsx_text_same("Data", "Dato"));
	assert_false(xlsx_text_same("", "a"));
	assert_false(xlsx_text_same("\xC3\x97", "\xC3\xB7"));
	assert_true(xlsx_text_same("", ""));
}

static void
quotes_are_cut_at_a_character(void **state)
{
	(void) state;
	assert_int_equal(xlsx_text_cut("abc", 3, 40), 3);
	assert_int_equal(xlsx_text_cut("abcd", 4, 3), 3);
	assert_int_equal(xlsx_text_cut("ab\xE2\x82\xAC", 5, 4), 2);
	assert_int_equal(xlsx_text_cut("ab\xE2\x82\xAC" "c", 6, 5), 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes_are_code_units),
		cmocka_unit_test(one_pass_from_left_to_right),
		cmocka_unit_test(what_is_no_escape_stays),
		cmocka_unit_test(what_no_text_can_hold_is_replaced),
		cmocka_unit_test(characters_are_those_of_xml),
		cmocka_unit_test(put_and_character_agree),
		cmocka_unit_test(characters_are_counted_not_bytes),
		cmocka_unit_test(names_are_the_same_in_any_case),
		cmocka_unit_test(quotes_are_cut_at_a_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
