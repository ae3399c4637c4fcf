/*
 * private.h
 *	  Declarations that book.c and the files of the sheet cursor share.
 */
#ifndef XLSX_PRIVATE_H
#define XLSX_PRIVATE_H

#include "book.h"
#include "package.h"
#include "part.h"
#include "row.h"
#include "sheet.h"
#include "shared_strings.h"
#include "styles.h"

struct XlsxBook
{
	XlsxAllocator allocator;	/* of the book itself */
	XlsxMemory	memory;			/* of all below */
	XlsxSource	source;
	XlsxLimits	limits;
	XlsxZip    *zip;
	XlsxPackage package;
	bool		opened;			/* strings and styles can be asked for */
	bool		expat_only;		/* for tests: no scanner */
	XlsxStrings strings;
	XlsxStyles	styles;
};

/* Elements that are open, as far as they matter. */
typedef struct XlsxSheetPath
{
	bool		in_data;		/* worksheet/sheetData */
	bool		in_row;
	bool		in_cell;
	bool		in_inline;		/* is */
	bool		in_run;			/* is/r */
	bool		in_text;		/* v, is/t or is/r/t: text counts */
	uint32_t	text_depth;		/* of the open element that text must stand in */
} XlsxSheetPath;

struct XlsxSheet
{
	XlsxBook   *book;
	XlsxPart   *part;
	XlsxRowBuilder builder;
	XlsxRow		row;
	uint32_t	given;			/* of the builder's rows that are ready */
	bool		failed;
	uint32_t	declared_rows;

	/* expat, sheet_xml.c */
	XlsxSheetPath path;
	bool		has_value;
	bool		has_formula;
	bool		has_inline;
	char	   *value;			/* text of the open cell */
	size_t		value_length;
	size_t		value_capacity;
	size_t		text_start;		/* of the open <t> in value */

	/* scanner, sheet_scan.c */
	bool		scanning;
	bool		row_open;		/* the scanner has read the row's tag */
	size_t		scan_at;		/* next byte for it in the window; the row begins at part->next */
	char		row_tail[128];	/* end of the last row's tag, behind r: usually the next has the same */
	size_t		row_tail_length;
};

extern const XlsxXmlHandlers xlsx_sheet_handlers;	/* context: the sheet */

/*
 * Reads rows by the scanner until some are ready, or ends the scanning with
 * part->next at the first byte that expat must take.
 */
extern XlsxStatus xlsx_sheet_scan(XlsxSheet *sheet, XlsxError *error);

#endif							/* XLSX_PRIVATE_H */
