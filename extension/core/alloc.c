/*
 * alloc.c
 *	  See alloc.h.
 */
#include "alloc.h"

#include <stdlib.h>

static void *
malloc_alloc(void *context, size_t size)
{
	(void) context;
	return malloc(size);
}

static void *
malloc_realloc(void *context, void *pointer, size_t size)
{
	(void) context;
	return realloc(pointer, size);
}

static void
malloc_free(void *context, void *pointer)
{
	(void) context;
	free(pointer);
}

const XlsxAllocator xlsx_malloc_allocator = {malloc_alloc, malloc_realloc, malloc_free, NULL};

const XlsxLimits xlsx_default_limits = {
	.max_entry_bytes = UINT64_C(4) << 30,
	.max_compression_ratio = 300,
	.ratio_floor_bytes = UINT64_C(64) << 20,
	.max_entries = 65536,
	.max_shared_strings_bytes = UINT64_C(128) << 20,
	.max_string_length = 32767,
	.max_row_bytes = UINT64_C(32) << 20,
	.max_columns = 16384,
	.max_rows = 1048576,
	.max_xml_depth = 256,
	.max_xml_attributes = 256,
};

void
xlsx_limits_complete(XlsxLimits *limits)
{
	const XlsxLimits *standard = &xlsx_default_limits;

#define COMPLETE(field) \
	do { if (limits->field == 0) limits->field = standard->field; } while (0)

	COMPLETE(max_entry_bytes);
	COMPLETE(max_compression_ratio);
	COMPLETE(ratio_floor_bytes);
	COMPLETE(max_entries);
	COMPLETE(max_shared_strings_bytes);
	COMPLETE(max_string_length);
	COMPLETE(max_row_bytes);
	COMPLETE(max_columns);
	COMPLETE(max_rows);
	COMPLETE(max_xml_depth);
	COMPLETE(max_xml_attributes);
#undef COMPLETE
}
