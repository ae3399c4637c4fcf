/*
 * notifier_multipart.c
 *	  A form must give the same result in one piece and in pieces of any size.
 *
 * The first byte chooses the size of the pieces.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "api/multipart.h"

static bool
on_part(void *arg, const MultipartPart *part)
{
	buf_puts(arg, part->name);
	buf_putc(arg, '\1');
	buf_puts(arg, part->file_name != NULL ? part->file_name : "\2");
	buf_putc(arg, '\3');
	return strcmp(part->name, "stop") != 0;
}

static bool
on_data(void *arg, const char *data, size_t len)
{
	buf_append(arg, data, len);
	return true;
}

static bool
on_end(void *arg)
{
	buf_putc(arg, '\4');
	return true;
}

static const MultipartHandler handler = {on_part, on_data, on_end};

static MultipartStatus
parse(const char *data, size_t size, size_t piece, Buf *out)
{
	Multipart  *form = multipart_open("multipart/form-data; boundary=b", &handler, out);
	MultipartStatus status = MULTIPART_MORE;

	for (size_t at = 0; at < size; at += piece)
		status = multipart_feed(form, data + at, size - at < piece ? size - at : piece);
	multipart_close(form);
	return status;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Buf			whole = {0};
	Buf			pieces = {0};
	char	   *type;

	if (size == 0)
		return 0;
	if (parse((const char *) data + 1, size - 1, size, &whole) !=
		parse((const char *) data + 1, size - 1, (size_t) data[0] % 16 + 1, &pieces))
		abort();
	if (whole.len != pieces.len || (whole.len > 0 && memcmp(whole.data, pieces.data, whole.len) != 0))
		abort();
	buf_free(&whole);
	buf_free(&pieces);

	type = calloc(1, size + 32);
	memcpy(type, "multipart/form-data;", 20);
	memcpy(type + 20, data, size);
	multipart_close(multipart_open(type, &handler, &whole));
	free(type);
	return 0;
}
