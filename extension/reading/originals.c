/*
 * originals.c
 *	  The original cells of rows that the target refused.
 */
#include "reading/originals.h"

#include "check/cell_text.h"
#include "files/workbook.h"
#include "utils/memutils.h"

struct Originals
{
	RowsOptions options;
	OriginalsOpen open;
	void	   *argument;
	MemoryContext context;		/* of the book and its rows */
	SheetRows  *rows;			/* NULL: not open */
	const XlsxRow *row;			/* the row that was read last; NULL: before the first, or behind the last */
};

Originals *
originals_create(const RowsOptions *options, OriginalsOpen open, void *argument)
{
	Originals  *originals = palloc0(sizeof(Originals));

	*originals = (Originals) {.options = *options, .open = open, .argument = argument};
	originals->context = AllocSetContextCreate(CurrentMemoryContext, "pg_xlsx originals", ALLOCSET_DEFAULT_SIZES);
	return originals;
}

/* From the start of the sheet. */
static void
open_rows(Originals *originals)
{
	XlsxSource	source;

	originals->row = NULL;
	originals->rows = NULL;
	MemoryContextReset(originals->context);
	originals->open(originals->argument, &source);
	originals->rows = rows_open(workbook_open(&source, originals->context), &originals->options);
}

/* NULL if the sheet has no such row, which happens only if the file has changed. */
static const XlsxRow *
find_row(Originals *originals, uint32 number)
{
	MemoryContext caller = MemoryContextSwitchTo(originals->context);

	if (originals->rows == NULL || originals->row == NULL || originals->row->number > number)
		open_rows(originals);
	while (originals->row == NULL || originals->row->number < number)
	{
		originals->row = rows_next(originals->rows);
		if (originals->row == NULL)
			break;
	}
	MemoryContextSwitchTo(caller);
	return originals->row != NULL && originals->row->number == number ? originals->row : NULL;
}

char *
originals_text(Originals *originals, uint32 sheet_row, uint32 column, bool shows, bool *number)
{
	const XlsxRow *row = column > 0 ? find_row(originals, sheet_row) : NULL;

	*number = false;
	for (uint32 i = 0; row != NULL && i < row->count; i++)
		if (row->cells[i].column == column)
		{
			*number = check_original_is_number(&row->cells[i], shows);
			return check_original(row->cells[i].kind == XLSX_BLANK ? NULL : &row->cells[i], shows);
		}
	return NULL;
}
