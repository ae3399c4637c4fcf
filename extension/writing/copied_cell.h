/*
 * copied_cell.h
 *	  Copies cells of a workbook that is read into one that is written: the same values, with the
 *	  same number formats.
 *
 * Formulas become their values. What a writer cannot write as it is becomes text: days before the
 * date system begins, and errors. Beyond the number formats that a written workbook may have, numbers are plain.
 */
#ifndef PG_XLSX_COPIED_CELL_H
#define PG_XLSX_COPIED_CELL_H

#include "pg/pg_xlsx.h"

#include "core/book.h"
#include "core/sheet.h"
#include "core/writer.h"

typedef struct CellCopier
{
	const XlsxBook *from;
	XlsxWriter *to;
	uint32	   *styles;			/* by style of the book, 1 more than that of the writer; 0: not made yet */
} CellCopier;

/* Lives in the current memory context. */
extern void cell_copier_init(CellCopier *copier, const XlsxBook *from, XlsxWriter *to);

/* Writes the next cell of the row; NULL is a blank one. */
extern void cell_copy(CellCopier *copier, const XlsxCell *cell);

#endif							/* PG_XLSX_COPIED_CELL_H */
