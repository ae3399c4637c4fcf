/*
 * scan.c
 *	  XML constructs that the scanner reads, and those that it leaves to
 *	  expat.
 */
#include "scan.h"

#include <stdlib.h>

#include "part.h"
#include "support.h"

/* An XML parser in which the prefix "o" is bound. */
typedef struct Fixture
{
	XlsxMemory	memory;
	XlsxXml    *xml;
} Fixture;

static int
open_xml(void **state)
{
	static const char root[] = "<a xmlns='" MAIN_NS "' xmlns:o='urn:o'>";
	static const XlsxXmlHandlers none;
	Fixture    *f = calloc(1, sizeof(Fixture));
	XlsxError	error;

	xlsx_memory_init(&f->memory, &xlsx_malloc_allocator);
	xlsx_xml_open(&f->memory, &xlsx_default_limits, "part", &none, NULL, &f->xml, &error);
	xlsx_xml_feed(f->xml, root, sizeof(root) - 1, false, &error);
	*state = f;
	return 0;
}

static int
close_xml(void **state)
{
	Fixture    *f = *state;

	xlsx_memory_release(&f->memory);
	free(f);
	return 0;
}

/* A scanner may look a little beyond the end, where zeros are. */
static char *
padded(const char *text)
{
	char	   *buffer = calloc(1, strlen(text) + XLSX_PART_PADDING);

	strcpy(buffer, text);
	return buffer;
}

static void
assert_tag(void **state, const char *text, int count, bool empty)
{
	char	   *buffer = padded(text);
	XlsxScanTag tag;
	const char *end = xlsx_scan_tag(buffer, ((Fixture *) *state)->xml, &tag);

	if (count < 0)
	{
		if (end != NULL)
			fail_msg("\"%s\" was taken", text);
	}
	else
	{
		if (end == NULL)
			fail_msg("\"%s\" was not taken", text);
		assert_int_equal(tag.count, count);
		assert_int_equal(tag.empty, empty);
		assert_int_equal(end[0], 'X');
	}
	free(buffer);
}

static void
plain_tags_are_taken(void **state)
{
	assert_tag(state, ">X", 0, false);
	assert_tag(state, "/>X", 0, true);
	assert_tag(state, " />X", 0, true);
	assert_tag(state, " r=\"1\">X", 1, false);
	assert_tag(state, " r='1' s=\"2\" >X", 2, false);
	assert_tag(state, "\n\tr=''/>X", 1, true);
	assert_tag(state, " r='>' s='\"'>X", 2, false);
	assert_tag(state, " o:r='1'>X", 0, false);
	assert_tag(state, " xml:space='preserve' a='b'>X", 1, false);
	assert_tag(state, " a.b-c_1='1'>X", 1, false);
}

static void
other_tags_are_left(void **state)
{
	static const char *const others[] = {
		"", " ", " r", " r=", " r=\"", " r=\"1", " r=\"1\"", "X", "r='1'>", " r='1's='2'>", " r ='1'>", " r= '1'>", " r=1>",
		" r='1' r='2'>", " r='&amp;'>", " r='<'>", " r='\n'>", " r='\xC3\xA9'>", " \xC3\xA9='1'>", " xmlns='u'>", " xmlns:x='u'>",
		" p:r='1'>", " o:r='1' o:s='2'>", " o:='1'>", " :r='1'>", " 1='1'>", "/ >", " a1='' a2='' a3='' a4='' a5='' a6='' a7='' a8='' "
		"a9='' a10='' a11='' a12='' a13='' a14='' a15='' a16='' a17=''>"
	};
	size_t		i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_tag(state, others[i], -1, false);
}

static void
attributes_are_found_by_their_whole_name(void **state)
{
	char	   *buffer = padded(" rr='1' r='2' s=''>");
	XlsxScanTag tag;

	assert_non_null(xlsx_scan_tag(buffer, ((Fixture *) *state)->xml, &tag));
	assert_int_equal(xlsx_scan_attribute(&tag, "r")->text[0], '2');
	assert_int_equal(xlsx_scan_attribute(&tag, "s")->length, 0);
	assert_null(xlsx_scan_attribute(&tag, "rrr"));
	assert_null(xlsx_scan_attribute(&tag, "t"));
	free(buffer);
}

static void
assert_text(const char *text, const char *decoded, unsigned flags)
{
	char	   *buffer = padded(text);
	char		out[256];
	unsigned	found = 0;
	const char *end = xlsx_scan_text(buffer, &found);

	if (decoded == NULL)
	{
		if (end != NULL)
			fail_msg("\"%s\" was taken", text);
	}
	else
	{
		if (end == NULL || *end != '<')
			fail_msg("\"%s\" was not taken", text);
		assert_int_equal(found, flags);
		out[xlsx_scan_decode(buffer, end, out)] = '\0';
		assert_string_equal(out, decoded);
	}
	free(buffer);
}

static void
text_ends_at_the_next_tag(void **state)
{
	(void) state;
	assert_text("<", "", 0);
	assert_text("abc<d", "abc", 0);
	assert_text("0123456789abcdef0123456789abcdef<", "0123456789abcdef0123456789abcdef", 0);
	assert_text("a > b\t\n]x]<", "a > b\t\n]x]", 0);
	assert_text("\xC3\xA9\xE6\x97\xA5\xF0\x9F\x98\x80<", "\xC3\xA9\xE6\x97\xA5\xF0\x9F\x98\x80", 0);
	assert_text("\x7F<", "\x7F", 0);
	assert_text("a_b<", "a_b", 0);
	assert_text("_x<", "_x", XLSX_SCAN_ESCAPE);
	assert_text("a\r\nb\rc<", "a\nb\nc", XLSX_SCAN_CODED);
	assert_text("&lt;&gt;&amp;&quot;&apos;<", "<>&\"'", XLSX_SCAN_CODED);
	assert_text("&#65;&#x41;&#00065;&#x20ac;&#128512;&#10;<", "AA" "A\xE2\x82\xAC\xF0\x9F\x98\x80\n", XLSX_SCAN_CODED);
	assert_text("&#95;<", "_", XLSX_SCAN_CODED | XLSX_SCAN_ESCAPE);
}

static void
other_text_is_left(void **state)
{
	static const char *const others[] = {
		"", "abc", "a]]>b<", "a]]<", "&<", "&amp<", "&nbsp;<", "&#;<", "&#x;<", "&#X41;<", "&#0;<", "&#11;<", "&#xD800;<", "&#xFFFE;<",
		"&#1114112;<", "&#99999999999;<", "&#6 5;<", "\x01<", "\x0B<", "\xFF<", "\xC3<", "\xC3", "\xE2\x82<", "\xED\xA0\x80<",
		"\xEF\xBF\xBF<", "&", "&a", "&#", "&#x"
	};
	size_t		i;

	(void) state;
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_text(others[i], NULL, 0);
}

/* Special bytes at every place of the 16 that are looked at together. */
static void
every_place_is_looked_at(void **state)
{
	char		text[64];
	int			place;

	(void) state;
	for (place = 0; place < 50; place++)
	{
		memset(text, 'a', sizeof(text));
		strcpy(text + 60, "<");
		text[place] = '\x02';
		assert_text(text, NULL, 0);
		memcpy(text + place, "&lt;", 4);
		if (place < 56)
		{
			char	   *expected = strdup(text);

			memmove(expected + place + 1, expected + place + 4, strlen(expected + place + 4) + 1);
			expected[place] = '<';
			expected[strlen(expected) - 1] = '\0';
			assert_text(text, expected, XLSX_SCAN_CODED);
			free(expected);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_tags_are_taken),
		cmocka_unit_test(other_tags_are_left),
		cmocka_unit_test(attributes_are_found_by_their_whole_name),
		cmocka_unit_test(text_ends_at_the_next_tag),
		cmocka_unit_test(other_text_is_left),
		cmocka_unit_test(every_place_is_looked_at),
	};

	return cmocka_run_group_tests(tests, open_xml, close_xml);
}
