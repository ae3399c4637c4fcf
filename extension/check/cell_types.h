/*
 * cell_types.h
 *	  Checks a cell that is not blank against the types that have a function of
 *	  their own.
 */
#ifndef PG_XLSX_CELL_TYPES_H
#define PG_XLSX_CELL_TYPES_H

#include "pg/pg_xlsx.h"

#include "check/cell.h"

/* Each takes numbers and dates by value, and other cells by check->text, which the caller has set. */
extern CellVerdict cell_integer(CellCheck *check);
extern CellVerdict cell_float(CellCheck *check);
extern CellVerdict cell_numeric(CellCheck *check);
extern CellVerdict cell_boolean(CellCheck *check);
extern CellVerdict cell_date(CellCheck *check);
extern CellVerdict cell_timestamp(CellCheck *check);

#endif							/* PG_XLSX_CELL_TYPES_H */
