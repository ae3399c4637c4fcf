/*
 * cell.h
 *	  One cell against one column: the exact value, or what is wrong with it.
 *
 * The target column is the type; nothing is guessed.  What does not fit
 * exactly is a fault: never NULL, never clamped, never rounded.  What
 * each type takes is documented in docs/values.md.
 */
#ifndef PG_XLSX_CHECK_CELL_H
#define PG_XLSX_CHECK_CELL_H

#include "pg/pg_xlsx.h"

#include "check/plan.h"
#include "core/sheet.h"
#include "fmgr.h"

/* A value in the form in which it waits in a packet (ColumnClass). */
typedef struct CheckedValue
{
	bool		null;
	Datum		datum;			/* classes that wait as a datum; COLUMN_NUMERIC: pointer to the varlena */
	const char *text;			/* COLUMN_TEXT, COLUMN_OTHER: server encoding, not terminated; others: NULL, or what was read */
	size_t		length;
} CheckedValue;

typedef enum CellVerdict
{
	CELL_GOOD,
	CELL_BAD,
	CELL_OPEN					/* the catalog, the time zone or an input function would have to be asked */
} CellVerdict;

/* A check: what is to be checked, then what was found. */
typedef struct CellCheck
{
	const JudgePlan *plan;
	FmgrInfo   *input;			/* of the column's type; NULL: this process has no transaction, and what needs one is CELL_OPEN */
	const PlanColumn *column;
	const XlsxCell *cell;		/* NULL: blank */

	CheckedValue *value;		/* valid after CELL_GOOD, but for its text, which is also that of a bad one (NULL: not read) */
	CellFault	fault;			/* these after CELL_BAD; in the current memory context, and but for fault may be NULL */
	const char *detail;
	const char *hint;
	const char *constraint;

	const char *text;			/* under way: as cell_take_text leaves it */
	size_t		length;
	XlsxCell	own;			/* a text that stands for the cell */
} CellCheck;

/* Checks a cell. Its value may point into the cell, the plan or the current memory context. */
extern CellVerdict check_cell(CellCheck *check);

/* The same for a text in the server's encoding (NULL: blank) in place of the cell. */
extern CellVerdict check_cell_text(CellCheck *check, const char *text);

#endif							/* PG_XLSX_CHECK_CELL_H */
