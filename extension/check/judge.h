/*
 * judge.h
 *	  Judges one row of a sheet: its values, and all errors of its cells.
 *
 * The same judge is used everywhere: in the import, in the process that reads ahead
 * (reading/check_ahead.h), and in xlsx.read. It checks every cell and every rule on cells, even if the
 * row has errors, so that all errors of a row are reported. Only checks of missing values are left out
 * (ValueState).
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
	VALUE_MISFIT,				/* there is a text, but it is not a value of the column, or breaks a rule */
	VALUE_UNKNOWN				/* there is no text: a lookup found nothing, a cell holds an error, ... */
} ValueState;

/* What stands behind a text that SQL has seen. */
typedef enum CellMark
{
	MARK_GIVEN,					/* the cell; NULL: it is blank */
	MARK_DEFAULT,				/* the column's default_value, because the cell is blank */
	MARK_CLEARED				/* the cell clears the column; the text is NULL */
} CellMark;

typedef struct RowViolation
{
	int			column;			/* of the profile, -1: the row */
	bool		warning;		/* it does not make the row bad */
	Violation	violation;
} RowViolation;

/* A row, the texts that were computed for it, and its violations. Arrays are by profile column. */
typedef struct JudgedRow
{
	uint32		number;
	const XlsxCell **cells;		/* NULL: blank */
	char	  **texts;			/* results of columns that SQL computes, NULL for blank; NULL if there are no such columns */
	uint8	   *marks;			/* of columns whose texts SQL has seen: how the text came about (CellMark); NULL as texts */
	char	  **facts;			/* [columns][CELL_FACTS], of cells that transformations ask about; NULL: none does */
	const char *extra;			/* the sheet's other columns as a JSON object; NULL if the plan does not need it */
	ValueState *states;
	int			count;
	int			room;
	RowViolation *violations;	/* count of them, in the order in which they were found */
	bool		deletes;		/* it asks for its row of the target to be deleted; set it before judge_row */
	bool		bad;			/* one of them is an error */
	bool		warned;			/* one of them is a warning */
} JudgedRow;

/*
 * Looks at whole columns, because a text has two readings: sets found_order and found_decimal of all columns of the plan
 * to other values than FOUND_NOT_ASKED.
 */
typedef void (*JudgeDecide) (void *argument);

typedef struct Judge
{
	const JudgePlan *plan;
	FmgrInfo  **inputs;			/* by column; NULL: this process has no transaction */
	FmgrInfo   *compares;		/* by rule */
	ColumnClass *classes;		/* by column */
	SourceIndex sources;
	CellCheck	check;			/* of the cell at hand */
	Sightings  *sightings;		/* in the rows that were taken */
	pg_tz	  **zones;			/* by column: that of its texts; NULL: not declared */
	JudgeDecide decide;			/* NULL: rows with an undecided text are open */
	void	   *decide_argument;
} Judge;

typedef enum RowVerdict
{
	ROW_GOOD,
	ROW_BAD,
	ROW_OPEN					/* it takes a transaction to find out */
} RowVerdict;

/*
 * Lives in the current memory context; plan and profile must live as long. Without a profile (NULL) the judge uses
 * neither the catalog, nor the session's settings, nor input functions, and rows that need them are open. Then the
 * database's encoding must be UTF-8, and the plan portable.
 */
extern Judge *judge_create(const JudgePlan *plan, const Profile *profile);

/* Whom the judge asks about undecided texts. Without it, rows that have one are open. */
extern void judge_ask(Judge *judge, JudgeDecide decide, void *argument);

/* Makes a row, in the current memory context, which judge_take fills repeatedly. */
extern void judge_row_init(const Judge *judge, JudgedRow *row);

/* Takes the next row: its cells are those of given, and live as long. */
extern void judge_take(const Judge *judge, JudgedRow *row, const XlsxRow *given);

/*
 * Judges the cells, then the rules on cells.  A column whose state is not good is skipped, because its error was reported.
 * values gets the good values, and NULL for those that do not have their column's type. Results live in the row, the plan
 * or the current memory context.
 */
extern RowVerdict judge_row(Judge *judge, JudgedRow *row, CheckedValue *values);

/*
 * Takes what does not concern the key from a row that deletes: violations of other columns and of
 * the row, and the columns themselves, which count as unknown.
 */
extern void judge_only_key(const Judge *judge, JudgedRow *row);

/* Leaves in values of a bad row only those of the key that are good; the others become NULL. */
extern void judge_kept(const Judge *judge, const JudgedRow *row, CheckedValue *values);

/*
 * The text that SQL sees of a column's cell or of its source, in the current memory context: trimmed if the profile says so; NULL if
 * it is blank, one of the column's null tokens, or a text that the database cannot store. The cell of a computed column is not
 * checked again, so such a text is a violation at once.
 */
extern char *judge_text(Judge *judge, JudgedRow *row, int column);

/* What a person sees in the cell of a column, in the current memory context; NULL: blank. */
extern char *judge_original(const Judge *judge, const JudgedRow *row, int column);

/* The message of a violation about some columns: {value} and {cell} are those of all of them, with ", " between. */
extern const char *judge_say(const Judge *judge, const JudgedRow *row, const Message *message, const int *columns, int count);

/* Adds a violation to the row; it is copied. */
extern void judge_violate(JudgedRow *row, int column, bool warning, const Violation *violation);

/* The same for a fault of a computed column, whose state becomes VALUE_UNKNOWN. detail and hint may be NULL. */
extern void judge_fault(const Judge *judge, JudgedRow *row, int column, CellFault fault, const char *detail, const char *hint);

#endif							/* PG_XLSX_JUDGE_H */
