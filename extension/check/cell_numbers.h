/*
 * cell_numbers.h
 *	  Checks a cell that is not blank against the types of numbers and truth.
 */
#ifndef PG_XLSX_CELL_NUMBERS_H
#define PG_XLSX_CELL_NUMBERS_H

#include "pg/pg_xlsx.h"

#include "check/cell.h"

/* Each takes numbers by value, and other cells by check->text, which the caller has set. */
extern CellVerdict cell_integer(CellCheck *check);
extern CellVerdict cell_float(CellCheck *check);
extern CellVerdict cell_numeric(CellCheck *check);
extern CellVerdict cell_boolean(CellCheck *check);

/*
 * A number that people wrote (text_number.h): check->text becomes the number in the form of decimal.h. Does nothing to other
 * texts. fault: that of a text that is no number.
 */
extern CellVerdict cell_read_number(CellCheck *check, CellFault fault);

#endif							/* PG_XLSX_CELL_NUMBERS_H */
