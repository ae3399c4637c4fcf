/*
 * zip.c
 *	  The container: entries found, archives refused, memory used.
 */
#include "zip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

/* One open archive. */
typedef struct Fixture
{
	Bytes		file;
	XlsxSource	source;
	XlsxLimits	limits;
	XlsxMemory	memory;
	CountingMemory counts;
	XlsxZip    *zip;
	XlsxError	error;
} Fixture;

static XlsxStatus
open_zip(Fixture *f, Bytes file)
{
	XlsxAllocator allocator;

	memset(f, 0, sizeof(*f));
	f->file = file;
	f->limits = xlsx_default_limits;
	xlsx_source_memory(&f->source, file.data, file.length);
	allocator = counting_allocator(&f->counts);
	xlsx_memory_init(&f->memory, &allocator);
	return xlsx_zip_open(&f->source, &f->limits, &f->memory, &f->zip, &f->error);
}

static void
close_zip(Fixture *f)
{
	xlsx_zip_close(f->zip);
	assert_int_equal(f->counts.live, 0);
	bytes_free(&f->file);
}

/* All bytes of an entry, in small reads; NULL after a failure. */
static char *
read_entry(Fixture *f, const char *name, XlsxStatus *status)
{
	size_t		index = xlsx_zip_find(f->zip, name);
	XlsxZipStream *stream;
	Bytes		all = {0};
	char		buffer[777];
	size_t		got;

	assert_true(index != SIZE_MAX);
	bytes_add(&all, "", 0);
	*status = xlsx_zip_stream_open(f->zip, index, &stream, &f->error);
	if (*status != XLSX_OK)
	{
		assert_null(stream);
		bytes_free(&all);
		return NULL;
	}
	while ((*status = xlsx_zip_stream_read(stream, buffer, sizeof(buffer), &got, &f->error)) == XLSX_OK)
	{
		assert_true(got > 0);
		bytes_add(&all, buffer, got);
	}
	if (*status == XLSX_DONE)
		assert_int_equal(xlsx_zip_stream_read(stream, buffer, sizeof(buffer), &got, &f->error), XLSX_DONE);
	xlsx_zip_stream_close(stream);
	if (*status == XLSX_DONE)
		return all.data;
	bytes_free(&all);
	return NULL;
}

static void
assert_entry(Fixture *f, const char *name, const char *content)
{
	XlsxStatus	status;
	char	   *bytes = read_entry(f, name, &status);

	if (status != XLSX_DONE)
		fail_msg("%s: %s", f->error.message, f->error.detail);
	assert_string_equal(bytes, content);
	free(bytes);
}

static void
assert_entry_fails(Fixture *f, const char *name, XlsxStatus expected, const char *detail)
{
	XlsxStatus	status;

	assert_null(read_entry(f, name, &status));
	assert_int_equal(status, expected);
	if (strstr(f->error.detail, detail) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", detail, f->error.detail);
	if (expected != XLSX_ENCRYPTED)
		assert_string_equal(f->error.part, name);
}

static Bytes
one_entry(const char *name, const char *content, size_t length, ZipOptions options)
{
	ZipWriter	zip = {0};

	zip_add(&zip, name, content, length, &options);
	return zip_finish(&zip, "");
}

static char *
many_bytes(size_t length)
{
	char	   *bytes = malloc(length + 1);
	size_t		i;

	for (i = 0; i < length; i++)
		bytes[i] = (char) ('a' + (i * 7 + i / 1000) % 26);
	bytes[length] = '\0';
	return bytes;
}

static void
entries_are_read_however_they_are_stored(void **state)
{
	static const ZipOptions kinds[] = {
		{.method = 0}, {.method = 8}, {.method = 8,.descriptor = true}, {.method = 8,.zip64 = true}, {.method = 0,.zip64 = true}
	};
	char	   *content = many_bytes(300000);
	size_t		i;
	Fixture		f;

	(void) state;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
	{
		assert_int_equal(open_zip(&f, one_entry("a/b.xml", content, 300000, kinds[i])), XLSX_OK);
		assert_entry(&f, "a/b.xml", content);
		close_zip(&f);
	}
	free(content);
}

static void
empty_entries_are_read(void **state)
{
	Fixture		f;

	(void) state;
	assert_int_equal(open_zip(&f, one_entry("a", "", 0, (ZipOptions) {.method = 0})), XLSX_OK);
	assert_entry(&f, "a", "");
	close_zip(&f);
	assert_int_equal(open_zip(&f, one_entry("a", "", 0, deflated)), XLSX_OK);
	assert_entry(&f, "a", "");
	close_zip(&f);
}

static void
names_are_compared_as_part_names_are(void **state)
{
	ZipWriter	zip = {0};
	Fixture		f;

	(void) state;
	zip_text(&zip, "XL\\Worksheets\\Sheet1.XML", "1");
	zip_text(&zip, "/xl/styles.xml", "2");
	assert_int_equal(open_zip(&f, zip_finish(&zip, "")), XLSX_OK);
	assert_entry(&f, "xl/worksheets/sheet1.xml", "1");
	assert_entry(&f, "/xl/worksheets/SHEET1.xml", "1");
	assert_entry(&f, "xl/styles.xml", "2");
	assert_string_equal(xlsx_zip_name(f.zip, 0), "XL\\Worksheets\\Sheet1.XML");
	assert_true(xlsx_zip_find(f.zip, "xl/worksheets") == SIZE_MAX);
	assert_true(xlsx_zip_find(f.zip, "") == SIZE_MAX);
	close_zip(&f);
}

static void
of_two_entries_with_one_name_the_later_counts(void **state)
{
	ZipWriter	zip = {0};
	Fixture		f;

	(void) state;
	zip_text(&zip, "a", "old");
	zip_text(&zip, "b", "other");
	zip_text(&zip, "A", "new");
	assert_int_equal(open_zip(&f, zip_finish(&zip, "")), XLSX_OK);
	assert_entry(&f, "a", "new");
	close_zip(&f);
}

static void
junk_in_front_and_a_comment_behind_do_no_harm(void **state)
{
	ZipWriter	zip = {0};
	Bytes		inner,
				file = {0};
	char	   *comment = many_bytes(60000);
	Fixture		f;

	(void) state;
	zip_text(&zip, "a", "content");
	inner = zip_finish(&zip, comment);
	bytes_add(&file, "#!/bin/sh\n", 10);
	bytes_add(&file, inner.data, inner.length);
	bytes_free(&inner);
	assert_int_equal(open_zip(&f, file), XLSX_OK);
	assert_entry(&f, "a", "content");
	close_zip(&f);
	free(comment);
}

static void
a_source_may_give_a_byte_at_a_time(void **state)
{
	JumpingSource jumping = {.piece = 1};
	char	   *content = many_bytes(5000);
	Bytes		file = one_entry("a", content, 5000, deflated);
	Fixture		f;

	(void) state;
	open_zip(&f, file);
	xlsx_zip_close(f.zip);
	jumping.bytes = &file;
	f.source = jumping_source(&jumping);
	assert_int_equal(xlsx_zip_open(&f.source, &f.limits, &f.memory, &f.zip, &f.error), XLSX_OK);
	assert_entry(&f, "a", content);
	close_zip(&f);
	free(content);
}

static void
damaged_entries_are_refused(void **state)
{
	static const struct
	{
		ZipOptions	options;
		const char *detail;
	}			cases[] = {
		{{.method = 8,.crc_xor = 1}, "checksum"},
		{{.method = 0,.crc_xor = 1}, "checksum"},
		{{.method = 8,.size_off = -10}, "longer than the directory"},
		{{.method = 8,.size_off = 10}, "shorter than the directory"},
		{{.method = 8,.stored_off = -10}, "end too early"},
		{{.method = 0,.size_off = 10}, "two sizes differ"},
		{{.method = 8,.stored_off = 100000}, "end of the file"},
		{{.method = 14}, "method"},
	};
	char	   *content = many_bytes(3000);
	size_t		i;
	Fixture		f;

	(void) state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		assert_int_equal(open_zip(&f, one_entry("a", content, 3000, cases[i].options)), XLSX_OK);
		assert_entry_fails(&f, "a", XLSX_DAMAGED, cases[i].detail);
		close_zip(&f);
	}
	free(content);
}

static void
a_wrong_place_of_an_entry_is_refused(void **state)
{
	Fixture		f;

	(void) state;
	assert_int_equal(open_zip(&f, one_entry("a", "abc", 3, (ZipOptions) {.method = 8,.offset_off = 1000000})), XLSX_OK);
	assert_entry_fails(&f, "a", XLSX_DAMAGED, "header");
	close_zip(&f);
	assert_int_equal(open_zip(&f, one_entry("a", "abc", 3, (ZipOptions) {.method = 8,.offset_off = 1})), XLSX_OK);
	assert_entry_fails(&f, "a", XLSX_DAMAGED, "header");
	close_zip(&f);
}

static void
bytes_that_are_no_deflate_stream_are_refused(void **state)
{
	char	   *content = many_bytes(20000);
	Bytes		file = one_entry("a", content, 20000, deflated);
	Fixture		f;

	(void) state;
	memset(file.data + 60, 0xFF, 40);
	assert_int_equal(open_zip(&f, file), XLSX_OK);
	assert_entry_fails(&f, "a", XLSX_DAMAGED, "");
	close_zip(&f);
	free(content);
}

static void
an_encrypted_entry_says_so(void **state)
{
	Fixture		f;

	(void) state;
	assert_int_equal(open_zip(&f, one_entry("a", "abc", 3, (ZipOptions) {.method = 8,.encrypted = true})), XLSX_OK);
	assert_entry_fails(&f, "a", XLSX_ENCRYPTED, "");
	assert_string_equal(f.error.hint, "Remove the password and upload the file again.");
	close_zip(&f);
}

static void
what_is_no_archive_is_no_workbook(void **state)
{
	Bytes		file = {0};
	Fixture		f;
	size_t		length;

	(void) state;
	bytes_add(&file, "", 0);
	assert_int_equal(open_zip(&f, file), XLSX_NOT_A_WORKBOOK);
	close_zip(&f);
	file = one_entry("a", "abc", 3, deflated);
	for (length = file.length; length-- > 0;)
	{
		Bytes		cut = {0};

		bytes_add(&cut, file.data, length);
		assert_int_not_equal(open_zip(&f, cut), XLSX_OK);
		assert_null(f.zip);
		close_zip(&f);
	}
	bytes_free(&file);
}

static void
too_many_entries_are_refused(void **state)
{
	ZipWriter	zip = {0};
	Bytes		file;
	Fixture		f;
	int			i;

	(void) state;
	for (i = 0; i < 50; i++)
	{
		char		name[16];

		snprintf(name, sizeof(name), "%d", i);
		zip_text(&zip, name, "x");
	}
	file = zip_finish(&zip, "");
	open_zip(&f, file);
	xlsx_zip_close(f.zip);
	f.limits.max_entries = 50;
	assert_int_equal(xlsx_zip_open(&f.source, &f.limits, &f.memory, &f.zip, &f.error), XLSX_OK);
	xlsx_zip_close(f.zip);
	f.limits.max_entries = 49;
	assert_int_equal(xlsx_zip_open(&f.source, &f.limits, &f.memory, &f.zip, &f.error), XLSX_LIMIT);
	assert_string_equal(f.error.setting, "max_entries");
	close_zip(&f);
}

static void
bombs_are_refused_by_what_the_directory_says(void **state)
{
	char	   *zeros = calloc(1, 1 << 20);
	XlsxStatus	status;
	Fixture		f;

	(void) state;
	assert_int_equal(open_zip(&f, one_entry("a", zeros, 1 << 20, deflated)), XLSX_OK);
	f.limits.max_entry_bytes = (1 << 20) - 1;
	assert_entry_fails(&f, "a", XLSX_LIMIT, "1048575");
	assert_string_equal(f.error.setting, "max_entry_bytes");
	f.limits.max_entry_bytes = 1 << 20;
	f.limits.ratio_floor_bytes = 1 << 19;
	f.limits.max_compression_ratio = 100;
	assert_entry_fails(&f, "a", XLSX_LIMIT, "100");
	assert_string_equal(f.error.setting, "max_compression_ratio");
	f.limits.ratio_floor_bytes = 1 << 20;
	free(read_entry(&f, "a", &status));
	assert_int_equal(status, XLSX_DONE);
	close_zip(&f);
	free(zeros);
}

static void
a_bomb_that_lies_about_its_size_stops_at_what_it_claims(void **state)
{
	char	   *zeros = calloc(1, 1 << 22);
	Fixture		f;
	XlsxZipStream *stream;
	XlsxStatus	status;
	char		buffer[4096];
	size_t		got,
				total = 0;

	(void) state;
	assert_int_equal(open_zip(&f, one_entry("a", zeros, 1 << 22, (ZipOptions) {.method = 8,.size_off = 1000 - (1 << 22)})), XLSX_OK);
	assert_int_equal(xlsx_zip_stream_open(f.zip, 0, &stream, &f.error), XLSX_OK);
	while ((status = xlsx_zip_stream_read(stream, buffer, sizeof(buffer), &got, &f.error)) == XLSX_OK)
		total += got;
	assert_int_equal(status, XLSX_DAMAGED);
	assert_true(total <= 1000);
	xlsx_zip_stream_close(stream);
	close_zip(&f);
	free(zeros);
}

static void
a_failing_source_is_reported_as_it_is(void **state)
{
	char	   *content = many_bytes(200000);
	Bytes		file = one_entry("a", content, 200000, (ZipOptions) {.method = 0});
	Fixture		f;
	long		fail_at;

	(void) state;
	for (fail_at = 1;; fail_at++)
	{
		JumpingSource jumping = {.bytes = &file,.fail_at = fail_at};
		XlsxStatus	status;

		open_zip(&f, file);
		xlsx_zip_close(f.zip);
		f.zip = NULL;
		f.source = jumping_source(&jumping);
		status = xlsx_zip_open(&f.source, &f.limits, &f.memory, &f.zip, &f.error);
		if (status == XLSX_OK)
			free(read_entry(&f, "a", &status));
		xlsx_zip_close(f.zip);
		assert_int_equal(f.counts.live, 0);
		if (jumping.reads < fail_at)
			break;
		assert_int_equal(status, XLSX_IO);
		assert_string_equal(f.error.message, "the disk is gone");
	}
	assert_true(fail_at > 3);
	bytes_free(&file);
	free(content);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_read_however_they_are_stored),
		cmocka_unit_test(empty_entries_are_read),
		cmocka_unit_test(names_are_compared_as_part_names_are),
		cmocka_unit_test(of_two_entries_with_one_name_the_later_counts),
		cmocka_unit_test(junk_in_front_and_a_comment_behind_do_no_harm),
		cmocka_unit_test(a_source_may_give_a_byte_at_a_time),
		cmocka_unit_test(damaged_entries_are_refused),
		cmocka_unit_test(a_wrong_place_of_an_entry_is_refused),
		cmocka_unit_test(bytes_that_are_no_deflate_stream_are_refused),
		cmocka_unit_test(an_encrypted_entry_says_so),
		cmocka_unit_test(what_is_no_archive_is_no_workbook),
		cmocka_unit_test(too_many_entries_are_refused),
		cmocka_unit_test(bombs_are_refused_by_what_the_directory_says),
		cmocka_unit_test(a_bomb_that_lies_about_its_size_stops_at_what_it_claims),
		cmocka_unit_test(a_failing_source_is_reported_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
