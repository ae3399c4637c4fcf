/*
 * book.h
 *	  An open workbook: its worksheets, date system, and what all sheets share.
 *
 * Order of calls: xlsx_book_open, then any number of sheet cursors
 * (sheet.h), also several at a time, then xlsx_book_close.  The book belongs to the
 * caller.  What the sheets share is not read twice: styles when the first cursor is
 * opened, shared strings as far as cells have asked for them.
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
 * Opens the package, finds the workbook part and lists its worksheets.
 * allocator, limits and source are copied.  On failure *book is NULL and nothing
 * is left behind.  *book is set before the first byte is read, so that a caller
 * whose source leaves by longjmp can close it (the variable must be volatile
 * then, and NULL at first).  XLSX_NOT_A_WORKBOOK and XLSX_ENCRYPTED come with a hint that
 * tells a person what to do.
 */
extern XlsxStatus xlsx_book_open(const XlsxSource *source, const XlsxAllocator *allocator, const XlsxLimits *limits,
								 XlsxBook **book, XlsxError *error);

/* Worksheets only, in the order of the workbook part; chart, dialogue and macro sheets are not counted, nor stubs of macro modules. */
extern size_t xlsx_book_sheet_count(const XlsxBook *book);
extern const XlsxSheetInfo *xlsx_book_sheet(const XlsxBook *book, size_t index);	/* 0-based; NULL beyond the end */

/* Sheet names are compared without regard to case, as Excel does. SIZE_MAX when there is none. */
extern size_t xlsx_book_find_sheet(const XlsxBook *book, const char *name);

/* Serial 0 is 1904-01-01 instead of the 1900 system (18.17.4.1). */
extern bool xlsx_book_date1904(const XlsxBook *book);

/* Also frees cursors that are still open. NULL is fine, and so is a book whose source left by longjmp. */
extern void xlsx_book_close(XlsxBook *book);

/*
 * What kind of file starts with these bytes?  XLSX_OK for a zip, else
 * XLSX_NOT_A_WORKBOOK or XLSX_ENCRYPTED with message and hint.  Meant for the
 * first bytes of an upload (length 0 is an empty file; 4096 tell all), before the rest has come: OK does not
 * promise a workbook.
 */
extern XlsxStatus xlsx_sniff(const void *head, size_t length, XlsxError *error);

#endif							/* XLSX_BOOK_H */
