/*
 * zip_write.h
 *	  A zip container on its way out: one entry after another, in constant memory.
 *
 * Order of calls: open, then for each entry begin, any number of writes, end;
 * finish at last.  Everything belongs to the memory that was lent; after a
 * failure nothing but releasing that makes sense.  The same calls give the same
 * bytes: entries bear no time.
 */
#ifndef XLSX_ZIP_WRITE_H
#define XLSX_ZIP_WRITE_H

#include "memory.h"
#include "status.h"

/* Where the bytes go. They come in order, but for sizes that are filled in later: at an offset written before. */
typedef struct XlsxSink
{
	XlsxStatus	(*write) (void *context, uint64_t offset, const void *bytes, size_t length, XlsxError *error);
	void	   *context;
} XlsxSink;

typedef struct XlsxZipWriter XlsxZipWriter;

/* sink is copied. */
extern XlsxStatus xlsx_zip_writer_open(const XlsxSink *sink, XlsxMemory *memory, XlsxZipWriter **zip,
									   XlsxError *error);
extern XlsxStatus xlsx_zip_writer_begin(XlsxZipWriter *zip, const char *name, XlsxError *error);

/* An entry may have up to XLSX_ZIP_ENTRY_BYTES, so that no reader needs to know zip64. */
#define XLSX_ZIP_ENTRY_BYTES	UINT64_C(0xfffffff0)
extern XlsxStatus xlsx_zip_writer_write(XlsxZipWriter *zip, const void *bytes, size_t length, XlsxError *error);
extern XlsxStatus xlsx_zip_writer_end(XlsxZipWriter *zip, XlsxError *error);

/* The directory. */
extern XlsxStatus xlsx_zip_writer_finish(XlsxZipWriter *zip, XlsxError *error);

#endif							/* XLSX_ZIP_WRITE_H */
