/*
 * book_file.h
 *	  Writes a workbook into a temporary file, and returns it as a value.
 *
 * However large it is, it takes no memory until its value is asked for. The file is deleted at
 * the end of the transaction at the latest.
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

/* Begins a workbook. All memory comes from the current memory context. */
extern void book_file_open(BookFile *book);

/* Raises the error that a function of the writer has returned. XLSX_OK does nothing. */
extern void book_file_check(XlsxStatus status, const XlsxError *error);

/* Ends the workbook. All its bytes are then in the file. */
extern void book_file_finish(BookFile *book);

/*
 * All bytes of a finished workbook; closes the file. chunks: the SQL function to recommend when a
 * single value cannot hold them.
 */
extern bytea *book_file_bytes(BookFile *book, const char *chunks);

/*
 * The body of a set-returning function that returns a workbook in chunks of PG_XLSX_CHUNK_BYTES.
 * At the first call, make fills *file with a finished workbook, in a context that lives as long
 * as the set. It returns false when there is nothing to return.
 */
extern Datum book_file_chunks(FunctionCallInfo fcinfo, bool (*make) (FunctionCallInfo fcinfo, BookFile *book));

#endif							/* PG_XLSX_BOOK_FILE_H */
