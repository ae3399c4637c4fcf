/*
 * sheet_arguments.h
 *	  The arguments that functions over one sheet have in common: file, sheet, range, header.
 */
#ifndef PG_XLSX_SHEET_ARGUMENTS_H
#define PG_XLSX_SHEET_ARGUMENTS_H

#include "pg/pg_xlsx.h"

#include "core/book.h"
#include "core/ref.h"
#include "fmgr.h"
#include "profile/header_row.h"

typedef struct SheetArguments
{
	XlsxBook   *book;
	size_t		index;			/* of the sheet */
	XlsxRange	range;
	uint32		header_row;		/* number of the row, 0: no headers */
} SheetArguments;

/* A book over a file argument; the current memory context closes it. */
extern XlsxBook *sheet_arguments_book(FunctionCallInfo fcinfo, int argument);

/* A range; NULL is the whole sheet. */
extern XlsxRange sheet_arguments_range(FunctionCallInfo fcinfo, int argument);

/* Which row holds the headers: "auto", "none", "first" or the number of a row; anything else is an error. */
extern HeaderRow sheet_arguments_header(FunctionCallInfo fcinfo, int argument);

/*
 * Arguments 0 to 3: file (not NULL), sheet, range, header.  Raises an error that says what is wrong with them.
 */
extern void sheet_arguments_get(FunctionCallInfo fcinfo, SheetArguments *arguments);

#endif							/* PG_XLSX_SHEET_ARGUMENTS_H */
