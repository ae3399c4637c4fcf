/*
 * readbook.c
 *	  Measures the cost of reading a workbook, without a database.
 *
 *	readbook cells|inflate|expat FILE
 *
 *	cells   every cell of every sheet by the reader; the first byte of each text is read
 *	inflate    all entries of the zip, by the reader's own container expat     the same bytes
 *	through expat with handlers that do nothing
 *
 * Prints: what, rows (or 0), cells (or 0), inflated bytes (or 0), CPU seconds,
 * greatest resident kilobytes.
 */
#include <expat.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "memory.h"
#include "sheet.h"
#include "zip.h"

typedef struct Counts
{
	unsigned long rows;
	unsigned long cells;
	unsigned long bytes;
	unsigned	touched;		/* so that nothing is optimized away */
} Counts;

static void
demand(XlsxStatus status, const XlsxError *error)
{
	if (status == XLSX_OK)
		return;
	fprintf(stderr, "readbook: %s\n", error->message);
	exit(1);
}

static void
read_cells(const XlsxSource *source, Counts *counts)
{
	XlsxBook   *book;
	XlsxError	error;

	demand(xlsx_book_open(source, &xlsx_malloc_allocator, &xlsx_default_limits, &book, &error), &error);
	for (size_t i = 0; i < xlsx_book_sheet_count(book); i++)
	{
		XlsxSheet  *sheet;
		const XlsxRow *row;
		XlsxStatus	status;

		demand(xlsx_sheet_open(book, i, &sheet, &error), &error);
		while ((status = xlsx_sheet_next(sheet, &row, &error)) == XLSX_OK)
		{
			counts->rows++;
			counts->cells += row->count;
			for (uint32_t c = 0; c < row->count; c++)
				if (row->cells[c].length > 0)
					counts->touched += (unsigned char) row->cells[c].text[0];
		}
		if (status != XLSX_DONE)
			demand(status, &error);
		xlsx_sheet_close(sheet);
	}
	xlsx_book_close(book);
}

static void
ignore_start(void *context, const char *name, const char **attributes)
{
	(void) name;
	(void) attributes;
	((Counts *) context)->touched++;
}

static void
ignore_end(void *context, const char *name)
{
	(void) name;
	((Counts *) context)->touched++;
}

static void
ignore_text(void *context, const char *text, int length)
{
	(void) text;
	((Counts *) context)->touched += (unsigned) length;
}

static void
read_entry(XlsxZip *zip, size_t index, bool expat, Counts *counts)
{
	static char buffer[256 * 1024];
	XML_Parser	parser = expat ? XML_ParserCreate(NULL) : NULL;
	XlsxZipStream *stream;
	XlsxError	error;
	XlsxStatus	status;
	size_t		got;

	if (expat)
	{
		XML_SetUserData(parser, counts);
		XML_SetElementHandler(parser, ignore_start, ignore_end);
		XML_SetCharacterDataHandler(parser, ignore_text);
	}
	demand(xlsx_zip_stream_open(zip, index, &stream, &error), &error);
	while ((status = xlsx_zip_stream_read(stream, buffer, sizeof(buffer), &got, &error)) == XLSX_OK)
	{
		counts->bytes += got;
		if (expat && XML_Parse(parser, buffer, (int) got, false) != XML_STATUS_OK)
			exit(1);
	}
	if (status != XLSX_DONE)
		demand(status, &error);
	xlsx_zip_stream_close(stream);
	if (expat)
		XML_ParserFree(parser);
}

static void
read_entries(const XlsxSource *source, bool expat, Counts *counts)
{
	XlsxMemory	memory;
	XlsxZip    *zip;
	XlsxError	error;

	xlsx_memory_init(&memory, &xlsx_malloc_allocator);
	demand(xlsx_zip_open(source, &xlsx_default_limits, &memory, &zip, &error), &error);
	for (size_t i = 0; i < xlsx_zip_count(zip); i++)
		read_entry(zip, i, expat, counts);
	xlsx_memory_release(&memory);
}

/* Peak memory of this program; getrusage would return that of its parent, if that was larger. */
static long
resident_kilobytes(void)
{
	FILE	   *status = fopen("/proc/self/status", "r");
	char		line[256];
	long		kilobytes = 0;

	while (status != NULL && fgets(line, sizeof(line), status) != NULL)
		if (sscanf(line, "VmHWM: %ld", &kilobytes) == 1)
			break;
	if (status != NULL)
		fclose(status);
	return kilobytes;
}

int
main(int argc, char **argv)
{
	XlsxSource	source;
	XlsxError	error;
	struct rusage used;
	Counts		counts = {0};

	if (argc != 3)
	{
		fputs("usage: readbook cells|inflate|expat FILE\n", stderr);
		return 2;
	}
	demand(xlsx_source_descriptor(&source, open(argv[2], O_RDONLY), &error), &error);
	if (strcmp(argv[1], "cells") == 0)
		read_cells(&source, &counts);
	else
		read_entries(&source, strcmp(argv[1], "expat") == 0, &counts);
	getrusage(RUSAGE_SELF, &used);
	printf("%s %lu %lu %lu %.3f %ld\n", argv[1], counts.rows, counts.cells, counts.bytes,
		   (double) used.ru_utime.tv_sec + (double) used.ru_stime.tv_sec +
		   (double) (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6, resident_kilobytes());
	return 0;
}
