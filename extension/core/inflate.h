/*
 * inflate.h
 *	  Raw deflate streams (RFC 1951) and CRC-32, by ISA-L or by zlib.
 *
 * Built with XLSX_USE_ISAL, Intel's library does the work in half the time;
 * otherwise zlib does it. Both give the same bytes.
 */
#ifndef XLSX_INFLATE_H
#define XLSX_INFLATE_H

#include "memory.h"
#include "status.h"

typedef struct XlsxInflate
{
	const uint8_t *in;			/* set by the caller, advanced by xlsx_inflate_run */
	size_t		in_length;
	void	   *state;
} XlsxInflate;

extern XlsxStatus xlsx_inflate_open(XlsxMemory *memory, XlsxInflate **inflate, XlsxError *error);

/*
 * Inflates what fits into out. XLSX_DONE at the end of the stream, XLSX_OK if
 * it needs input or room. Failures, without an error record: XLSX_DAMAGED if
 * the bytes are not a deflate stream, XLSX_NO_MEMORY.
 */
extern XlsxStatus xlsx_inflate_run(XlsxInflate *stream, void *out, size_t room, size_t *got);

extern void xlsx_inflate_close(XlsxMemory *memory, XlsxInflate *inflate);	/* NULL is fine */

/* Continues from crc, which is 0 at the beginning. */
extern uint32_t xlsx_crc32(uint32_t crc, const void *bytes, size_t length);

#endif							/* XLSX_INFLATE_H */
