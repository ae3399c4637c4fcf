/*
 * cell_list.h
 *	  A cell that holds the elements of an array, with a separator between.
 */
#ifndef PG_XLSX_CELL_LIST_H
#define PG_XLSX_CELL_LIST_H

#include "pg/pg_xlsx.h"

#include "check/cell.h"

/*
 * Makes the text of the cell an array as its input function reads it, and checks that if it may have elements that do not fit. Elements
 * are trimmed; blank ones are left out; the value is null if none is left. Dates and numbers are read as those of a cell.
 */
extern CellVerdict cell_list(CellCheck *check);

#endif							/* PG_XLSX_CELL_LIST_H */
