/*
 * known_name.c
 *	  Names that a request may use, and the hints for others.
 */
#include "testing.h"

#include "api/known_name.h"

static const char *const known[] = {"page", "dryRun", "headerRow", NULL};

static void
expect_hint(const char *const *names, const char *given, const char *expected)
{
	Buf			hint = {0};

	known_name_hint(&hint, names, given);
	assert_string_equal(hint.data, expected);
	buf_free(&hint);
}

static void
places(void **state)
{
	(void) state;
	assert_int_equal(known_name(known, "page"), 0);
	assert_int_equal(known_name(known, "headerRow"), 2);
	assert_int_equal(known_name(known, "dry_run"), -1);
	assert_int_equal(known_name(known, ""), -1);
	assert_int_equal(known_name(known, "pages"), -1);
}

static void
hints(void **state)
{
	static const char *const none[] = {NULL};
	static const char *const one[] = {"page", NULL};

	(void) state;
	expect_hint(known, "dry_run", "Did you mean \"dryRun\"?");
	expect_hint(known, "DRYRUN", "Did you mean \"dryRun\"?");
	expect_hint(known, "header-row", "Did you mean \"headerRow\"?");
	expect_hint(known, "headerrows", "Known are page, dryRun and headerRow.");
	expect_hint(one, "x", "Known are page.");
	expect_hint(none, "x", "There are none here.");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("names are known as they are written", places),
		TEST("the name that was meant is suggested, else all are told", hints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
