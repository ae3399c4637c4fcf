/*
 * source.c
 *	  See source.h.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "source.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static XlsxStatus
read_memory(void *context, uint64_t offset, void *buffer, size_t length, size_t *got, XlsxError *error)
{
	const XlsxSource *source = context;

	(void) error;
	*got = 0;
	if (offset >= source->size)
		return XLSX_OK;
	if (length > source->size - offset)
		length = source->size - offset;
	memcpy(buffer, (const char *) source->memory + offset, length);
	*got = length;
	return XLSX_OK;
}

static XlsxStatus
read_descriptor(void *context, uint64_t offset, void *buffer, size_t length, size_t *got, XlsxError *error)
{
	const XlsxSource *source = context;

	*got = 0;
	while (*got < length)
	{
		ssize_t		n = pread(source->descriptor, (char *) buffer + *got, length - *got, (off_t) (offset + *got));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return xlsx_fail(error, XLSX_IO, "could not read file: %s", strerror(errno));
		if (n == 0)
			break;
		*got += (size_t) n;
	}
	return XLSX_OK;
}

void
xlsx_source_memory(XlsxSource *source, const void *bytes, size_t size)
{
	memset(source, 0, sizeof(*source));
	source->read = read_memory;
	source->memory = bytes;
	source->size = size;
	source->descriptor = -1;
	source->context = source;
}

XlsxStatus
xlsx_source_descriptor(XlsxSource *source, int descriptor, XlsxError *error)
{
	struct stat st;

	memset(source, 0, sizeof(*source));
	if (fstat(descriptor, &st) != 0)
		return xlsx_fail(error, XLSX_IO, "could not read file: %s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return xlsx_fail(error, XLSX_IO, "could not read file: not a regular file");
	source->read = read_descriptor;
	source->descriptor = descriptor;
	source->size = (uint64_t) st.st_size;
	source->context = source;
	return XLSX_OK;
}

XlsxStatus
xlsx_source_read(const XlsxSource *source, uint64_t offset, void *buffer, size_t length, size_t *got, XlsxError *error)
{
	/* A copy of one of our own sources must not look at the original. */
	bool		own = source->read == read_memory || source->read == read_descriptor;

	*got = 0;
	return source->read(own ? (void *) source : source->context, offset, buffer, length, got, error);
}
