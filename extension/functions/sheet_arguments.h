/*
 * sheet_arguments.h
 *	  The arguments that all functions over one sheet share: file, sheet, range, header.
 */
#ifndef PG_XLSX_SHEET_ARGUMENTS_H
#define PG_XLSX_SHEET_ARGUMENTS_H

#include "pg/pg_xlsx.h"

#include "core/book.h"
#include "core/ref.h"
#include "fmgr.h"
#include "profile/header_row.h"
#include "reading/rows.h"

typedef struct SheetArguments
{
	XlsxBook   *book;
	SheetRows  *rows;			/* those below the header row are still to come */
	SheetHeader header;
} SheetArguments;

/* A book over a file argument. It is closed when the current memory context is reset or deleted. */
extern XlsxBook *sheet_arguments_book(FunctionCallInfo fcinfo, int argument);

/* A range. NULL means the whole sheet. */
extern XlsxRange sheet_arguments_range(FunctionCallInfo fcinfo, int argument);

/* The row of the headers: "auto", "none", "first" or a row number. Anything else raises an error. */
extern HeaderRow sheet_arguments_header(FunctionCallInfo fcinfo, int argument);

/* Reads header_rows, fill_merged and skip_hidden, from argument first on. */
extern void sheet_arguments_more(FunctionCallInfo fcinfo, int first, RowsOptions *options);

/*
 * Reads arguments 0 to 3: file (not NULL), sheet, range, header, and from argument more on those of
 * sheet_arguments_more. Raises an error that says which one is wrong.
 */
extern void sheet_arguments_get(FunctionCallInfo fcinfo, int more, SheetArguments *arguments);

#endif							/* PG_XLSX_SHEET_ARGUMENTS_H */
