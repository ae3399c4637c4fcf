/*
 * zip_write.h
 *	  Writes a zip container: one entry after another, in constant memory.
 *
 * Order of calls: open, then for each entry begin, any number of writes, end;
 * then finish. Everything belongs to the given memory; after a failure it can
 * only be released. Equal calls give equal bytes: entries have no time.
 */
#ifndef XLSX_ZIP_WRITE_H
#define XLSX_ZIP_WRITE_H

#include "memory.h"
#include "status.h"

/* Takes the bytes. They come in order, except sizes that are filled in later at an offset that was written before. */
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
