/*
 * sheet_table.c
 *	  The Excel table (ListObject) of a sheet.
 */
#include "files/sheet_table.h"

#include "core/layout.h"
#include "files/workbook.h"

void
sheet_table_find(XlsxBook *book, size_t index, SheetTable *table)
{
	XlsxTable  *tables;
	size_t		count;
	XlsxError	error;

	*table = (SheetTable) {0};
	if (xlsx_sheet_tables(book, index, &tables, &count, &error) != XLSX_OK)
		workbook_throw(&error);
	if (count != 1 || tables[0].header_rows != 1)
		return;
	table->header_row = tables[0].range.first_row;
	table->last_data_row = tables[0].range.last_row - tables[0].totals_rows;
	table->last_row = tables[0].range.last_row;
	table->first_column = tables[0].range.first_column;
	table->last_column = tables[0].range.last_column;
}
