/*
 * multipart.c
 *	  Forms give the same result, however their bytes are cut.
 */
#include "testing.h"

#include <stdio.h>

#include "base/buf.h"
#include "api/multipart.h"

#define TYPE "multipart/form-data; boundary=XyZ"

typedef struct Record
{
	Buf			text;			/* the calls of the callbacks, one line each */
	Buf			content;
	const char *stop_at;
} Record;

static bool
on_part(void *arg, const MultipartPart *part)
{
	Record	   *record = arg;

	buf_printf(&record->text, "%s|%s=", part->name, part->file_name != NULL ? part->file_name : "-");
	return record->stop_at == NULL || strcmp(part->name, record->stop_at) != 0;
}

static bool
on_data(void *arg, const char *data, size_t len)
{
	Record	   *record = arg;

	assert_true(len > 0);
	buf_append(&record->content, data, len);
	return true;
}

static bool
on_end(void *arg)
{
	Record	   *record = arg;

	buf_append(&record->text, record->content.data != NULL ? record->content.data : "", record->content.len);
	buf_putc(&record->text, ';');
	buf_clear(&record->content);
	return true;
}

static const MultipartHandler handler = {on_part, on_data, on_end};

static MultipartStatus
feed(const char *type, const char *body, size_t len, size_t piece, Record *record)
{
	Multipart  *form = multipart_open(type, &handler, record);
	MultipartStatus status = MULTIPART_MORE;

	assert_non_null(form);
	for (size_t at = 0; at < len; at += piece)
		status = multipart_feed(form, body + at, len - at < piece ? len - at : piece);
	multipart_close(form);
	return status;
}

static void
expect(const char *body, MultipartStatus status, const char *text)
{
	for (size_t piece = 1; piece <= strlen(body); piece++)
	{
		Record		record = {0};

		assert_int_equal(feed(TYPE, body, strlen(body), piece, &record), status);
		assert_string_equal(record.text.data != NULL ? record.text.data : "", text);
		buf_free(&record.text);
		buf_free(&record.content);
	}
}

static void
fields_and_files(void **state)
{
	(void) state;
	expect("--XyZ\r\nContent-Disposition: form-data; name=\"profile\"\r\n\r\npeople\r\n"
		   "--XyZ\r\ncontent-type: text/plain\r\nCONTENT-DISPOSITION: form-data; name=\"file\"; filename=\"a.xlsx\"\r\n\r\n"
		   "PK\r\n--Xy\r\r\n--\r\nZ\r\n--XyZ--\r\nepilogue",
		   MULTIPART_DONE, "profile|-=people;file|a.xlsx=PK\r\n--Xy\r\r\n--\r\nZ;");
}

static void
preamble_and_padding(void **state)
{
	(void) state;
	expect("ignored\r\nstill\r\n--XyZ \t\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--XyZ\r\n\r\nno headers\r\n--XyZ--",
		   MULTIPART_DONE, "a|-=1;|-=no headers;");
}

static void
empty_parts(void **state)
{
	(void) state;
	expect("--XyZ\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\"\r\n\r\n\r\n--XyZ--\r\n",
		   MULTIPART_DONE, "file|=;");
	expect("--XyZ--\r\n", MULTIPART_DONE, "");
}

static void
cut_off(void **state)
{
	(void) state;
	expect("--XyZ\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nabc\r\n--XyZ",
		   MULTIPART_MORE, "file|a=abc;");
	expect("--XyZ\r\nContent-Disposition: form", MULTIPART_MORE, "");
	expect("nothing here", MULTIPART_MORE, "");
}

static void
malformed(void **state)
{
	(void) state;
	expect("--XyZabc\r\n", MULTIPART_MALFORMED, "");
}

static void
header_limit(void **state)
{
	Buf			body = {0};
	Record		record = {0};

	(void) state;
	buf_puts(&body, "--XyZ\r\nX: ");
	for (int i = 0; i < 9000; i++)
		buf_putc(&body, 'x');
	assert_int_equal(feed(TYPE, body.data, body.len, 100, &record), MULTIPART_MALFORMED);
	buf_free(&body);
}

static void
expect_name(const char *disposition, const char *text)
{
	char		body[512];

	snprintf(body, sizeof(body), "--XyZ\r\nContent-Disposition: form-data; %s\r\n\r\n\r\n--XyZ--", disposition);
	expect(body, MULTIPART_DONE, text);
}

static void
file_names(void **state)
{
	(void) state;
	expect_name("name=\"file\"; filename=\"a; b=\\\"c\\\".xlsx\"", "file|a; b=\"c\".xlsx=;");
	expect_name("name=\"file\"; filename=\"100%25 %22x%22.xlsx\"", "file|100%25 \"x\".xlsx=;");
	expect_name("name=\"file\"; filename=\"C:\\dir\\x.xlsx\"", "file|C:\\dir\\x.xlsx=;");
	expect_name("name=\"file\"; filename=\"fallback\"; filename*=UTF-8''%e2%82%ac.xlsx", "file|\xE2\x82\xAC.xlsx=;");
	expect_name("filename=x; name = file", "file|x=;");
	expect_name("name=\"\xC3\xA9\"", "\xC3\xA9|-=;");
	expect_name("name=\"unclosed", "unclosed|-=;");
}

static void
callbacks_stop(void **state)
{
	const char *body = "--XyZ\r\nContent-Disposition: form-data; name=bad\r\n\r\nabc\r\n--XyZ--";
	Record		record = {.stop_at = "bad"};

	(void) state;
	assert_int_equal(feed(TYPE, body, strlen(body), 7, &record), MULTIPART_STOPPED);
	assert_string_equal(record.text.data, "bad|-=");
	buf_free(&record.text);
}

static void
content_types(void **state)
{
	Multipart  *form;

	(void) state;
	assert_null(multipart_open("application/json", &handler, NULL));
	assert_null(multipart_open("multipart/form-data", &handler, NULL));
	assert_null(multipart_open("multipart/form-data; boundary=", &handler, NULL));
	assert_null(multipart_open("multipart/mixed; boundary=x", &handler, NULL));
	form = multipart_open("Multipart/Form-Data; charset=utf-8; Boundary=\"a b\"", &handler, NULL);
	assert_non_null(form);
	multipart_close(form);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("fields and files come out whole, however the body is cut", fields_and_files),
		TEST("a preamble, padding and a part without headers are understood", preamble_and_padding),
		TEST("empty parts and an empty form", empty_parts),
		TEST("a body cut off is never done", cut_off),
		TEST("a longer boundary is malformed", malformed),
		TEST("headers are limited", header_limit),
		TEST("file names as browsers, curl and RFC 5987 write them", file_names),
		TEST("a callback can stop the parser", callbacks_stop),
		TEST("only multipart/form-data with a boundary is opened", content_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
