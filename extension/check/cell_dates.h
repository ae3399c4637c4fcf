/*
 * cell_dates.h
 *	  Checks a cell that is not blank against the types of dates.
 */
#ifndef PG_XLSX_CELL_DATES_H
#define PG_XLSX_CELL_DATES_H

#include "pg/pg_xlsx.h"

#include "check/cell.h"

/* Each takes dates by value, and other cells by check->text, which the caller has set. */
extern CellVerdict cell_date(CellCheck *check);
extern CellVerdict cell_timestamp(CellCheck *check);

/*
 * For a column whose type has no function of its own, such as a domain: a date or a number that people wrote becomes a text that the
 * input function reads, in check->text. Does nothing to other texts.
 */
extern CellVerdict cell_read_for_domain(CellCheck *check);

#endif							/* PG_XLSX_CELL_DATES_H */
