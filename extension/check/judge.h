/*
 * judge.h
 *	  One row of a sheet: its values, and all that is wrong with its cells.
 *
 * There is one judge for a row, wherever it is judged: in the import, in the
 * process that reads ahead (reading/check_ahead.h), in xlsx.read.  It looks at
 * every cell and at every rule on cells, whatever has been found before, so that all errors of a row are
 * told: but for what cannot be asked, since it is about a value that is not there (ValueState).
 *
 * Order of calls: judge_create, judge_row_init, then row by row judge_take
 * (or a JudgedRow filled by hand) and judge_row.
 */
#ifndef PG_XLSX_JUDGE_H
#define PG_XLSX_JUDGE_H

#include "pg/pg_xlsx.h"

#include "check/cell.h"
#include "check/plan.h"
#include "check/violation.h"
#include "profile/headers.h"

/* What is known of a row in a column. */
typedef enum ValueState
{
	VALUE_GOOD,
	VALUE_MISFIT,				/* its text is there, but is no value of the column, or breaks a rule */
	VALUE_UNKNOWN				/* there is not even a text: a lookup found nothing, a cell holds an error, ... */
} ValueState;

typedef struct RowViolation
{
	int			column;			/* of the profile, -1: the row */
	bool		warning;		/* it does not make the row bad */
	Violation	violation;
} RowViolation;

/* A row, what was computed for it, and what is wrong with it. Arrays are by profile column. */
typedef struct JudgedRow
{
	uint32		number;
	const XlsxCell **cells;		/* NULL: blank */
	char	  **texts;			/* of columns that SQL computes: what came out, NULL for blank; NULL where there are no such columns */
	const char *extra;			/* the sheet's other columns as a JSON object; NULL where the plan does not want it */
	ValueState *states;
	int			count;
	int			room;
	RowViolation *violations;	/* count of them, in the order in which they were found */
	bool		bad;			/* one of them is an error */
	bool		warned;			/* one of them is a warning */
} JudgedRow;

typedef struct Judge
{
	const JudgePlan *plan;
	FmgrInfo  **inputs;			/* by column; NULL: this process has no transaction */
	FmgrInfo   *compares;		/* by rule */
	ColumnClass *classes;		/* by column */
	SourceIndex sources;
	CellCheck	check;			/* of the cell at hand */
} Judge;

typedef enum RowVerdict
{
	ROW_GOOD,
	ROW_BAD,
	ROW_OPEN					/* it takes a transaction to find out */
} RowVerdict;

/*
 * Lives in the current memory context; plan and profile must live as long.
 * Without a profile (NULL) the judge asks nothing of the catalog, of the session's settings or of input functions, and
 * rows that need that are open.  Then the database's encoding must be UTF-8, and the plan portable.
 */
extern Judge *judge_create(const JudgePlan *plan, const Profile *profile);

/* Makes a row that judge_take fills again and again, in the current memory context. */
extern void judge_row_init(const Judge *judge, JudgedRow *row);

/* The next row: its cells are those of given, and live as long. */
extern void judge_take(const Judge *judge, JudgedRow *row, const XlsxRow *given);

/*
 * Judges the cells, then the rules on cells.  A column whose state is not good is left
 * alone: what is wrong with it has been said.  values gets what is good, and NULL for what does not have its column's type.
 * What is found lives in the row, the plan or the current memory context.
 */
extern RowVerdict judge_row(Judge *judge, JudgedRow *row, CheckedValue *values);

/*
 * The text that SQL sees of a column's cell, or of what stands for it, in the current memory context: trimmed where the
 * profile says so, NULL when it is blank, one of the column's null tokens, or no text that a database can keep.  Of a column that is
 * computed nobody will look at the cell again, so that such a text is a violation at once.
 */
extern char *judge_text(Judge *judge, JudgedRow *row, int column);

/* What a person sees in the cell of a column, in the current memory context; NULL: blank. */
extern char *judge_original(const Judge *judge, const JudgedRow *row, int column);

/* The message of a violation about some columns: {value} and {cell} are those of all of them, with ", " between. */
extern const char *judge_say(const Judge *judge, const JudgedRow *row, const Message *message, const int *columns, int count);

/* Adds a violation to the row; it is copied. */
extern void judge_violate(JudgedRow *row, int column, bool warning, const Violation *violation);

/* The same for a fault of a column that is computed, which is unknown then. detail and hint may be NULL. */
extern void judge_fault(const Judge *judge, JudgedRow *row, int column, CellFault fault, const char *detail, const char *hint);

#endif							/* PG_XLSX_JUDGE_H */
