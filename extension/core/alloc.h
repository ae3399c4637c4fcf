/*
 * alloc.h
 *	  The allocator that the caller gives to the reader.
 *
 * All memory of the library comes from here, the decompressor's included. expat
 * is the exception: its allocation functions get no context, so it calls malloc
 * while a part is read. xlsx_book_close frees that too, so a caller whose
 * allocator frees everything must still close the book. The callbacks return
 * NULL if there is no memory; they never throw.
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
