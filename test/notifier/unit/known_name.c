/*
 * known_name.c
 *	  Names that a request may use, and the hints for others.
 */
#include "testing.h"

#include "api/known_name.h"

static const char *const known[] = {"page", "dryRun", "headerRow", NULL};

static void
expect_refusal(const char *const *names, const char *given, const char *problem, const char *hint)
{
	Buf			problem_text = {0};
	Buf			hint_text = {0};

	known_name_refuse(&problem_text, &hint_text, "field", names, given);
	assert_string_equal(problem_text.data, problem);
	assert_string_equal(hint_text.len > 0 ? hint_text.data : "", hint);
	buf_free(&problem_text);
	buf_free(&hint_text);
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
spelling_of_sql(void **state)
{
	(void) state;
	assert_int_equal(known_field(known, "dry_run"), 1);
	assert_int_equal(known_field(known, "dryRun"), 1);
	assert_int_equal(known_field(known, "header_row"), 2);
	assert_int_equal(known_field(known, "dryrun"), -1);
	assert_int_equal(known_field(known, "dry_Run"), -1);
	assert_int_equal(known_field(known, "dry__run"), -1);
	assert_int_equal(known_field(known, "dry_"), -1);
	assert_int_equal(known_field(known, "_page"), -1);
	assert_int_equal(known_field(known, ""), -1);
}

static void
refusals(void **state)
{
	static const char *const one[] = {"page", NULL};

	(void) state;
	expect_refusal(known, "DRYRUN", "unknown field \"DRYRUN\"; did you mean \"dryRun\"?", "");
	expect_refusal(known, "header-row", "unknown field \"header-row\"; did you mean \"headerRow\"?", "");
	expect_refusal(known, "headerrows", "unknown field \"headerrows\"; did you mean \"headerRow\"?", "");
	expect_refusal(known, "drRyun", "unknown field \"drRyun\"; did you mean \"dryRun\"?", "");
	expect_refusal(known, "colour", "unknown field \"colour\"", "Known are page, dryRun and headerRow.");
	expect_refusal(known, "", "unknown field \"\"", "Known are page, dryRun and headerRow.");
	expect_refusal(known, "______", "unknown field \"______\"", "Known are page, dryRun and headerRow.");
	expect_refusal(known, "dryrundryrundryrundryrundryrundryrundryrundryrun", "unknown field \"dryrundryrundryrundryrundryrundryrundryrundryrun\"",
				   "Known are page, dryRun and headerRow.");
	expect_refusal(one, "xyzw", "unknown field \"xyzw\"", "Known are page.");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("names are known as they are written", places),
		TEST("fields are known as SQL writes them, too", spelling_of_sql),
		TEST("the name that is nearest is suggested, else all are told", refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
