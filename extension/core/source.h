/*
 * source.h
 *	  Where the bytes of a workbook come from: random access reads.
 *
 * A source is a value: copy it freely, it owns nothing.  What stands behind
 * it must outlive every book opened over it.
 */
#ifndef XLSX_SOURCE_H
#define XLSX_SOURCE_H

#include "status.h"

typedef struct XlsxSource
{
	/*
	 * Reads up to length bytes at offset into buffer and stores in *got how
	 * many came; fewer than asked for only at the end.  May leave by longjmp:
	 * then the book must only be closed.
	 */
	XlsxStatus	(*read) (void *context, uint64_t offset, void *buffer, size_t length, size_t *got, XlsxError *error);

	/*
	 * Called for each piece of a part that is taken in, so at least once for some 100 kB of
	 * work, however long a part is and however little comes out of it.  May leave by longjmp as read
	 * may.  NULL: nobody wants to interrupt.
	 */
	void		(*interrupt) (void);
	uint64_t	size;			/* bytes in all */
	void	   *context;
	const void *memory;			/* xlsx_source_memory only, else NULL */
	int			descriptor;		/* xlsx_source_descriptor only */
} XlsxSource;

/* Bytes that lie in memory; they stay the caller's. */
extern void xlsx_source_memory(XlsxSource *source, const void *bytes, size_t size);

/* An open, seekable file descriptor; it stays the caller's. XLSX_IO when it cannot be measured. */
extern XlsxStatus xlsx_source_descriptor(XlsxSource *source, int descriptor, XlsxError *error);

/* Read through the source, whatever stands behind it (its own address is the context of the two above). */
extern XlsxStatus xlsx_source_read(const XlsxSource *source, uint64_t offset, void *buffer, size_t length,
								   size_t *got, XlsxError *error);

#endif							/* XLSX_SOURCE_H */
