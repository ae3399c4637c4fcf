/*
 * zip.h
 *	  The container: a directory of entries, and entries as streams of bytes.
 *
 * Sizes and checksums of the directory are claims: they are held against the
 * limits first and against what really comes in the end.  Streams must be
 * closed before the zip; xlsx_memory_release does both in the right order.
 */
#ifndef XLSX_ZIP_H
#define XLSX_ZIP_H

#include "memory.h"
#include "source.h"
#include "status.h"

typedef struct XlsxZip XlsxZip;
typedef struct XlsxZipStream XlsxZipStream;

/* source, limits and memory must outlive the zip. XLSX_NOT_A_WORKBOOK when there is no zip directory. */
extern XlsxStatus xlsx_zip_open(const XlsxSource *source, const XlsxLimits *limits, XlsxMemory *memory,
								XlsxZip **zip, XlsxError *error);
extern void xlsx_zip_close(XlsxZip *zip);	/* NULL is fine */

/*
 * Index of the entry with that name, SIZE_MAX when there is none.  Compared as
 * part names are (ECMA-376 Part 2, 6.2.2.3): without regard to ASCII case;
 * "\" counts as "/" and a leading "/" as nothing.  Of two with the same name
 * the later counts, which is how an archive is updated by appending.
 */
extern size_t xlsx_zip_find(const XlsxZip *zip, const char *name);

extern size_t xlsx_zip_count(const XlsxZip *zip);

/* The name as the directory spells it. */
extern const char *xlsx_zip_name(const XlsxZip *zip, size_t index);

/* Inflated bytes, as the directory claims. */
extern uint64_t xlsx_zip_size(const XlsxZip *zip, size_t index);

/* Opens an entry, and checks what the directory claims of it against the limits. */
extern XlsxStatus xlsx_zip_stream_open(XlsxZip *zip, size_t index, XlsxZipStream **stream, XlsxError *error);

/*
 * Up to size inflated bytes; XLSX_DONE with *got = 0 after the last, which is
 * when size and checksum have been found right.
 */
extern XlsxStatus xlsx_zip_stream_read(XlsxZipStream *stream, void *buffer, size_t size, size_t *got,
									   XlsxError *error);

/* Stored bytes taken in so far, and in all. */
extern void xlsx_zip_stream_position(const XlsxZipStream *stream, uint64_t *done, uint64_t *total);

extern void xlsx_zip_stream_close(XlsxZipStream *stream);	/* NULL is fine */

#endif							/* XLSX_ZIP_H */
