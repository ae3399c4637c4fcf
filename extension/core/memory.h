/*
 * memory.h
 *	  All memory of one open workbook, so that it can be freed at once.
 *
 * A source may leave by longjmp in the middle of any function.  Therefore every
 * block is in a list, and xlsx_memory_release frees all blocks, newest first. A
 * block with a destructor is an object: the destructor frees what the allocator
 * does not know (expat).
 */
#ifndef XLSX_MEMORY_H
#define XLSX_MEMORY_H

#include <stdbool.h>

#include "alloc.h"

typedef struct XlsxBlock XlsxBlock;

typedef struct XlsxMemory
{
	XlsxAllocator allocator;
	XlsxBlock  *newest;
} XlsxMemory;

extern void xlsx_memory_init(XlsxMemory *memory, const XlsxAllocator *allocator);

/* NULL if there is no memory; the old block then stays. pointer may be NULL in realloc and free. */
extern void *xlsx_memory_alloc(XlsxMemory *memory, size_t size);
extern void *xlsx_memory_realloc(XlsxMemory *memory, void *pointer, size_t size);
extern void xlsx_memory_free(XlsxMemory *memory, void *pointer);

/* A zeroed object; destroy (may be NULL) runs before it is freed. Never give an object to xlsx_memory_realloc. */
extern void *xlsx_memory_new(XlsxMemory *memory, size_t size, void (*destroy) (void *object));

/* A copy with a final NUL. */
extern char *xlsx_memory_copy(XlsxMemory *memory, const char *text, size_t length);

/*
 * Makes room for one more element. array is the address of a pointer to
 * *capacity elements of the given size. The array is doubled, but never
 * beyond most elements. False if there is no memory or no room below most.
 */
extern bool xlsx_memory_grow(XlsxMemory *memory, void *array, size_t *capacity, size_t element, size_t most);

extern void xlsx_memory_release(XlsxMemory *memory);

#endif							/* XLSX_MEMORY_H */
