/*
 * workbook.h
 *	  Connects the reader library to the server: memory, errors, sources.
 */
#ifndef PG_XLSX_FILES_WORKBOOK_H
#define PG_XLSX_FILES_WORKBOOK_H

#include "pg/pg_xlsx.h"

#include "core/book.h"
#include "core/sheet.h"

/*
 * Opens a book whose memory lives in context. It is closed when the context is reset or deleted,
 * also after an error: never close it yourself. Whatever source reads from must outlive context.
 * Raises an error when the book cannot be opened.
 */
extern XlsxBook *workbook_open(const XlsxSource *source, MemoryContext context);

/* Like workbook_open, but returns NULL and fills *error instead of raising an error. */
extern XlsxBook *workbook_try(const XlsxSource *source, MemoryContext context, XlsxError *error);

/* An allocator that uses palloc in context. What is not freed is freed with the context. */
extern XlsxAllocator workbook_allocator(MemoryContext context);

/* Raises error as an ERROR with SQLSTATE, detail, hint and place. */
extern void workbook_throw(const XlsxError *error)
			__attribute__((noreturn));

/* Name of a sheet in the database's encoding, for display. */
extern char *workbook_sheet_name(const XlsxBook *book, size_t index);

/* The SQLSTATE that workbook_throw uses for this error. */
extern int	workbook_sqlstate(const XlsxError *error);

/*
 * Index of a sheet. name: its name, "#2" for the second sheet, "~regular expression" for the
 * first one that matches, NULL for the first visible
 * sheet, or the first one if all are hidden. When there is no such sheet, raises an error
 * that lists the names.
 */
extern size_t workbook_find_sheet(const XlsxBook *book, const char *name);

/* Does the name of a sheet match a regular expression? */
extern bool workbook_sheet_matches(const XlsxBook *book, size_t index, const char *pattern);

/* Reads length bytes from offset on. Raises an error when the source has fewer. */
extern void workbook_read(const XlsxSource *source, uint64 offset, void *buffer, size_t length);

#endif							/* PG_XLSX_FILES_WORKBOOK_H */
