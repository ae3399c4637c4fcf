/*
 * web_origin.c
 *	  Hosts and origins as browsers write them, and texts that only look like
 *	  them.
 */
#include "testing.h"

#include "base/mem.h"
#include "base/web_origin.h"

static void
hosts(void **state)
{
	static const struct
	{
		const char *text;
		const char *name;		/* NULL: the text is refused */
		int			port;
	}			cases[] = {
		{"localhost", "localhost", 0}, {"LocalHost:80", "localhost", 80}, {"[::1]:65535", "[::1]", 65535}, {"a.b-c_d", "a.b-c_d", 0},
		{"", NULL, 0}, {":80", NULL, 0}, {"a:", NULL, 0}, {"a:0", NULL, 0}, {"a:65536", NULL, 0}, {"a:8 0", NULL, 0}, {"a:080800", NULL, 0},
		{"a b", NULL, 0}, {"a/b", NULL, 0}, {"a@b", NULL, 0}, {"[::1", NULL, 0}, {"[]", NULL, 0}, {"[::1]x", NULL, 0}, {"::1", NULL, 0},
		{"a,b", NULL, 0}, {"a\\b", NULL, 0}, {"\xC3\xA4", NULL, 0},
	};

	(void) state;
	for (size_t i = 0; i < lengthof(cases); i++)
	{
		WebHost		host;

		assert_int_equal(web_host_parse(cases[i].text, strlen(cases[i].text), &host), cases[i].name != NULL);
		if (cases[i].name == NULL)
			continue;
		assert_string_equal(host.name, cases[i].name);
		assert_int_equal(host.port, cases[i].port);
	}
	{
		char		text[WEB_HOST_SIZE + 1];
		WebHost		host;

		memset(text, 'a', sizeof(text));
		assert_true(web_host_parse(text, WEB_HOST_SIZE - 1, &host));
		assert_false(web_host_parse(text, WEB_HOST_SIZE, &host));
	}
}

static void
origins(void **state)
{
	static const struct
	{
		const char *text;
		int			port;		/* 0: the text is refused */
	}			cases[] = {
		{"http://a", 80}, {"HTTPS://a", 443}, {"https://a:444", 444}, {"http://[::1]:8080", 8080},
		{"null", 0}, {"", 0}, {"http://", 0}, {"a", 0}, {"ftp://a", 0}, {"file://", 0}, {"http://a/", 0}, {"http:/a", 0}, {"http://u@a", 0},
		{"http://a?b", 0}, {"http://a#b", 0}, {" http://a", 0}, {"http://a ", 0}, {"http://a, http://b", 0}, {"http://a:", 0},
	};

	(void) state;
	for (size_t i = 0; i < lengthof(cases); i++)
	{
		WebHost		host;
		bool		tls;

		assert_int_equal(web_origin_parse(cases[i].text, strlen(cases[i].text), &host, &tls), cases[i].port != 0);
		if (cases[i].port != 0)
			assert_int_equal(host.port, cases[i].port);
	}
}

static void
loopback(void **state)
{
	static const char *const good[] = {"localhost", "127.0.0.1", "127.255.255.255", "127.0.0.0", "[::1]", "::1"};
	static const char *const bad[] = {
		"", "localhost.evil", "127", "127.1", "127.0.0", "127.0.0.1.evil", "127.0.0.256", "127.0.0.1.", "127..0.1", "1270.0.0.1", "0127.0.0.1", "128.0.0.1",
		"127.evil", "[::2]", "[::1", "lo", "127.0.0.0001", "127.0.0.-1"
	};

	(void) state;
	for (size_t i = 0; i < lengthof(good); i++)
		assert_true(web_host_is_loopback(good[i]));
	for (size_t i = 0; i < lengthof(bad); i++)
		assert_false(web_host_is_loopback(bad[i]));
}

static void
lists(void **state)
{
	const char *at = " a,b ,\tc d,";
	const char *item;
	size_t		len;

	(void) state;
	for (const char *expected = "abcd"; *expected != '\0'; expected++)
	{
		assert_true(web_list_next(&at, &item, &len));
		assert_int_equal(len, 1);
		assert_int_equal(*item, *expected);
	}
	assert_false(web_list_next(&at, &item, &len));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("a host is a name or an address, perhaps with a port, and nothing else", hosts),
		TEST("an origin is a scheme, a host and a port, and nothing else", origins),
		TEST("only this machine's own names are loopback hosts", loopback),
		TEST("a list is divided by commas and spaces", lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
