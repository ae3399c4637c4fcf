/*
 * workbook.h
 *	  The reader library inside the server: memory, errors, sources.
 */
#ifndef PG_XLSX_FILES_WORKBOOK_H
#define PG_XLSX_FILES_WORKBOOK_H

#include "pg/pg_xlsx.h"

#include "core/book.h"
#include "core/sheet.h"

/*
 * Opens a book whose memory lives in context and which is closed when the
 * context is reset or deleted, so an error undoes it too; never close it
 * yourself.  What stands behind source must outlive context.  Raises an error
 * when it cannot.
 */
extern XlsxBook *workbook_open(const XlsxSource *source, MemoryContext context);

/* Like workbook_open, but hands the failure back: NULL and *error filled. */
extern XlsxBook *workbook_try(const XlsxSource *source, MemoryContext context, XlsxError *error);

/* palloc in context, as the library wants it; memory that was not freed goes with the context. */
extern XlsxAllocator workbook_allocator(MemoryContext context);

/* Raises error as an ERROR with SQLSTATE, detail, hint and place. */
extern void workbook_throw(const XlsxError *error)
			__attribute__((noreturn));

/* Name of a sheet in the database's encoding, for people to see. */
extern char *workbook_sheet_name(const XlsxBook *book, size_t index);

/* The SQLSTATE that workbook_throw would give it. */
extern int	workbook_sqlstate(const XlsxError *error);

/*
 * Index of a sheet: its name, "#2" for the second, "~regular expression" for the
 * first whose name matches, NULL for the first; or an error that lists the names that exist.
 */
extern size_t workbook_find_sheet(const XlsxBook *book, const char *name);

/* Reads length bytes from offset on; an error when the source has fewer. */
extern void workbook_read(const XlsxSource *source, uint64 offset, void *buffer, size_t length);

#endif							/* PG_XLSX_FILES_WORKBOOK_H */
