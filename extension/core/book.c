/*
 * book.c
 *	  See book.h.
 */
#include "private.h"

#include <string.h>

#include "sniff.h"
#include "text.h"

#define HEAD_BYTES	4096

/* First directory sector of a compound file ([MS-CFB] 2.2). */
static uint64_t
compound_directory(const unsigned char *head)
{
	unsigned	shift = (unsigned) head[30] | (unsigned) head[31] << 8;
	uint64_t	sector = (uint64_t) head[48] | (uint64_t) head[49] << 8 | (uint64_t) head[50] << 16 |
		(uint64_t) head[51] << 24;

	return shift <= 12 ? (sector + 1) << shift : 0;
}

/*
 * The file is not a zip: replaces the error by one that says what the file is, when its first
 * bytes show it.
 */
static XlsxStatus
explain(XlsxBook *book, XlsxStatus status, XlsxError *error)
{
	unsigned char head[HEAD_BYTES];
	size_t		length;
	XlsxError	other;
	XlsxStatus	sniffed;

	if (xlsx_source_read(&book->source, 0, head, sizeof(head), &length, &other) != XLSX_OK)
		return status;
	sniffed = xlsx_sniff(head, length, &other);
	if (sniffed == XLSX_OK)
	{
		xlsx_fail(error, XLSX_DAMAGED, "file is cut off or damaged");
		xlsx_fail_detail(error, "It begins like a workbook, but the directory at its end is missing.");
		return xlsx_fail_hint(error, "Upload the file again, completely.");
	}
	if (sniffed == XLSX_NOT_A_WORKBOOK && length > 512 && xlsx_sniff_is_compound(head, length) &&
		xlsx_source_read(&book->source, compound_directory(head), head, sizeof(head), &length, error) == XLSX_OK)
		return xlsx_sniff_compound(head, length, error);
	*error = other;
	return sniffed;
}

XlsxStatus
xlsx_book_open(const XlsxSource *source, const XlsxAllocator *allocator, const XlsxLimits *limits,
			   XlsxBook **book, XlsxError *error)
{
	XlsxBook   *self = allocator->alloc(allocator->context, sizeof(XlsxBook));
	XlsxStatus	status;

	*book = self;
	if (self == NULL)
		return xlsx_fail_memory(error);
	memset(self, 0, sizeof(*self));
	self->allocator = *allocator;
	self->source = *source;
	self->limits = *limits;
	xlsx_memory_init(&self->memory, allocator);
	status = xlsx_zip_open(&self->source, &self->limits, &self->memory, &self->zip, error);
	if (status == XLSX_NOT_A_WORKBOOK)
		status = explain(self, status, error);
	if (status == XLSX_OK)
		status = xlsx_package_open(self->zip, &self->limits, &self->memory, &self->package, error);
	if (status != XLSX_OK)
	{
		xlsx_book_close(self);
		*book = NULL;
	}
	return status;
}

size_t
xlsx_book_sheet_count(const XlsxBook *book)
{
	return book->package.count;
}

const XlsxSheetInfo *
xlsx_book_sheet(const XlsxBook *book, size_t index)
{
	return index < book->package.count ? &book->package.sheets[index].info : NULL;
}

size_t
xlsx_book_find_sheet(const XlsxBook *book, const char *name)
{
	size_t		i;

	for (i = 0; i < book->package.count; i++)
		if (strcmp(book->package.sheets[i].info.name, name) == 0)
			return i;
	for (i = 0; i < book->package.count; i++)
		if (xlsx_text_same(book->package.sheets[i].info.name, name))
			return i;
	return SIZE_MAX;
}

bool
xlsx_book_date1904(const XlsxBook *book)
{
	return book->package.date1904;
}

const char *
xlsx_book_number_format(const XlsxBook *book, uint32_t style)
{
	return style < book->styles.count ? book->styles.number_formats[style] : xlsx_code_of_format(0);
}

void
xlsx_book_close(XlsxBook *book)
{
	if (book == NULL)
		return;
	xlsx_memory_release(&book->memory);
	book->allocator.free(book->allocator.context, book);
}
