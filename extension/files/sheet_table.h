/*
 * sheet_table.h
 *	  The Excel table (ListObject) of a sheet.
 */
#ifndef PG_XLSX_SHEET_TABLE_H
#define PG_XLSX_SHEET_TABLE_H

#include "pg/pg_xlsx.h"

#include "core/book.h"

/* It has no pointers, so that another process can send it as it is. */
typedef struct SheetTable
{
	uint32		header_row;
	uint32		last_data_row;
	uint32		last_row;		/* with its totals; 0: there is no table */
	uint32		first_column;
	uint32		last_column;
} SheetTable;

/* The table of the sheet, if it has exactly one, with a header row. Else last_row is 0. */
extern void sheet_table_find(XlsxBook *book, size_t index, SheetTable *table);

#endif							/* PG_XLSX_SHEET_TABLE_H */
