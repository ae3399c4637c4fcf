/*
 * alloc.h
 *	  The allocator that the caller lends to the reader.
 *
 * All memory of the library, the decompressor's included, comes from here,
 * but for expat's: its allocation functions get no context, so it calls malloc
 * while a part is read.  xlsx_book_close gives that back too, so a caller whose
 * allocator frees everything by itself must still close the book.
 * The callbacks return NULL when there is no memory; they never throw.
 */
#ifndef XLSX_ALLOC_H
#define XLSX_ALLOC_H

#include <stddef.h>

typedef struct XlsxAllocator
{
	void	   *(*alloc) (void *context, size_t size);
	void	   *(*realloc) (void *context, void *pointer, size_t size); /* pointer is never NULL */
	void		(*free) (void *context, void *pointer); /* pointer is never NULL */
	void	   *context;
} XlsxAllocator;

/* malloc, realloc and free of the C library. */
extern const XlsxAllocator xlsx_malloc_allocator;

#endif							/* XLSX_ALLOC_H */
