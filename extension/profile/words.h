/*
 * words.h
 *	  The words of profiles: modes of saving, sources of values, kinds of
 *	  rules.
 */
#ifndef PG_XLSX_PROFILE_WORDS_H
#define PG_XLSX_PROFILE_WORDS_H

#include "pg/names.h"

#define SAVE_MODES(X) \
	X(MODE_INSERT, "insert") \
	X(MODE_ALL_OR_NOTHING, "all_or_nothing") \
	X(MODE_UPSERT, "upsert") \
	X(MODE_SKIP, "skip") \
	X(MODE_UPDATE, "update") \
	X(MODE_REPLACE, "replace") \
	X(MODE_SYNC, "sync")

typedef enum SaveMode
{
	SAVE_MODES(NAMES_VALUE)
} SaveMode;

/* When the indexes of the target are made after its rows, in modes that only insert (late_index.h). */
#define LATE_INDEXES(X) \
	X(LATE_INDEX_NEVER, "never") \
	X(LATE_INDEX_REPLACE, "replace")	/* when the import has emptied the target */ \
	X(LATE_INDEX_EMPTY, "empty")	/* also when it was empty */

typedef enum LateIndex
{
	LATE_INDEXES(NAMES_VALUE)
} LateIndex;

/* What a profile means by its target, when its table is renamed, dropped, or takes the place of another. */
#define TARGET_BYS(X) \
	X(TARGET_BY_NAME, "name")	/* the table that bears the name */ \
	X(TARGET_BY_TABLE, "table")	/* the table, whatever its name is */

typedef enum TargetBy
{
	TARGET_BYS(NAMES_VALUE)
} TargetBy;

/* What becomes of rows of a file that have the same key. */
#define DUPLICATE_KEYS(X) \
	X(DUPLICATES_LAST, "last")	/* each changes what the one before has saved */ \
	X(DUPLICATES_FIRST, "first")	/* those after the first are left out */ \
	X(DUPLICATES_ERROR, "error")	/* those after the first are refused */

typedef enum Duplicates
{
	DUPLICATES_BY_MODE = -1,
	DUPLICATE_KEYS(NAMES_VALUE)
} Duplicates;

/* How a header row must agree with the profile. */
#define HEADER_CHECKS(X) \
	X(HEADER_CHECK_ANY, "any")	/* required columns are there; the rest is told */ \
	X(HEADER_CHECK_KNOWN, "known")	/* all columns of the profile are there, and no others */ \
	X(HEADER_CHECK_EXACT, "exact")	/* also in the profile's order, and each header once */

typedef enum HeaderCheck
{
	HEADER_CHECKS(NAMES_VALUE)
} HeaderCheck;

/* What becomes of a file that the same role has imported before by the same profile. */
#define ON_DUPLICATES(X) \
	X(ON_DUPLICATE_WARN, "warn")	/* it is imported, and the task names the earlier one */ \
	X(ON_DUPLICATE_REJECT, "reject") \
	X(ON_DUPLICATE_IMPORT, "import")	/* nobody looks */

typedef enum OnDuplicate
{
	ON_DUPLICATES(NAMES_VALUE)
} OnDuplicate;


/* Where the value of a column comes from. */
#define COLUMN_SOURCES(X) \
	X(SOURCE_CELL, "cell")		/* a cell under its header */ \
	X(SOURCE_VALUE, "value")	/* its transformation alone */ \
	X(SOURCE_TASK_ID, "task_id") \
	X(SOURCE_ROW_NUMBER, "row_number") \
	X(SOURCE_FILE_NAME, "file_name") \
	X(SOURCE_SHEET_NAME, "sheet_name") \
	X(SOURCE_EXTRA, "extra")	/* all columns of the sheet that no other takes, as a JSON object */ \
	X(SOURCE_PARAM, "param")	/* a parameter of the import */ \
	X(SOURCE_NONE, "none")		/* the import leaves the column out: no compiled profile has it */

typedef enum ColumnSource
{
	COLUMN_SOURCES(NAMES_VALUE)
} ColumnSource;

/* X(value, name, least number of arguments, most; -1: any number) */
#define RULE_KINDS(X) \
	X(RULE_REQUIRED, "required", 0, 0) \
	X(RULE_MIN, "min", 1, 1) \
	X(RULE_MAX, "max", 1, 1) \
	X(RULE_MIN_LENGTH, "min_length", 1, 1) \
	X(RULE_MAX_LENGTH, "max_length", 1, 1) \
	X(RULE_PATTERN, "pattern", 1, 1) \
	X(RULE_ONE_OF, "one_of", 1, -1) \
	X(RULE_UNIQUE, "unique", 0, 0) \
	X(RULE_EXPRESSION, "expression", 1, 1)

typedef enum RuleKind
{
	RULE_KINDS(NAMES_VALUE)
} RuleKind;

/* The effect of a broken rule on its row. */
#define SEVERITIES(X) \
	X(SEVERITY_ERROR, "error")	/* it is refused */ \
	X(SEVERITY_WARNING, "warning")	/* it is saved, and the violation noted */

typedef enum Severity
{
	SEVERITIES(NAMES_VALUE)
} Severity;

/* What became of a row that was not refused. */
#define ROW_ACTIONS(X) \
	X(ROW_NONE, "error")		/* it was refused, or nothing is known of it */ \
	X(ROW_INSERTED, "inserted") \
	X(ROW_UPDATED, "updated") \
	X(ROW_UNCHANGED, "unchanged")	/* found, and equal already */ \
	X(ROW_SKIPPED, "skipped")	/* left out without an error */ \
	X(ROW_DELETED, "deleted")	/* it asked for that */

typedef enum RowAction
{
	ROW_ACTIONS(NAMES_VALUE)
} RowAction;

/* How the three numbers of a date that is written as text follow each other. */
#define DATE_ORDERS(X) \
	X(DATE_ORDER_DMY, "DMY") \
	X(DATE_ORDER_MDY, "MDY") \
	X(DATE_ORDER_YMD, "YMD")

typedef enum DayOrder
{
	DATE_ORDERS(NAMES_VALUE)
} DayOrder;

#define COUNT_DATE_ORDERS (DATE_ORDER_YMD + 1)

/* The decimal sign of a number that is written as text. */
#define DECIMAL_SIGNS(X) \
	X(DECIMAL_COMMA, ",") \
	X(DECIMAL_POINT, ".")

typedef enum DecimalSign
{
	DECIMAL_SIGNS(NAMES_VALUE)
} DecimalSign;

#define COUNT_DECIMAL_SIGNS (DECIMAL_POINT + 1)

/* What becomes of digits for which a column has no room. */
#define ROUNDINGS(X) \
	X(ROUNDING_ERROR, "error")	/* the cell is refused */ \
	X(ROUNDING_HALF_UP, "half_up")	/* a half goes away from zero */ \
	X(ROUNDING_HALF_EVEN, "half_even")	/* a half goes to the even digit */

typedef enum Rounding
{
	ROUNDINGS(NAMES_VALUE)
} Rounding;

/* What a blank cell does to the column of its row. */
#define BLANK_CELLS(X) \
	X(BLANK_KEEP, "keep")		/* an update keeps what is there; a new row gets the default */ \
	X(BLANK_NULL, "null")		/* it clears */ \
	X(BLANK_DEFAULT, "default")	/* it writes the default, in updates too */

typedef enum BlankCells
{
	BLANK_CELLS(NAMES_VALUE)
} BlankCells;

/* What a formula is that was never calculated. */
#define NO_VALUES(X) \
	X(NO_VALUE_ERROR, "error")	/* the cell is refused */ \
	X(NO_VALUE_NULL, "null")	/* it counts as blank */

typedef enum NoValue
{
	NO_VALUES(NAMES_VALUE)
} NoValue;

extern const Names date_order_names;
extern const Names decimal_sign_names;
extern const Names rounding_names;
extern const Names no_value_names;
extern const Names row_action_names;
extern const Names blank_cells_names;
extern const Names save_mode_names;
extern const Names late_index_names;
extern const Names target_by_names;
extern const Names duplicate_keys_names;
extern const Names header_check_names;
extern const Names on_duplicate_names;
extern const Names column_source_names;
extern const Names rule_kind_names;
extern const Names severity_names;

/* The mode of that name (as xlsx.submit takes it); an error if there is none. */
extern SaveMode save_mode_called(const char *name);

/* May a rule have so many arguments? */
extern bool rule_takes(RuleKind kind, int arguments);

/* Most rows that can be left out at the end of a sheet. */
#define MOST_SKIP_END 1000

/* Most rows that headers may take. */
#define MOST_HEADER_ROWS 5

/* Most digits of a length that a rule can ask for. */
#define MOST_LENGTH_DIGITS 9

#endif							/* PG_XLSX_PROFILE_WORDS_H */
