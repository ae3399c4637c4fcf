/*
 * cell_text.h
 *	  The text of a cell: as it stands in the file, as a column takes it, and
 *	  as the input function of a type reads it.
 */
#ifndef PG_XLSX_CELL_TEXT_H
#define PG_XLSX_CELL_TEXT_H

#include "pg/pg_xlsx.h"

#include "check/cell.h"

/* Records the fault of the cell. Returns CELL_BAD. */
extern CellVerdict cell_fault(CellCheck *check, CellFault fault);

/* A cell without a value: nothing was given, or it is cleared. */
extern CellVerdict cell_blank(CellCheck *check);

/* That of an error in the cell, and of a formula without a value. */
extern CellVerdict cell_fault_error(CellCheck *check);
extern CellVerdict cell_fault_no_value(CellCheck *check);

/*
 * What a person sees in the cell, trimmed if the column says so, in the server's encoding -> check->text;
 * empty if it is one of the column's null tokens. CELL_BAD if the database cannot store it.
 */
extern CellVerdict cell_take_text(CellCheck *check);

/* That text, terminated, in the current memory context. */
extern char *cell_text_copy(const CellCheck *check);

/* The value that the input function of the column's type makes of that text -> *datum. CELL_OPEN if it cannot be called. */
extern CellVerdict cell_input_text(CellCheck *check, Datum *datum);

/*
 * The original value of a cell (NULL: blank) in the server's encoding for people to see; NULL for a blank one. shows: numbers and elapsed
 * times as their format shows them, for columns that take them so (PlanColumn.shows).
 */
extern char *check_original(const XlsxCell *cell, bool shows);

/* The same, not terminated, in the cell or the current memory context. */
extern const char *check_original_bytes(const XlsxCell *cell, bool shows, size_t *length);

/* What an original value is in the sheet, as error rows keep it. */
#define ORIGINAL_NUMBER 'n'
#define ORIGINAL_TEXT 't'

/* Is an original value a number, and not what a format shows of one? */
extern bool check_original_is_number(const XlsxCell *cell, bool shows);

#endif							/* PG_XLSX_CELL_TEXT_H */
