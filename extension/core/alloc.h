/*
 * alloc.h
 *	  The allocator that the caller lends to the reader, and its budgets.
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
#include <stdint.h>

typedef struct XlsxAllocator
{
	void	   *(*alloc) (void *context, size_t size);
	void	   *(*realloc) (void *context, void *pointer, size_t size); /* pointer is never NULL */
	void		(*free) (void *context, void *pointer); /* pointer is never NULL */
	void	   *context;
} XlsxAllocator;

/* malloc, realloc and free of the C library. */
extern const XlsxAllocator xlsx_malloc_allocator;

/*
 * What a file may cost.  Sizes in a file are claims: each is held against one
 * of these before anything is allocated, and against what is really read.
 * The settings pg_xlsx.<field> carry the same names.  0 stands for the default.
 */
typedef struct XlsxLimits
{
	uint64_t	max_entry_bytes;	/* inflated size of one part */
	uint32_t	max_compression_ratio;	/* inflated : stored, once a part is beyond ratio_floor_bytes */
	uint64_t	ratio_floor_bytes;	/* parts below this size never trip the ratio */
	uint32_t	max_entries;	/* entries in the zip directory */
	uint64_t	max_shared_strings_bytes;	/* text and index of the shared strings in memory */
	uint32_t	max_string_length;	/* characters of one cell; Excel: 32,767 */
	uint64_t	max_row_bytes;	/* text of all cells of one row, shared strings too */
	uint32_t	max_columns;	/* Excel: 16,384 */
	uint32_t	max_rows;		/* numbers of rows, and rows; Excel: 1,048,576 */
	uint32_t	max_xml_depth;	/* nested elements */
	uint32_t	max_xml_attributes; /* of one element */
} XlsxLimits;

/* Excel's own limits, and sane ones where Excel has none. */
extern const XlsxLimits xlsx_default_limits;

/* Puts the default wherever a field is 0. */
extern void xlsx_limits_complete(XlsxLimits *limits);

#endif							/* XLSX_ALLOC_H */
