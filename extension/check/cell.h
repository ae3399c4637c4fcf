/*
 * cell.h
 *	  Checks one cell against one column: the exact value, or the fault.
 *
 * The type of the target column decides; nothing is guessed. A value that
 * does not fit exactly is a fault: it never becomes NULL, and is never
 * clamped or rounded. docs/values.md says what each type takes.
 */
#ifndef PG_XLSX_CHECK_CELL_H
#define PG_XLSX_CHECK_CELL_H

#include "pg/pg_xlsx.h"

#include "check/plan.h"
#include "core/sheet.h"
#include "fmgr.h"
#include "pgtime.h"

/* A value in the form that a packet stores (ColumnClass). */
typedef struct CheckedValue
{
	bool		null;
	bool		blank;			/* nothing was given: an update keeps what is there; null, or the value of a new row */
	Datum		datum;			/* classes that wait as a datum; COLUMN_NUMERIC: pointer to the varlena */
	const char *text;			/* COLUMN_TEXT, COLUMN_OTHER: server encoding, not terminated; others: NULL, or the text that was read */
	size_t		length;
} CheckedValue;

typedef enum CellVerdict
{
	CELL_GOOD,
	CELL_BAD,
	CELL_UNDECIDED,				/* the text has two readings, and nobody has looked at the whole column yet (PlanColumn.found_order) */
	CELL_OPEN					/* the check needs the catalog, the time zone or an input function */
} CellVerdict;

/* The input of a check, and then its result. */
typedef struct CellCheck
{
	const JudgePlan *plan;
	FmgrInfo   *input;			/* input function of the column's type; NULL: no transaction here, checks that need one give CELL_OPEN */
	const PlanColumn *column;
	const XlsxCell *cell;		/* NULL: blank */

	CheckedValue *value;		/* valid after CELL_GOOD; its text is also set for a bad cell (NULL: not read) */
	CellFault	fault;			/* the next ones are valid after CELL_BAD, in the current memory context; all but fault may be NULL */
	const char *detail;
	const char *hint;
	const char *constraint;
	const char *comment;		/* on the constraint, which is of a domain; NULL: none */
	const char *readings;		/* FAULT_TWO_READINGS: both */

	const char *text;			/* under way: as cell_take_text leaves it */
	size_t		length;
	bool		cleared;		/* it is the column's clear_token; length is 0 then */
	const char *raw;			/* of a text cell: the same in UTF-8 */
	size_t		raw_length;
	pg_tz	   *zone;			/* in which texts without a zone are, if it is declared; NULL: the session's */
	bool		written;		/* people wrote the text into the sheet; otherwise it is SQL's, in the form of the server */
	XlsxCell	own;			/* a text that stands for the cell */
} CellCheck;

/* Checks a cell. Its value may point into the cell, the plan or the current memory context. */
extern CellVerdict check_cell(CellCheck *check);

/* The same for a text in the server's encoding (NULL: blank) in place of the cell. */
extern CellVerdict check_cell_text(CellCheck *check, const char *text);

/* The same for a text that stands for a blank cell, the column's default_value or what was computed of it. */
extern CellVerdict check_default(CellCheck *check, const char *text);

/* The same for a cell that clears the column. */
extern CellVerdict check_cleared(CellCheck *check);

#endif							/* PG_XLSX_CHECK_CELL_H */
