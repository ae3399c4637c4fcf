/*
 * zip.h
 *	  The container: a directory of entries, and entries as streams of bytes.
 *
 * Sizes and checksums of the directory are claims: they are compared with the
 * limits first, and with the real bytes at the end.  Streams must be closed
 * before the zip; xlsx_memory_release does both in the right order.
 */
#ifndef XLSX_ZIP_H
#define XLSX_ZIP_H

#include "memory.h"
#include "source.h"
#include "status.h"

typedef struct XlsxZip XlsxZip;
typedef struct XlsxZipStream XlsxZipStream;

/* source, limits and memory must outlive the zip. XLSX_NOT_A_WORKBOOK if there is no zip directory. */
extern XlsxStatus xlsx_zip_open(const XlsxSource *source, const XlsxLimits *limits, XlsxMemory *memory,
								XlsxZip **zip, XlsxError *error);
extern void xlsx_zip_close(XlsxZip *zip);	/* NULL is fine */

/*
 * Index of the entry with that name, SIZE_MAX if there is none. Names are
 * compared as part names (ECMA-376 Part 2, 6.2.2.3): without regard to ASCII
 * case; "\" equals "/" and a leading "/" is ignored. Of two entries with the
 * same name the later one counts, because archives are updated by appending.
 */
extern size_t xlsx_zip_find(const XlsxZip *zip, const char *name);

extern size_t xlsx_zip_count(const XlsxZip *zip);

/* The name as the directory spells it. */
extern const char *xlsx_zip_name(const XlsxZip *zip, size_t index);

/* Inflated bytes, as the directory claims. */
extern uint64_t xlsx_zip_size(const XlsxZip *zip, size_t index);

/* Opens an entry, and compares the directory's claims about it with the limits. */
extern XlsxStatus xlsx_zip_stream_open(XlsxZip *zip, size_t index, XlsxZipStream **stream, XlsxError *error);

/*
 * Reads up to size inflated bytes. After the last one XLSX_DONE with *got =
 * 0, once size and checksum were found right.
 */
extern XlsxStatus xlsx_zip_stream_read(XlsxZipStream *stream, void *buffer, size_t size, size_t *got,
									   XlsxError *error);

/* Stored bytes taken in so far, and in all. */
extern void xlsx_zip_stream_position(const XlsxZipStream *stream, uint64_t *done, uint64_t *total);

extern void xlsx_zip_stream_close(XlsxZipStream *stream);	/* NULL is fine */

#endif							/* XLSX_ZIP_H */
