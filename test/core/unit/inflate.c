/*
 * inflate.c
 *	  Raw deflate streams in pieces of any size, by ISA-L or zlib.
 */
#include "inflate.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "support.h"

static Bytes
packed(const char *text, size_t length, int level)
{
	Bytes		out = {0};
	z_stream	stream;

	memset(&stream, 0, sizeof(stream));
	assert_int_equal(deflateInit2(&stream, level, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
	out.capacity = deflateBound(&stream, length) + 16;
	out.data = malloc(out.capacity);
	stream.next_in = (Bytef *) text;
	stream.avail_in = (uInt) length;
	stream.next_out = (Bytef *) out.data;
	stream.avail_out = (uInt) out.capacity;
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	out.length = stream.total_out;
	deflateEnd(&stream);
	return out;
}

/* Inflates with input and output in pieces; the final status. */
static XlsxStatus
inflate_in_pieces(const Bytes *in, size_t in_piece, size_t out_piece, Bytes *out)
{
	XlsxMemory	memory;
	XlsxInflate *stream;
	XlsxError	error;
	XlsxStatus	status = XLSX_OK;
	size_t		at = 0;
	char	   *buffer = malloc(out_piece);

	xlsx_memory_init(&memory, &xlsx_malloc_allocator);
	assert_int_equal(xlsx_inflate_open(&memory, &stream, &error), XLSX_OK);
	bytes_add(out, "", 0);
	while (status == XLSX_OK)
	{
		size_t		got;
		bool		starved;

		if (stream->in_length == 0)
		{
			stream->in = (const uint8_t *) in->data + at;
			stream->in_length = in->length - at < in_piece ? in->length - at : in_piece;
			at += stream->in_length;
		}
		starved = stream->in_length == 0;
		status = xlsx_inflate_run(stream, buffer, out_piece, &got);
		bytes_add(out, buffer, got);
		if (starved && got == 0)
			break;
	}
	xlsx_inflate_close(&memory, stream);
	assert_null(memory.newest);
	free(buffer);
	return status;
}

static char *
some_text(size_t length)
{
	char	   *text = malloc(length + 1);
	uint32_t	seed = 1;
	size_t		i;

	for (i = 0; i < length; i++)
	{
		seed = seed * 1664525 + 1013904223;
		text[i] = (char) ('a' + (seed >> 24) % ((seed >> 10) % 20 + 1));
	}
	text[length] = '\0';
	return text;
}

static void
pieces_may_have_any_size(void **state)
{
	static const size_t pieces[] = {1, 7, 100, 65536};
	char	   *text = some_text(100000);
	int			level,
				i,
				j;

	(void) state;
	for (level = 0; level <= 9; level += 3)
	{
		Bytes		in = packed(text, 100000, level);

		for (i = 0; i < 4; i++)
			for (j = 0; j < 4; j++)
			{
				Bytes		out = {0};

				assert_int_equal(inflate_in_pieces(&in, pieces[i], pieces[j], &out), XLSX_DONE);
				assert_int_equal(out.length, 100000);
				assert_memory_equal(out.data, text, 100000);
				bytes_free(&out);
			}
		bytes_free(&in);
	}
	free(text);
}

static void
cut_streams_never_end(void **state)
{
	char	   *text = some_text(1000);
	Bytes		in = packed(text, 1000, 6);
	size_t		whole = in.length;

	(void) state;
	for (in.length = 0; in.length < whole; in.length++)
	{
		Bytes		out = {0};

		assert_int_equal(inflate_in_pieces(&in, 64, 64, &out), XLSX_OK);
		assert_true(out.length <= 1000);
		assert_memory_equal(out.data, text, out.length);
		bytes_free(&out);
	}
	bytes_free(&in);
	free(text);
}

static void
other_bytes_are_no_stream(void **state)
{
	static const char *const wrong[] = {"\x07", "\x06\xFF", "\x01\x05\x00\x00\x00", "\xFD\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"};
	size_t		i;

	(void) state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
	{
		Bytes		in = {0},
					out = {0};

		bytes_add(&in, wrong[i], i == 2 ? 5 : strlen(wrong[i]));
		assert_int_equal(inflate_in_pieces(&in, 64, 64, &out), XLSX_DAMAGED);
		bytes_free(&in);
		bytes_free(&out);
	}
}

static void
the_checksum_is_that_of_zip(void **state)
{
	char	   *text = some_text(5000);
	size_t		i;

	(void) state;
	assert_int_equal(xlsx_crc32(0, "123456789", 9), 0xCBF43926);
	assert_int_equal(xlsx_crc32(0, "", 0), 0);
	for (i = 0; i < 5000; i += 13)
	{
		uint32_t	whole = (uint32_t) crc32(0, (const Bytef *) text, 5000);

		assert_int_equal(xlsx_crc32(xlsx_crc32(0, text, i), text + i, 5000 - i), whole);
	}
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_may_have_any_size),
		cmocka_unit_test(cut_streams_never_end),
		cmocka_unit_test(other_bytes_are_no_stream),
		cmocka_unit_test(the_checksum_is_that_of_zip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
