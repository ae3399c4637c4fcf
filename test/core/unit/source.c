/*
 * source.c
 *	  Bytes from memory and from a descriptor.
 */
#define _GNU_SOURCE
#include "source.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support.h"

static const char content[] = "0123456789";

static void
assert_reads(const XlsxSource *source, uint64_t offset, size_t length, const char *expected)
{
	char		buffer[32];
	size_t		got;
	XlsxError	error;

	assert_int_equal(xlsx_source_read(source, offset, buffer, length, &got, &error), XLSX_OK);
	assert_int_equal(got, strlen(expected));
	assert_memory_equal(buffer, expected, got);
}

/* Every place, and beyond the end. */
static void
assert_ten_digits(const XlsxSource *source)
{
	assert_int_equal(source->size, 10);
	assert_reads(source, 0, 10, "0123456789");
	assert_reads(source, 3, 4, "3456");
	assert_reads(source, 8, 20, "89");
	assert_reads(source, 10, 5, "");
	assert_reads(source, 1000, 5, "");
	assert_reads(source, 0, 0, "");
}

static void
memory_is_read(void **state)
{
	XlsxSource	source;

	(void) state;
	xlsx_source_memory(&source, content, 10);
	assert_ten_digits(&source);
	xlsx_source_memory(&source, NULL, 0);
	assert_reads(&source, 0, 10, "");
}

static void
a_descriptor_is_read(void **state)
{
	char		path[] = "/tmp/xlsx_source_XXXXXX";
	int			descriptor = mkstemp(path);
	XlsxSource	source;
	XlsxError	error;

	(void) state;
	unlink(path);
	assert_int_equal(write(descriptor, content, 10), 10);
	assert_int_equal(xlsx_source_descriptor(&source, descriptor, &error), XLSX_OK);
	assert_ten_digits(&source);
	close(descriptor);
	{
		char		buffer[4];
		size_t		got;

		assert_int_equal(xlsx_source_read(&source, 0, buffer, 4, &got, &error), XLSX_IO);
		assert_int_equal(got, 0);
	}
}

static void
a_pipe_is_refused(void **state)
{
	int			ends[2];
	XlsxSource	source;
	XlsxError	error;

	(void) state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(xlsx_source_descriptor(&source, ends[0], &error), XLSX_IO);
	assert_string_equal(error.message, "could not read file: not a regular file");
	close(ends[0]);
	close(ends[1]);
	assert_int_equal(xlsx_source_descriptor(&source, -1, &error), XLSX_IO);
}

static void
a_copy_does_not_need_the_original(void **state)
{
	XlsxSource *original = malloc(sizeof(XlsxSource));
	XlsxSource	copy;

	(void) state;
	xlsx_source_memory(original, content, 10);
	copy = *original;
	free(original);
	assert_ten_digits(&copy);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_read),
		cmocka_unit_test(a_descriptor_is_read),
		cmocka_unit_test(a_pipe_is_refused),
		cmocka_unit_test(a_copy_does_not_need_the_original),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
