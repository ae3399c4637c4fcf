/*
 * plan.h
 *	  The plan by which the rows of a sheet are judged: columns, rules on
 *	  cells and all their messages, compiled for a profile, a header row and a
 *	  locale.
 *
 * A plan is one flat block without pointers: offsets count bytes from its
 * beginning, so it can be copied to another process unchanged. It must begin
 * at a multiple of 8.
 */
#ifndef PG_XLSX_PLAN_H
#define PG_XLSX_PLAN_H

#include "pg/pg_xlsx.h"

#include "core/book.h"
#include "profile/fault.h"
#include "profile/profile.h"
#include "profile/message.h"

/* What is the same for all rows of a task. */
typedef struct JudgeTask
{
	const Profile *profile;
	int64		id;
	const char *file_name;
	TextList	sheet_names;	/* of the sheets that are read, in their order */
	const char *locale;			/* of messages; NULL: none */
	const XlsxBook *book;		/* for number formats; NULL: no transformation asks for them */
	const char *date_order;		/* of texts: this and the next two as in Task; NULL: the column's or the profile's */
	const char *decimal;
	const char *time_zone;
	bool		exact;			/* numbers into text and numeric without limit are those of the file, with all their digits */
	const uint32 *source;		/* sheet column of each profile column, 0 for none */
	TextList	extras;			/* header of each sheet column that no profile column takes; NULL for others */
	const bool *key;			/* by profile column: the key reads it; NULL: neither of the next two is asked for */
	bool		keeps_bad;		/* what bad rows have of the key is kept (judge_kept) */
} JudgeTask;

typedef struct PlanText
{
	uint32		at;				/* 0: there is none, as NULL */
	uint32		length;			/* without its NUL */
} PlanText;

typedef struct PlanTexts
{
	uint32		at;				/* of PlanText */
	uint32		count;
} PlanTexts;

/* Words that a cell may hold. */
typedef struct PlanWords
{
	PlanTexts	texts;
	PlanTexts	folded;			/* the same as text_fold folds them */
} PlanWords;

/* As Message. */
typedef struct PlanMessage
{
	PlanText	text;
	bool		has_places;
	bool		own;			/* the profile's, not ours */
} PlanMessage;

/* What the whole column says of texts that can be read in two ways. */
#define FOUND_NOT_ASKED (-2)	/* nobody has looked at it */
#define FOUND_NOTHING	(-1)	/* it does not decide */

typedef struct PlanColumn
{
	ColumnClass class;
	Oid			type;
	int32		typmod;
	Oid			input_param;
	uint32		source;			/* sheet column, 0: none */
	ColumnSource takes;
	bool		computed;		/* by SQL: a transformation or a lookup */
	bool		required;		/* a blank cell is a fault */
	bool		not_null;		/* in the target: a cell that clears is a fault */
	BlankCells	blank_cells;
	bool		absent;			/* the sheet does not have it */
	bool		untouched;		/* nor does the import insert rows, so nothing is written to it */
	bool		is_key;			/* as in JudgeTask */
	bool		trim;
	int			max_characters; /* COLUMN_TEXT; -1 without limit */
	bool		limited;		/* COLUMN_NUMERIC: has a precision */
	int			whole_digits;	/* then: before the point; may be negative */
	int			decimals;		/* and behind it; may be negative */
	PlanText	header;
	PlanText	label;
	ColumnClass base;			/* of the type below domains */
	bool		shows;			/* it takes a number as the format shows it */
	bool		exact;			/* it takes all digits of the file */
	bool		ignores_no_value;	/* a formula that was never calculated is blank */
	int8		date_order;		/* of texts: a DayOrder; -1: not declared */
	int8		decimal;		/* a DecimalSign; -1: not declared */
	int8		locale_order;	/* what the locale says where the column does not decide; -1: nothing */
	int8		locale_decimal;
	int8		found_order;	/* a DayOrder, or as above; written while rows are judged, also by another process */
	int8		found_decimal;	/* the same, a DecimalSign */
	int8		language;		/* of the task's locale; 0: none */
	Rounding	rounding;
	PlanText	format;			/* of dates */
	PlanText	time_zone;
	PlanText	fixed;			/* SOURCE_TASK_ID, SOURCE_FILE_NAME, SOURCE_PARAM: the text of all rows */
	PlanText	default_value;
	PlanTexts	null_tokens;
	PlanText	clear_token;
	PlanWords	labels;			/* of an enum */
	bool		ignore_case;	/* words are compared without case and accents */
	PlanText	split;			/* separates the elements of an array; not there: a cell holds what the type's input function reads */
	ColumnClass element;		/* then: class of the elements, below domains */
	Oid			element_type;	/* and their type, below domains */
} PlanColumn;

/* A rule on a cell. */
typedef struct PlanRule
{
	RuleKind	kind;
	int			column;
	bool		warning;
	bool		reads_text;		/* it checks the text that a person sees, not the value */
	int			length;			/* RULE_MIN_LENGTH, RULE_MAX_LENGTH: characters */
	Oid			compare;		/* RULE_MIN, RULE_MAX: the function that compares values of the type */
	Oid			collation;		/* of them */
	Datum		bound;			/* the bound, if the type is passed by value */
	uint32		bound_at;		/* where its bytes are; 0: in bound */
	uint32		pattern_at;		/* RULE_PATTERN: the regular expression as a text datum */
	PlanWords	words;			/* RULE_ONE_OF */
	PlanText	name;
	PlanMessage	message;
} PlanRule;

typedef struct JudgePlan
{
	uint32		bytes;			/* of the block */
	bool		wants_extra;	/* somebody takes the sheet's other columns */
	bool		keeps_bad;		/* as in JudgeTask */
	int			column_count;
	int			rule_count;
	uint32		columns_at;		/* PlanColumn */
	uint32		messages_at;		/* PlanMessage [column_count][CELL_FAULTS] */
	uint32		rules_at;		/* PlanRule, in the profile's order */
	PlanTexts	extras;			/* by sheet column - 1 */
	PlanTexts	sheet_names;	/* by row_sheet */
} JudgePlan;

/*
 * In the current memory context.  An error if the argument of a rule does not
 * fit its column.
 */
extern const JudgePlan *plan_create(const JudgeTask *task);

/*
 * Can another process judge rows by the plan, without the database (judge.h)? Single rows may
 * still be open, if a cell needs an input function.
 */
extern bool plan_is_portable(const JudgePlan *plan);

/* Does the column take texts whose reading the whole column may have to decide? */
static inline bool
plan_decides_date(const PlanColumn *column)
{
	return (column->base == COLUMN_DATE || column->base == COLUMN_TIMESTAMP) && column->takes == SOURCE_CELL && column->source > 0 &&
		!column->computed && column->date_order < 0 && column->format.at == 0;
}

static inline bool
plan_decides_decimal(const PlanColumn *column)
{
	return (column->base == COLUMN_INTEGER || column->base == COLUMN_FLOAT || column->base == COLUMN_NUMERIC) &&
		column->takes == SOURCE_CELL && column->source > 0 && !column->computed && column->decimal < 0;
}

static inline const PlanColumn *
plan_columns(const JudgePlan *plan)
{
	return (const PlanColumn *) ((const char *) plan + plan->columns_at);
}

static inline const PlanRule *
plan_rules(const JudgePlan *plan)
{
	return (const PlanRule *) ((const char *) plan + plan->rules_at);
}

/* NULL where there is none. */
static inline const char *
plan_text(const JudgePlan *plan, PlanText text)
{
	return text.at > 0 ? (const char *) plan + text.at : NULL;
}

static inline PlanText
plan_text_of(const JudgePlan *plan, PlanTexts texts, uint32 i)
{
	return ((const PlanText *) ((const char *) plan + texts.at))[i];
}

/* "Row 3", or "Row 3 of sheet "Jan"" if several sheets are read. In the current memory context. */
extern char *plan_row_name(const JudgePlan *plan, uint32 number);

/* Are they the same text? text need not be terminated. False if there is no PlanText. */
extern bool plan_text_is(const JudgePlan *plan, PlanText known, const char *text, size_t length);

/* The same for one of several. */
extern bool plan_texts_have(const JudgePlan *plan, PlanTexts texts, const char *text, size_t length);

extern Message plan_fault_message(const JudgePlan *plan, int column, CellFault fault);

/* Has the profile a message of its own for the fault? */
extern bool plan_fault_is_own(const JudgePlan *plan, int column, CellFault fault);
extern Message plan_rule_message(const JudgePlan *plan, const PlanRule *rule);

#endif							/* PG_XLSX_PLAN_H */
