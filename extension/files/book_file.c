/*
 * book_file.c
 *	  Writes a workbook into a temporary file, and returns it as a value.
 */
#include "files/book_file.h"

#include "executor/executor.h"
#include "files/workbook.h"
#include "funcapi.h"
#include "utils/memutils.h"
#include "utils/wait_event.h"

static XlsxStatus
write_file(void *context, uint64_t offset, const void *bytes, size_t length, XlsxError *error)
{
	BookFile   *book = context;

	errno = 0;
	if (FileWrite(book->file, unconstify(void *, bytes), length, (off_t) offset, WAIT_EVENT_BUFFILE_WRITE) == (int) length)
		return XLSX_OK;
	return xlsx_fail(error, XLSX_IO, "could not write the workbook: %s", strerror(errno != 0 ? errno : ENOSPC));
}

void
book_file_check(XlsxStatus status, const XlsxError *error)
{
	if (status != XLSX_OK)
		workbook_throw(error);
}

void
book_file_open(BookFile *book)
{
	XlsxSink	sink = {write_file, book};
	XlsxAllocator allocator = workbook_allocator(CurrentMemoryContext);
	XlsxError	error;

	book->file = OpenTemporaryFile(false);
	book_file_check(xlsx_writer_open(&sink, &allocator, &book->writer, &error), &error);
}

void
book_file_finish(BookFile *book)
{
	XlsxError	error;

	book_file_check(xlsx_writer_close(book->writer, &error), &error);
	xlsx_writer_free(book->writer);
	book->writer = NULL;
}

/* Reads the next piece of the file; NULL at its end. */
static bytea *
read_piece(File file, off_t offset, size_t size)
{
	bytea	   *piece = palloc(size + VARHDRSZ);
	int			got = FileRead(file, VARDATA(piece), size, offset, WAIT_EVENT_BUFFILE_READ);

	if (got < 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not read the workbook: %m")));
	SET_VARSIZE(piece, (size_t) got + VARHDRSZ);
	return got > 0 ? piece : NULL;
}

bytea *
book_file_bytes(BookFile *book, const char *chunks)
{
	off_t		size = FileSize(book->file);
	bytea	   *bytes;

	if (size < 0 || (Size) size > MaxAllocSize - VARHDRSZ)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the workbook is too large for one value"),
				 errhint("Use %s.", chunks)));
	bytes = read_piece(book->file, 0, (size_t) size);
	FileClose(book->file);
	return bytes;
}

/* The state of a set of chunks. */
typedef struct ChunkReader
{
	BookFile	book;
	off_t		offset;
} ChunkReader;

/*
 * Called at the end of the query, also when it did not fetch all chunks. An abort closes the file
 * by itself.
 */
static void
close_reader(Datum reader)
{
	FileClose(((ChunkReader *) DatumGetPointer(reader))->book.file);
}

static ChunkReader *
start_reader(FunctionCallInfo fcinfo, bool (*make) (FunctionCallInfo fcinfo, BookFile *book))
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	FuncCallContext *call = SRF_FIRSTCALL_INIT();
	MemoryContext caller = MemoryContextSwitchTo(call->multi_call_memory_ctx);
	ChunkReader *reader = palloc0(sizeof(ChunkReader));

	call->user_fctx = reader;
	if (!make(fcinfo, &reader->book))
		reader->offset = FileSize(reader->book.file);
	RegisterExprContextCallback(result->econtext, close_reader, PointerGetDatum(reader));
	MemoryContextSwitchTo(caller);
	return reader;
}

Datum
book_file_chunks(FunctionCallInfo fcinfo, bool (*make) (FunctionCallInfo fcinfo, BookFile *book))
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	FuncCallContext *call;
	ChunkReader *reader;
	bytea	   *chunk;

	if (SRF_IS_FIRSTCALL())
		start_reader(fcinfo, make);
	call = SRF_PERCALL_SETUP();
	reader = call->user_fctx;
	chunk = read_piece(reader->book.file, reader->offset, PG_XLSX_CHUNK_BYTES);
	if (chunk == NULL)
	{
		/* the reader is deleted with the set */
		UnregisterExprContextCallback(result->econtext, close_reader, PointerGetDatum(reader));
		close_reader(PointerGetDatum(reader));
		SRF_RETURN_DONE(call);
	}
	reader->offset += (off_t) VARSIZE_ANY_EXHDR(chunk);
	SRF_RETURN_NEXT(call, PointerGetDatum(chunk));
}
