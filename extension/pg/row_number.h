/*
 * row_number.h
 *	  The number of a row among all rows of a task.
 *
 * A task may read several sheets, one after the other. The number of a row in its sheet is in the low bits, that of
 * the sheet among those of the task, from 0, in the bits above: so numbers rise, and those of a task with one sheet
 * are the numbers in the sheet.
 */
#ifndef PG_XLSX_ROW_NUMBER_H
#define PG_XLSX_ROW_NUMBER_H

#include "pg/pg_xlsx.h"

/* SQL knows them, too: xlsx_private.row_in_sheet, row_sheet. */
#define ROW_BITS 24
#define MOST_ROW_NUMBER ((1 << ROW_BITS) - 1)

/* Most sheets of a task: a number has at most 9 digits. */
#define MOST_TASK_SHEETS 59

static inline uint32
row_in_sheet(uint32 number)
{
	return number & MOST_ROW_NUMBER;
}

static inline uint32
row_sheet(uint32 number)
{
	return number >> ROW_BITS;
}

static inline uint32
row_number_of(uint32 sheet, uint32 row)
{
	return sheet << ROW_BITS | row;
}

#endif							/* PG_XLSX_ROW_NUMBER_H */
