/*
 * book.h
 *	  An open workbook: its worksheets, its date system, and the data that all
 *	  sheets share.
 *
 * Order of calls: xlsx_book_open, then any number of sheet cursors (sheet.h), also
 * several at a time, then xlsx_book_close.  The book belongs to the caller. Shared
 * data is read once: styles when the first cursor is opened, shared strings when
 * cells refer to them.
 */
#ifndef XLSX_BOOK_H
#define XLSX_BOOK_H

#include "alloc.h"
#include "source.h"
#include "status.h"

typedef struct XlsxBook XlsxBook;

typedef enum XlsxSheetState
{
	XLSX_SHEET_VISIBLE,
	XLSX_SHEET_HIDDEN			/* hidden and veryHidden, ECMA-376 Part 1, 18.18.68 */
} XlsxSheetState;

typedef struct XlsxSheetInfo
{
	const char *name;			/* UTF-8, lives as long as the book */
	XlsxSheetState state;
} XlsxSheetInfo;

/*
 * Opens the package, finds the workbook part and lists its worksheets. allocator, limits
 * and source are copied.  On failure *book is NULL and nothing is left behind.  *book is
 * set before the first byte is read, so that a caller whose source leaves by longjmp can
 * close it. The variable must then be volatile, and NULL at first.  XLSX_NOT_A_WORKBOOK
 * and XLSX_ENCRYPTED come with a hint that tells a person what to do.
 */
extern XlsxStatus xlsx_book_open(const XlsxSource *source, const XlsxAllocator *allocator, const XlsxLimits *limits,
								 XlsxBook **book, XlsxError *error);

/* Worksheets only, in the order of the workbook part; chart, dialogue and macro sheets are not counted, nor stubs of macro modules. */
extern size_t xlsx_book_sheet_count(const XlsxBook *book);
extern const XlsxSheetInfo *xlsx_book_sheet(const XlsxBook *book, size_t index);	/* 0-based; NULL beyond the end */

/* Sheet names are compared without regard to case, as Excel does. SIZE_MAX if there is none. */
extern size_t xlsx_book_find_sheet(const XlsxBook *book, const char *name);

/* True for the 1904 date system, in which serial 0 is 1904-01-01 (18.17.4.1). */
extern bool xlsx_book_date1904(const XlsxBook *book);

/* The number format code (18.8.31) of a cell's style, "General" by default; the book owns it. */
extern const char *xlsx_book_number_format(const XlsxBook *book, uint32_t style);

/* Frees open cursors too. book may be NULL, and its source may have left by longjmp. */
extern void xlsx_book_close(XlsxBook *book);

/*
 * The kind of a file that starts with these bytes: XLSX_OK for a zip, otherwise XLSX_NOT_A_WORKBOOK or
 * XLSX_ENCRYPTED with message and hint. For the first bytes of an upload, before the rest has come: 4096
 * bytes are enough, and length 0 is an empty file. XLSX_OK does not promise a workbook.
 */
extern XlsxStatus xlsx_sniff(const void *head, size_t length, XlsxError *error);

#endif							/* XLSX_BOOK_H */
