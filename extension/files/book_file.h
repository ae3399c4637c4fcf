/*
 * book_file.h
 *	  A workbook on its way into a temporary file, and out of it as a value.
 *
 * Whatever its size, it does not show in memory until somebody asks for all of
 * it.  The file goes with the transaction at the latest.
 */
#ifndef PG_XLSX_BOOK_FILE_H
#define PG_XLSX_BOOK_FILE_H

#include "pg/pg_xlsx.h"

#include "core/writer.h"
#include "fmgr.h"
#include "storage/fd.h"

typedef struct BookFile
{
	File		file;
	XlsxWriter *writer;			/* the caller writes through it */
} BookFile;

/* Begins a workbook; all memory is of the current context. */
extern void book_file_open(BookFile *book);

/* Raises what a function of the writer reported; XLSX_OK is fine. */
extern void book_file_check(XlsxStatus status, const XlsxError *error);

/* Ends the workbook; its bytes are in the file then. */
extern void book_file_finish(BookFile *book);

/* All of a finished workbook; closes the file. chunks: the function to name when that is too much for one value. */
extern bytea *book_file_bytes(BookFile *book, const char *chunks);

/*
 * The body of a set-returning function that gives a workbook in chunks of
 * PG_XLSX_CHUNK_BYTES.  make fills a finished workbook at the first call, in a
 * context that lives as long as the set; false means that there is nothing to give.
 */
extern Datum book_file_chunks(FunctionCallInfo fcinfo, bool (*make) (FunctionCallInfo fcinfo, BookFile *book));

#endif							/* PG_XLSX_BOOK_FILE_H */
