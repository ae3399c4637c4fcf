/*
 * fault.h
 *	  The faults of cells and rows, and the built-in messages for them and for broken rules, in
 *	  several languages.
 *
 * Messages are templates (message.h). locale chooses the language: "de", "de-AT" and "de_CH" are
 * German; English stands for all that we do not have, and for NULL.
 */
#ifndef PG_XLSX_FAULT_H
#define PG_XLSX_FAULT_H

#include "pg/pg_xlsx.h"

#include "profile/profile.h"

typedef enum CellFault
{
	FAULT_REQUIRED,
	FAULT_CELL_ERROR,			/* #N/A and its kin */
	FAULT_RICH_VALUE,			/* a picture in the cell and its kin, which programs that do not know them see as #VALUE! */
	FAULT_NO_VALUE,				/* a formula that was never calculated */
	FAULT_TEXT,					/* characters that the database cannot keep */
	FAULT_LENGTH,
	FAULT_NOT_INTEGER,
	FAULT_NOT_NUMBER,
	FAULT_NOT_BOOLEAN,
	FAULT_NOT_DATE,
	FAULT_NOT_TIMESTAMP,
	FAULT_NOT_TIME,				/* a plain number for a type of times */
	FAULT_NOT_WORD,				/* no label of an enum */
	FAULT_NOT_VALID,			/* says the type's input function */
	FAULT_RANGE,
	FAULT_DIGITS,				/* more than a numeric of any size has */
	FAULT_WHOLE_DIGITS,			/* more digits than the column has before the point */
	FAULT_DECIMALS,				/* and behind it */
	FAULT_TIME_OF_DAY,			/* in a date */
	FAULT_INEXACT,				/* the file itself holds the number rounded */
	FAULT_TWO_READINGS,			/* and nothing says which; {readings} names both */

	/* Of columns that are computed */
	FAULT_LOOKUP,
	FAULT_AMBIGUOUS,
	FAULT_TRANSFORM
} CellFault;

#define CELL_FAULTS (FAULT_TRANSFORM + 1)

/* What is wrong with a whole row: mostly, why the target has refused it. */
typedef enum RowFault
{
	ROW_UNIQUE,
	ROW_UNIQUE_MANY,			/* of several columns together */
	ROW_FOREIGN_KEY,
	ROW_FOREIGN_KEY_MANY,
	ROW_CHECK,
	ROW_CHECK_OF_ROW,			/* of none or several columns */
	ROW_NOT_NULL,
	ROW_EXCLUSION,
	ROW_EXCLUSION_MANY,
	ROW_NOT_FOUND,				/* the target has no row with this key */
	ROW_DUPLICATE_KEY,			/* an earlier row of the file has this key */
	ROW_TRANSFORM
} RowFault;

#define ROW_FAULTS (ROW_TRANSFORM + 1)

/* Code of the violation; several faults share one. */
extern const char *fault_code(CellFault fault);
extern const char *fault_code_of_rule(RuleKind kind);
extern const char *fault_code_of_row(RowFault fault);

/* Places: {label}, {type}, {limit}, {value}. Static memory, or the current memory context. */
extern const char *fault_text(CellFault fault, const char *locale);

/* The message of a broken rule. Places: {label}, {limit} (its arguments), {rule}. */
extern const char *fault_text_of_rule(RuleKind kind, const char *locale);

/* Places: {label}, {rule} (the constraint), {limit} (another row). */
extern const char *fault_text_of_row(RowFault fault, const char *locale);

/* Message i of language l (0 is English) in UTF-8, and its name; both NULL beyond the last language. */
extern const char *fault_text_at(int language, int i, const char **name);

/* Number of messages of each language. */
#define FAULT_TEXTS (CELL_FAULTS + RULE_EXPRESSION + 1 + ROW_FAULTS)

/* Does the fault leave no text that a rule could check? */
extern bool fault_is_without_text(CellFault fault);

#endif							/* PG_XLSX_FAULT_H */
