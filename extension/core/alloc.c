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
