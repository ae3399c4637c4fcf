/*
 * core_zip.c
 *	  A container: its directory, and the bytes of every entry.
 */
#include "core.h"

#include <stdlib.h>
#include <string.h>

#include "zip.h"

static void
read_entry(XlsxZip *zip, size_t index, const XlsxLimits *limits)
{
	XlsxZipStream *stream;
	XlsxError	error;
	XlsxStatus	status = xlsx_zip_stream_open(zip, index, &stream, &error);
	char		buffer[4096];
	uint64_t	done,
				total,
				produced = 0;
	size_t		got;

	if (status != XLSX_OK)
		return;
	while ((status = xlsx_zip_stream_read(stream, buffer, sizeof(buffer), &got, &error)) == XLSX_OK)
	{
		produced += got;
		xlsx_zip_stream_position(stream, &done, &total);
		if (got == 0 || done > total || produced > limits->max_entry_bytes)
			abort();
	}
	if (error.status != status && status != XLSX_DONE)
		abort();
	xlsx_zip_stream_close(stream);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CountingMemory counts = {0};
	XlsxAllocator allocator = counting_allocator(&counts);
	Bytes		bytes = {.data = (char *) data,.length = size};
	JumpingSource jumping = {.bytes = &bytes};
	XlsxSource	source;
	XlsxMemory	memory;
	XlsxZip    *zip;
	XlsxError	error;
	size_t		index;
	int			way;

	for (way = 0; way < 2 * FUZZ_LIMITS; way++)
	{
		const XlsxLimits *limits = &fuzz_limits[way / 2];

		if (way % 2 == 0)
			xlsx_source_memory(&source, data, size);
		else
			source = jumping_source(&jumping);
		xlsx_memory_init(&memory, &allocator);
		memset(&error, 0, sizeof(error));
		if (xlsx_zip_open(&source, limits, &memory, &zip, &error) == XLSX_OK)
		{
			index = xlsx_zip_find(zip, "xl/workbook.xml");
			if (index != SIZE_MAX)
				read_entry(zip, index, limits);
			for (index = 0; index < 8 && xlsx_zip_count(zip) > index; index++)
				read_entry(zip, index, limits);
		}
		xlsx_zip_close(zip);
		if (counts.live != 0)
			abort();
	}
	return 0;
}
