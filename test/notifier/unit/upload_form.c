/*
 * upload_form.c
 *	  The fields of an upload's form, and its errors.
 */
#include "testing.h"

#include <stdio.h>

#include "base/buf.h"
#include "api/upload_form.h"

#define PART(disposition, content) "--b\r\nContent-Disposition: form-data; " disposition "\r\n\r\n" content "\r\n"
#define END "--b--\r\n"

static Buf	file;

static void
file_data(void *arg, const char *data, size_t len)
{
	(void) arg;
	buf_append(&file, data, len);
}

static const UploadFormHandler handler = {file_data};

static UploadForm *
read_form(const char *body, UploadFormStatus expected)
{
	UploadForm *form = upload_form_open("multipart/form-data; boundary=b", &handler, NULL);
	UploadFormStatus status = FORM_MORE;

	buf_free(&file);
	for (const char *at = body; *at != '\0'; at++)
		status = upload_form_feed(form, at, 1);
	assert_int_equal(status, expected);
	return form;
}

static void
whole_form(void **state)
{
	UploadForm *form = read_form(PART("name=\"profile\"", "people") PART("name=\"mode\"", "a\"b\n") PART("name=\"file\"; filename=\"p.xlsx\"", "PK..") PART("name=\"priority\"", "") END, FORM_DONE);

	(void) state;
	assert_true(upload_form_has_file(form));
	assert_string_equal(file.data, "PK..");
	assert_string_equal(upload_form_file_name(form), "p.xlsx");
	assert_string_equal(upload_form_profile(form), "people");
	assert_string_equal(upload_form_options(form), "{\"mode\":\"a\\\"b\\n\",\"priority\":\"\"}");
	assert_string_equal(upload_form_options(form), "{\"mode\":\"a\\\"b\\n\",\"priority\":\"\"}");
	assert_int_equal(upload_form_count(form), 3);
	upload_form_close(form);
}

static void
least_form(void **state)
{
	UploadForm *form = read_form(PART("name=\"file\"; filename=\"p.xlsx\"", "") END, FORM_DONE);

	(void) state;
	assert_true(upload_form_has_file(form));
	assert_null(upload_form_profile(form));
	assert_null(upload_form_options(form));
	assert_int_equal(upload_form_count(form), 0);
	upload_form_close(form);
}

static void
expect_problem(const char *body, const char *problem)
{
	UploadForm *form = read_form(body, FORM_WRONG);

	assert_non_null(strstr(upload_form_problem(form), problem));
	upload_form_close(form);
}

static void
problems(void **state)
{
	(void) state;
	expect_problem(PART("name=\"document\"; filename=\"p.xlsx\"", "x") END, "Unexpected file");
	expect_problem(PART("name=\"file\"; filename=\"a\"", "x") PART("name=\"file\"; filename=\"b\"", "y") END, "More than one file");
	expect_problem(PART("name=\"dryrun\"", "true") END, "unknown field \"dryrun\"; did you mean \"dryRun\"?");
	expect_problem(PART("name=\"mode\"", "a") PART("name=\"mode\"", "a") END, "The field \"mode\" comes twice");
	expect_problem("--bc\r\n", "malformed");
}

static void
file_names(void **state)
{
	static const char *const names[][2] = {
		{"a.xlsx", "a.xlsx"}, {"C:\\dir\\a.xlsx", "a.xlsx"}, {"../../a", "a"}, {"dir/", "upload.xlsx"},
		{"\xE2\x82\xAC.xlsx", "\xE2\x82\xAC.xlsx"}, {"M\xFCller", "M\xC3\xBCller"}, {"a\x01" "b\x7F", "ab"},
	};

	(void) state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
	{
		char		body[512];
		UploadForm *form;

		snprintf(body, sizeof(body), PART("name=\"file\"; filename=\"%s\"", "x") END, names[i][0]);
		form = read_form(body, FORM_DONE);
		assert_string_equal(upload_form_file_name(form), names[i][1]);
		upload_form_close(form);
	}
}

static void
long_file_name(void **state)
{
	Buf			body = {0};
	UploadForm *form;

	(void) state;
	buf_puts(&body, "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"");
	for (int i = 0; i < 500; i++)
		buf_puts(&body, "\xE2\x82\xAC");
	buf_puts(&body, "\"\r\n\r\nx\r\n" END);
	form = read_form(body.data, FORM_DONE);
	assert_in_range(strlen(upload_form_file_name(form)), 240, 255);
	assert_int_equal(strlen(upload_form_file_name(form)) % 3, 0);
	upload_form_close(form);
	buf_free(&body);
}

static void
stopped(void **state)
{
	UploadForm *form = upload_form_open("multipart/form-data; boundary=b", &handler, NULL);

	(void) state;
	upload_form_stop(form);
	assert_int_equal(upload_form_feed(form, END, strlen(END)), FORM_WRONG);
	assert_null(upload_form_problem(form));
	upload_form_close(form);
	upload_form_close(NULL);
	assert_null(upload_form_open("text/plain", &handler, NULL));
}

/* A body that is the workbook itself: fields are set, bytes are passed on. */
static void
plain(void **state)
{
	UploadForm *form = upload_form_plain(&handler, NULL, "C:\\a\\b.xlsx");

	(void) state;
	buf_free(&file);
	assert_true(upload_form_set(form, "profile", "people"));
	assert_true(upload_form_set(form, "sheet", "two"));
	assert_int_equal(upload_form_feed(form, "", 0), FORM_DONE);
	assert_false(upload_form_has_file(form));
	assert_int_equal(upload_form_feed(form, "PK", 2), FORM_DONE);
	assert_int_equal(upload_form_feed(form, "..", 2), FORM_DONE);
	assert_string_equal(file.data, "PK..");
	assert_string_equal(upload_form_file_name(form), "b.xlsx");
	assert_string_equal(upload_form_profile(form), "people");
	assert_string_equal(upload_form_options(form), "{\"sheet\":\"two\"}");
	assert_int_equal(upload_form_count(form), 2);
	upload_form_stop(form);
	assert_int_equal(upload_form_feed(form, "x", 1), FORM_WRONG);
	upload_form_close(form);
	buf_free(&file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("fields, options and file of a whole form", whole_form),
		TEST("a form of a file alone", least_form),
		TEST("what is wrong is said", problems),
		TEST("file names come without folders and control characters", file_names),
		TEST("a long file name is cut between characters", long_file_name),
		TEST("a form that was stopped takes nothing more", stopped),
		TEST("a plain body with fields set by hand", plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
