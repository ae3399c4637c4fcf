/*
 * cell_rule.h
 *	  Rules on one cell of a row whose cells have the types of their columns.
 */
#ifndef PG_XLSX_CELL_RULE_H
#define PG_XLSX_CELL_RULE_H

#include "pg/pg_xlsx.h"

#include "check/cell.h"
#include "profile/profile.h"

/* Ready to be asked. */
typedef struct CellRule
{
	RuleKind	kind;
	int			column;			/* of the profile */
	int			length;			/* RULE_MIN_LENGTH, RULE_MAX_LENGTH: characters */
	Datum		bound;			/* RULE_MIN, RULE_MAX: a value of the column's type */
	FmgrInfo	compare;		/* of two such values */
	Oid			collation;		/* of them */
	TextList	texts;			/* RULE_ONE_OF; RULE_PATTERN: the regular expression */
	text	   *pattern;		/* RULE_PATTERN */
} CellRule;

typedef struct CellRules
{
	int			count;
	CellRule   *items;
} CellRules;

/* Others are on whole rows, or across the rows of a file. */
extern bool rule_is_on_cell(RuleKind kind);

/*
 * Is it on a cell, and can a process ask it that has no transaction?  Then the value is a datum of a
 * built-in type, or all that counts is its text.
 */
extern bool cell_rule_stands_alone(const Profile *profile, const ProfileRule *rule);

/* In the current memory context; shares the argument with rule. An error when that does not fit the column. */
extern void cell_rule_compile(CellRule *compiled, const ProfileRule *rule, const ProfileColumn *column);

/* All rules of a profile that has none but such on cells. */
extern CellRules cell_rules_compile(const Profile *profile);

/* text: the value as a person sees it. NULL obeys all but RULE_REQUIRED. */
extern bool cell_rule_obeyed(CellRule *rule, const ProfileColumn *column, const CheckedValue *value,
							 const char *text, size_t length);

#endif							/* PG_XLSX_CELL_RULE_H */
