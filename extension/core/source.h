/*
 * source.h
 *	  Where the bytes of a workbook come from: random access reads.
 *
 * A source is a value: copy it freely, it owns nothing.  The data behind it
 * must outlive every book that is opened over it.
 */
#ifndef XLSX_SOURCE_H
#define XLSX_SOURCE_H

#include "status.h"

typedef struct XlsxSource
{
	/*
	 * Reads up to length bytes at offset into buffer and stores their number
	 * in *got; it is less than length at the end only. May leave by longjmp;
	 * then the book can only be closed.
	 */
	XlsxStatus	(*read) (void *context, uint64_t offset, void *buffer, size_t length, size_t *got, XlsxError *error);

	/*
	 * Called for each piece of a part that is read, so at least once for about 100 kB of work, even
	 * if a long part gives few cells. May leave by longjmp as read may. NULL: no interrupts.
	 */
	void		(*interrupt) (void);
	uint64_t	size;			/* bytes in all */
	void	   *context;
	const void *memory;			/* xlsx_source_memory only, else NULL */
	int			descriptor;		/* xlsx_source_descriptor only */
} XlsxSource;

/* Bytes in memory; the caller owns them. */
extern void xlsx_source_memory(XlsxSource *source, const void *bytes, size_t size);

/* An open, seekable file descriptor; the caller owns it. XLSX_IO if its size cannot be found. */
extern XlsxStatus xlsx_source_descriptor(XlsxSource *source, int descriptor, XlsxError *error);

/* Read through the source, whatever stands behind it (its own address is the context of the two above). */
extern XlsxStatus xlsx_source_read(const XlsxSource *source, uint64_t offset, void *buffer, size_t length,
								   size_t *got, XlsxError *error);

#endif							/* XLSX_SOURCE_H */
